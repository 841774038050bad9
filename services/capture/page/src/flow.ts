import type { SessionView } from '../../src/wire.ts';
import { duringAttempt } from './flow-attempt.ts';
import { duringHandoff, entrance } from './flow-handoff.ts';
import { duringOffer, forgottenAtOffer, offered } from './flow-offer.ts';
import { conclude, fail, isTaken, lock, send, standingOf, stay, tell, welcomeBack } from './flow-steps.ts';
import type { CameraTrouble } from './look/camera.ts';
import { choose, methodAfter, methodFor, methodsOf } from './methods.ts';
import type { Effect, FlowEvent, Given, Standing, State, StateAt, Step, Surroundings } from './states.ts';

/** The page without anything given starts by opening its session. */
export const openingStep: Step = { state: { at: 'loading' }, effects: [{ do: 'open' }] };

/** The page begins with what the server has put into it: interactive at once, opened behind the welcome. */
export function firstStep(given: Given | null, here: Surroundings): Step {
  if (given === null) return openingStep;
  if (given.reason !== undefined) return fail({ at: 'loading' }, given.reason);
  const step = arrive(given.session, here);
  const isOver = given.session.phase === 'finished' || given.session.phase === 'expired';
  return isOver ? step : { ...step, effects: [...step.effects, { do: 'open' }] };
}

/** The next step. An event that does not belong to the state changes nothing, so duplicate taps are harmless. */
export function nextStep(state: State, event: FlowEvent, here: Surroundings): Step {
  switch (event.is) {
    case 'opened':
      return opened(state, event.session, here);
    case 'continue':
    case 'selfie':
      return duringOffer(state, event);
    case 'continued':
      return state.at === 'offer' && isTaken(state) ? continued(state, event.session, here) : stay(state);
    case 'failed':
      return fail(state, event.reason);
    case 'leave':
    case 'page_hidden':
      return leave(state, event.is === 'leave');
    case 'page_shown':
      return state.at === 'left' ? openingStep : stay(state);
    case 'close':
      return { state, effects: [tell({ type: 'close_request' })] };
    case 'try_again':
      return tryAgain(state);
    case 'agreed':
      return state.at === 'welcome' ? agree(state) : stay(state);
    case 'switch_camera':
      return state.at === 'looking' ? switchCamera(state) : stay(state);
    case 'camera_ready':
      return state.at === 'asking' ? look(state) : stay(state);
    case 'camera_trouble':
      return cameraTrouble(state, event.reason);
    case 'locked': {
      const standing = standingOf(state);
      return state.at === 'looking' && standing !== null ? lock(standing, event.until) : stay(state);
    }
    case 'other_way':
    case 'method':
    case 'back':
      return otherWay(state, event);
    case 'forget':
    case 'forgotten':
      return forget(state, event);
    case 'handoff':
    case 'here':
    case 'elsewhere':
    case 'concluded':
      return duringHandoff(state, event, here);
    default:
      return duringAttempt(state, event);
  }
}

/** The session has become known, or better known. What was asked for by a press is answered to that press alone. */
function opened(state: State, session: SessionView, here: Surroundings): Step {
  if (state.at === 'loading') return arrive(session, here);
  return isTaken(state) ? stay(state) : learn(state, session, here);
}

/** Nobody is let in without a selfie but by this answer; who is not goes on as everybody does. */
function continued(state: StateAt<'offer'>, session: SessionView, here: Surroundings): Step {
  const standing = standingOf(state);
  if (session.phase === 'finished' && session.skipped_selfie) return welcomeBack({ ...standing, session });
  if (session.phase !== 'ready') return learn({ at: 'welcome', ...standing }, session, here);
  const method = methodAfter(standing, session, here.lessMotion);
  return stay({ at: 'welcome', ...standing, session, method, news: 'offer_gone' });
}

