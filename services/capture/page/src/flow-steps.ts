import type { OutgoingEvent } from './parent-events.ts';
import type { Attempt, Effect, EndReason, Standing, State, Step } from './states.ts';

/** No effect, whatever the state. */
export const stay = (state: State): Step => ({ state, effects: [] });

/** Tells the embedding page. */
export const tell = (event: OutgoingEvent): Effect => ({ do: 'tell', event });

/** All of the look has left this device. */
export const submitted = tell({ type: 'verification_submitted', step: 'face' });

/** An answer says that all of the look has arrived, whether or not the browser told; the embedder hears so first. */
export function arrived(state: State, { state: next, effects }: Step): Step {
  const isTold = state.at !== 'sending' || state.sent >= 1;
  return { state: next, effects: isTold ? effects : [submitted, ...effects] };
}

/** What is known of session and method in a state; null where nothing is yet, or any more. */
export function standingOf(state: State & Standing): Standing;
export function standingOf(state: State): Standing | null;
export function standingOf(state: State): Standing | null {
  if (state.at === 'loading' || state.session === undefined || state.method === undefined) return null;
  const { session, method, declined } = state;
  return declined === undefined ? { session, method } : { session, method, declined };
}

/** The user has pressed to go on without a selfie, and the answer is on its way. */
export function isTaken(state: State): boolean {
  return state.at === 'offer' && state.isTaken === true;
}

/** Sends a look, from its beginning. */
export function send(standing: Standing, attempt: Attempt): Step {
  return {
    state: { at: 'sending', ...standing, attempt, sent: 0, linkLost: false },
    effects: [{ do: 'upload', attempt }],
  };
}

/** Too many tries have failed: nothing more happens here for a while. */
export function lock(standing: Standing, until: string, ...effects: Effect[]): Step {
  const error = tell({ type: 'error', error: 'maxAttemptsReached', step: 'face' });
  return { state: { at: 'locked', ...standing, until }, effects: [...effects, { do: 'stop_camera' }, error] };
}

/** The verdict is in. @param elsewhere another device took the picture */
export function conclude({ session, method }: Standing, status: string, elsewhere: boolean): Step {
  return {
    state: { at: 'verdict', session: { ...session, status, phase: 'finished' }, method, elsewhere },
    effects: [
      { do: 'stop_camera' },
      tell({ type: 'step_completed', step: 'face', nextStep: null }),
      tell({ type: 'status_updated', status, previousStep: 'face' }),
      tell({ type: 'completed', status }),
    ],
  };
}

/** The user went on without a selfie: device and network are known. */
export function welcomeBack({ session, method }: Standing): Step {
  const { status } = session;
  return {
    state: { at: 'verdict', session, method, elsewhere: false },
    effects: [
      tell({ type: 'status_updated', status, previousStep: 'face' }),
      tell({ type: 'completed', status }),
    ],
  };
}

const errorNames: Record<EndReason, string> = {
  expired: 'sessionExpired',
  unknown: 'sessionExpired',
  unavailable: 'networkError',
  busy: 'networkError',
  slow: 'networkError',
};

/** Nothing can go on here. A verdict, and leaving, are never undone by it. */
export function fail(state: State, reason: EndReason): Step {
  if (state.at === 'verdict' || state.at === 'finished' || state.at === 'left') return stay(state);
  return {
    state: { at: 'ended', reason, ...standingOf(state) },
    effects: [{ do: 'stop_camera' }, tell({ type: 'error', error: errorNames[reason] })],
  };
}
