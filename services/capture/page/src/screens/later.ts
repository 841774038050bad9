import { lazy } from '../lazy.tsx';

/** The screens that nobody needs in the first second. */
export const stage = lazy(async () => (await import('./stage.tsx')).Stage);
export const ways = lazy(async () => (await import('./other-way.tsx')).OtherWay);
export const moving = lazy(async () => (await import('./moving.tsx')).Moving);
export const offers = lazy(async () => (await import('./offer.tsx')).Offer);
export const outcomes = lazy(async () => (await import('./verdict.tsx')).Outcome);
