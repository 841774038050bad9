import type { Signal } from '../signal.ts';

/** What the requests of the page look like. */
export const httpSignals: readonly Signal[] = [];