/** The first screen of a session that has just become known. */
function arrive(session: SessionView, here: Surroundings): Step {
  const standing = { session, method: methodFor(session, here.lessMotion) };
  const ready = tell({ type: 'ready' });
  switch (session.phase) {
    case 'ready':
      return { state: offered(entrance(standing, here)), effects: [ready] };
    case 'locked':
      return lock(standing, session.locked_until ?? '', ready);
    case 'deciding':
      return { state: { at: 'deciding', ...standing }, effects: [ready, { do: 'poll' }] };
    case 'finished':
      return {
        state: { at: 'finished', ...standing },
        effects: [ready, tell({ type: 'completed', status: session.status })],
      };
    case 'expired':
      return {
        state: { at: 'ended', reason: 'expired', ...standing },
        effects: [ready, tell({ type: 'error', error: 'sessionExpired' })],
      };
  }
}

/** States in which a picture is on its way or all is said: only its answer counts. */
const settled = new Set<State['at']>(['sending', 'stuck', 'verdict', 'finished', 'left', 'ended']);

/** What opening behind the welcome, or polling, brought while the page was somewhere already. */
function learn(state: State, session: SessionView, here: Surroundings): Step {
  const standing = standingOf(state);
  if (standing === null || settled.has(state.at)) return stay(state);
  const isElsewhere = state.at === 'following' || state.at === 'handoff';
  const waits = state.at === 'deciding' || isElsewhere;
  if (session.phase === 'ready')
    return state.at === 'deciding' ? stay(state) : relearn(state, standing, session, here);
  if (session.phase === 'deciding' && waits) return stay(state);
  if (session.phase === 'finished' && waits) {
    return conclude({ ...standing, session }, session.status, isElsewhere);
  }
  if (session.phase === 'expired') return fail(state, 'expired');
  if (session.phase === 'locked' && state.at === 'locked') return stay({ ...state, session });
  if (session.phase === 'locked') return lock({ ...standing, session }, session.locked_until ?? '');
  const { state: next, effects } = arrive(session, here);
  return {
    state: next,
    effects: [
      { do: 'stop_camera' },
      ...effects.filter((effect) => effect.do !== 'tell' || effect.event.type !== 'ready'),
    ],
  };
}

/** The session as it is now; where it asks for another method than before, that is the one. */
function relearn(state: State, standing: Standing, session: SessionView, here: Surroundings): Step {
  const method = methodAfter(standing, session, here.lessMotion);
  const next = offered({ ...state, session, method } as State);
  if (method === standing.method || state.at !== 'looking') return stay(next);
  return {
    state: { ...next, challenge: null } as State,
    effects: [{ do: 'fit_camera' }, { do: 'challenge' }],
  };
}

/** Only who has been recognised, or may be from now on, can be forgotten. */
function forget(state: State, event: FlowEvent & { is: 'forget' | 'forgotten' }): Step {
  if ((state.at !== 'verdict' && state.at !== 'offer') || isTaken(state)) return stay(state);
  if (event.is === 'forgotten') {
    if (state.at === 'offer' && event.isHeard) return forgottenAtOffer(state);
    return stay({ ...state, forgetting: event.isHeard ? 'done' : 'failed' });
  }
  const isOver = state.forgetting === 'asked' || state.forgetting === 'done';
  return isOver ? stay(state) : { state: { ...state, forgetting: 'asked' }, effects: [{ do: 'forget' }] };
}

function agree(state: StateAt<'welcome'>): Step {
  return {
    state: { at: 'asking', ...standingOf(state) },
    effects: [
      // Who had taken the offer has started already.
      ...(state.news === 'offer_gone' ? [] : [tell({ type: 'started' })]),
      tell({ type: 'step_started', step: 'face' }),
      { do: 'start_camera' },
    ],
  };
}

function look(state: StateAt<'asking'>): Step {
  return {
    state: { at: 'looking', ...standingOf(state), challenge: null },
    effects: [{ do: 'challenge' }, tell({ type: 'media_started', step: 'face', mediaType: 'video' })],
  };
}

