import { isTaken, standingOf, stay, tell } from './flow-steps.ts';
import type { FlowEvent, State, StateAt, Step } from './states.ts';

/**
 * Who is known here is offered to go on without a selfie instead of the welcome. Whoever has gone past the welcome takes
 * the selfie.
 */
export function offered(state: State): State {
  if (state.at !== 'welcome' || !state.session.offers_skip) return state;
  return { at: 'offer', ...standingOf(state) };
}

/** The user takes the offer or turns it down, once. */
export function duringOffer(state: State, event: FlowEvent & { is: 'continue' | 'selfie' }): Step {
  if (state.at !== 'offer' || isTaken(state) || state.forgetting === 'asked') return stay(state);
  const standing = standingOf(state);
  if (event.is === 'selfie') return stay({ at: 'welcome', ...withoutOffer(state) });
  return {
    state: { at: 'offer', ...standing, isTaken: true },
    effects: [tell({ type: 'started' }), { do: 'continue' }],
  };
}

/** Nobody is known here any more, so there is nothing left to offer. */
export function forgottenAtOffer(state: StateAt<'offer'>): Step {
  return stay({ at: 'welcome', ...withoutOffer(state), news: 'forgotten' });
}

function withoutOffer(state: StateAt<'offer'>) {
  const standing = standingOf(state);
  return { ...standing, session: { ...standing.session, offers_skip: false } };
}