function switchCamera(state: StateAt<'looking'>): Step {
  return {
    state: { at: 'asking', ...standingOf(state) },
    effects: [{ do: 'stop_camera' }, { do: 'start_camera' }],
  };
}

function cameraTrouble(state: State, reason: CameraTrouble): Step {
  if (state.at !== 'asking' && state.at !== 'looking') return stay(state);
  const error = reason === 'refused' || reason === 'embedded' ? 'cameraAccessDenied' : 'cameraUnavailable';
  return {
    state: { at: 'trouble', ...standingOf(state), reason },
    effects: [{ do: 'stop_camera' }, tell({ type: 'error', error, step: 'face' })],
  };
}

/** Where one may look for another way: before a picture is taken, or when one will not do or not get through. */
const seeking = new Set<State['at']>([
  'welcome',
  'asking',
  'trouble',
  'looking',
  'stuck',
  'again',
  'handoff',
]);

function seeksOtherWay(state: State): boolean {
  if (state.at === 'handoff') return !state.forced;
  // What has left is being judged.
  return state.at === 'sending' ? state.linkLost && state.sent < 1 : seeking.has(state.at);
}

function otherWay(state: State, event: FlowEvent & { is: 'other_way' | 'method' | 'back' }): Step {
  const standing = standingOf(state);
  if (standing === null) return stay(state);
  if (event.is === 'other_way') {
    if (!seeksOtherWay(state)) return stay(state);
    const isAgreed = state.at !== 'welcome' && state.at !== 'handoff';
    const unsent = state.at === 'sending' || state.at === 'stuck' ? { unsent: state.attempt } : {};
    return { state: { at: 'otherway', ...standing, isAgreed, ...unsent }, effects: [{ do: 'stop_camera' }] };
  }
  if (event.is === 'method') {
    if (!methodsOf(standing.session).includes(event.method)) return stay(state);
    const chosen = choose(standing, event.method);
    if (state.at === 'welcome') return stay({ ...state, ...chosen });
    return state.at === 'otherway' ? onward(state.isAgreed, chosen) : stay(state);
  }
  if (state.at === 'handoff' && !state.forced) return stay({ at: 'welcome', ...standing });
  if (state.at !== 'otherway') return stay(state);
  return state.unsent === undefined ? onward(state.isAgreed, standing) : send(standing, state.unsent);
}

/** Back to the welcome, or straight to the camera for someone who has agreed. */
function onward(isAgreed: boolean, standing: Standing): Step {
  if (!isAgreed) return stay({ at: 'welcome', ...standing });
  return { state: { at: 'asking', ...standing }, effects: [{ do: 'start_camera' }] };
}

/** The states that someone can walk out of. Once a frame or a press is being judged there is nothing left to abandon. */
const leavable = new Set<State['at']>([
  ...['welcome', 'offer', 'handoff', 'asking', 'trouble', 'looking', 'otherway'],
  ...['sending', 'stuck', 'again', 'locked'],
] as State['at'][]);

/** Whether the user may leave now. */
export function canLeave(state: State): boolean {
  return leavable.has(state.at) && !isTaken(state);
}

/** Leaving ends the visit, not the session: the same link works again. */
function leave(state: State, byChoice: boolean): Step {
  const standing = standingOf(state);
  if (!canLeave(state) || standing === null) return stay(state);
  const effects: Effect[] = [{ do: 'leave' }, { do: 'stop_camera' }];
  if (byChoice) effects.push(tell({ type: 'cancelled' }));
  const until = state.at === 'locked' ? { until: state.until } : {};
  return { state: { at: 'left', ...standing, ...until }, effects };
}

function tryAgain(state: State): Step {
  switch (state.at) {
    case 'trouble':
    case 'again':
      return onward(true, standingOf(state));
    case 'stuck':
      return send(standingOf(state), state.attempt);
    case 'left':
    case 'ended':
    case 'locked':
      return openingStep;
    default:
      return stay(state);
  }
}
