import type { AttemptAnswer, FaceProblem, SessionView } from '../../src/wire.ts';
import type { CameraTrouble } from './look/camera.ts';
import type { OutgoingEvent } from './parent-events.ts';

/** Why a link leads nowhere, now or for good. */
export type EndReason = 'expired' | 'unknown' | 'unavailable' | 'busy' | 'slow';

/** One try: the id stays the same however often its frame is sent. */
export interface Attempt {
  readonly id: string;
  readonly isAuto: boolean;
  /** Its frame was sent under another id before. */
  readonly isRenewed?: boolean;
}

/** What the user sees. Every state but the first and the last knows its session. */
export type State =
  | { readonly at: 'loading' }
  | { readonly at: 'welcome'; readonly session: SessionView }
  | { readonly at: 'asking'; readonly session: SessionView }
  | { readonly at: 'trouble'; readonly session: SessionView; readonly reason: CameraTrouble }
  | { readonly at: 'looking'; readonly session: SessionView }
  | {
      readonly at: 'sending';
      readonly session: SessionView;
      readonly attempt: Attempt;
      /** Share of the frame that has left, 0..1. */
      readonly sent: number;
      readonly linkLost: boolean;
    }
  | { readonly at: 'stuck'; readonly session: SessionView; readonly attempt: Attempt }
  | { readonly at: 'again'; readonly session: SessionView; readonly problem: FaceProblem }
  /** Nobody looks at a picture before `until`, an ISO time. */
  | { readonly at: 'locked'; readonly session: SessionView; readonly until: string }
  | { readonly at: 'deciding'; readonly session: SessionView }
  | { readonly at: 'verdict'; readonly session: SessionView }
  | { readonly at: 'finished'; readonly session: SessionView }
  /** With `until` when the session was locked. */
  | { readonly at: 'left'; readonly session: SessionView; readonly until?: string }
  | { readonly at: 'ended'; readonly reason: EndReason; readonly session?: SessionView };

/** An answer to the look itself; `renew` asks for the same frame under another id. */
export type Answer = Exclude<AttemptAnswer, { result: 'renew' }>;

/** What happens to the page: from the user, the camera, the server. */
export type FlowEvent =
  | { readonly is: 'opened'; readonly session: SessionView }
  | { readonly is: 'failed'; readonly reason: EndReason }
  | { readonly is: 'agreed' }
  | { readonly is: 'camera_ready' }
  | { readonly is: 'camera_trouble'; readonly reason: CameraTrouble }
  | { readonly is: 'captured'; readonly attempt: Attempt }
  | { readonly is: 'sent'; readonly share: number }
  | { readonly is: 'link'; readonly lost: boolean }
  | { readonly is: 'answered'; readonly answer: Answer }
  /** The frame has not been looked at and goes once more, under a new id. */
  | { readonly is: 'renewed'; readonly id: string }
  | { readonly is: 'unusable' }
  | { readonly is: 'stuck' }
  | { readonly is: 'try_again' }
  | { readonly is: 'leave' }
  | { readonly is: 'page_hidden' }
  | { readonly is: 'page_shown' }
  | { readonly is: 'close' };

/** What the page has to do next; `conductor.ts` does it. */
export type Effect =
  | { readonly do: 'open' }
  | { readonly do: 'start_camera' }
  | { readonly do: 'stop_camera' }
  | { readonly do: 'upload'; readonly attempt: Attempt }
  /** With the attempt when this page has taken its frame. */
  | { readonly do: 'poll'; readonly attempt?: Attempt }
  | { readonly do: 'leave' }
  | { readonly do: 'tell'; readonly event: OutgoingEvent };

/** A state and what follows from entering it. */
export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** The page starts by opening its session. */
export const firstStep: Step = { state: { at: 'loading' }, effects: [{ do: 'open' }] };

const stay = (state: State): Step => ({ state, effects: [] });
const tell = (event: OutgoingEvent): Effect => ({ do: 'tell', event });

/** The next step. An event that does not belong to the state changes nothing, so duplicate taps are harmless. */
export function nextStep(state: State, event: FlowEvent): Step {
  switch (event.is) {
    case 'opened':
      if (state.at === 'loading') return arrive(event.session);
      return state.at === 'deciding' ? learn(state, event.session) : stay(state);
    case 'failed':
      return fail(state, event.reason);
    case 'leave':
    case 'page_hidden':
      return leave(state, event.is === 'leave');
    case 'page_shown':
      return state.at === 'left' ? firstStep : stay(state);
    case 'close':
      return { state, effects: [tell({ type: 'close_request' })] };
    case 'try_again':
      return tryAgain(state);
    case 'agreed':
      if (state.at !== 'welcome') return stay(state);
      return {
        state: { at: 'asking', session: state.session },
        effects: [
          tell({ type: 'started' }),
          tell({ type: 'step_started', step: 'face' }),
          { do: 'start_camera' },
        ],
      };
    case 'camera_ready':
      if (state.at !== 'asking') return stay(state);
      return {
        state: { at: 'looking', session: state.session },
        effects: [tell({ type: 'media_started', step: 'face', mediaType: 'video' })],
      };
    case 'camera_trouble':
      return cameraTrouble(state, event.reason);
    default:
      return duringAttempt(state, event);
  }
}

function arrive(session: SessionView): Step {
  const ready = tell({ type: 'ready' });
  switch (session.phase) {
    case 'ready':
      return { state: { at: 'welcome', session }, effects: [ready] };
    case 'locked':
      return lock(session, session.locked_until ?? '', ready);
    case 'deciding':
      return { state: { at: 'deciding', session }, effects: [ready, { do: 'poll' }] };
    case 'finished':
      return {
        state: { at: 'finished', session },
        effects: [ready, tell({ type: 'completed', status: session.status })],
      };
    case 'expired':
      return {
        state: { at: 'ended', reason: 'expired', session },
        effects: [ready, tell({ type: 'error', error: 'sessionExpired' })],
      };
  }
}

/** What polling brought while the verdict was on its way. */
function learn(state: State & { at: 'deciding' }, session: SessionView): Step {
  if (session.phase === 'finished') return conclude(session, session.status);
  if (session.phase === 'expired') return fail(state, 'expired');
  if (session.phase === 'locked') return lock(session, session.locked_until ?? '');
  return stay(state);
}

/** Too many tries have failed: nothing more happens here for a while. */
function lock(session: SessionView, until: string, ...effects: Effect[]): Step {
  const error = tell({ type: 'error', error: 'maxAttemptsReached', step: 'face' });
  return { state: { at: 'locked', session, until }, effects: [...effects, { do: 'stop_camera' }, error] };
}

function conclude(session: SessionView, status: string): Step {
  return {
    state: { at: 'verdict', session: { ...session, status, phase: 'finished' } },
    effects: [
      { do: 'stop_camera' },
      tell({ type: 'step_completed', step: 'face', nextStep: null }),
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

function fail(state: State, reason: EndReason): Step {
  if (state.at === 'verdict' || state.at === 'finished' || state.at === 'left') return stay(state);
  const session = 'session' in state ? state.session : undefined;
  return {
    state: { at: 'ended', reason, ...(session === undefined ? {} : { session }) },
    effects: [{ do: 'stop_camera' }, tell({ type: 'error', error: errorNames[reason] })],
  };
}

function cameraTrouble(state: State, reason: CameraTrouble): Step {
  if (state.at !== 'asking' && state.at !== 'looking') return stay(state);
  const error = reason === 'refused' || reason === 'embedded' ? 'cameraAccessDenied' : 'cameraUnavailable';
  return {
    state: { at: 'trouble', session: state.session, reason },
    effects: [{ do: 'stop_camera' }, tell({ type: 'error', error, step: 'face' })],
  };
}

/** The states that someone can walk out of. Once a frame is being judged there is nothing left to abandon. */
const leavable = new Set(['welcome', 'asking', 'trouble', 'looking', 'sending', 'stuck', 'again', 'locked']);

/** Leaving ends the visit, not the session: the same link works again. */
function leave(state: State, byChoice: boolean): Step {
  if (!leavable.has(state.at) || !('session' in state) || state.session === undefined) return stay(state);
  const effects: Effect[] = [{ do: 'leave' }, { do: 'stop_camera' }];
  if (byChoice) effects.push(tell({ type: 'cancelled' }));
  const lock = state.at === 'locked' ? { until: state.until } : {};
  return { state: { at: 'left', session: state.session, ...lock }, effects };
}

function tryAgain(state: State): Step {
  switch (state.at) {
    case 'trouble':
    case 'again':
      return { state: { at: 'asking', session: state.session }, effects: [{ do: 'start_camera' }] };
    case 'stuck':
      return {
        state: { at: 'sending', session: state.session, attempt: state.attempt, sent: 0, linkLost: false },
        effects: [{ do: 'upload', attempt: state.attempt }],
      };
    case 'left':
    case 'ended':
    case 'locked':
      return firstStep;
    default:
      return stay(state);
  }
}

type AttemptEvent = Extract<
  FlowEvent,
  { is: 'captured' | 'sent' | 'link' | 'answered' | 'renewed' | 'unusable' | 'stuck' }
>;

function duringAttempt(state: State, event: AttemptEvent): Step {
  if (event.is === 'captured') {
    if (state.at !== 'looking') return stay(state);
    const { attempt } = event;
    return {
      state: { at: 'sending', session: state.session, attempt, sent: 0, linkLost: false },
      effects: [
        tell({ type: 'media_captured', step: 'face', isAuto: attempt.isAuto }),
        { do: 'upload', attempt },
      ],
    };
  }
  if (state.at === 'deciding' && event.is === 'answered' && event.answer.result !== 'pending') {
    return answered(state.session, event.answer);
  }
  if (state.at !== 'sending') return stay(state);
  switch (event.is) {
    case 'sent':
      return {
        state: { ...state, sent: event.share, linkLost: false },
        effects:
          event.share >= 1 && state.sent < 1 ? [tell({ type: 'verification_submitted', step: 'face' })] : [],
      };
    case 'link':
      return stay({ ...state, linkLost: event.lost, sent: event.lost ? 0 : state.sent });
    case 'stuck':
      return {
        state: { at: 'stuck', session: state.session, attempt: state.attempt },
        effects: [tell({ type: 'error', error: 'networkError', step: 'face' })],
      };
    case 'renewed': {
      const attempt = { ...state.attempt, id: event.id, isRenewed: true };
      return { state: { ...state, attempt, sent: 0 }, effects: [{ do: 'upload', attempt }] };
    }
    case 'unusable':
      return stay({ at: 'again', session: state.session, problem: 'low_quality' });
    case 'answered':
      return answered(state.session, event.answer, state.attempt);
  }
}

function answered(session: SessionView, answer: Answer, attempt?: Attempt): Step {
  switch (answer.result) {
    case 'verdict':
      return conclude({ ...session, callback: answer.callback }, answer.status);
    case 'retry':
      return stay({
        at: 'again',
        session: { ...session, attempts_left: answer.attempts_left },
        problem: answer.problem,
      });
    case 'locked':
      return lock(session, answer.until);
    case 'pending':
      return {
        state: { at: 'deciding', session },
        effects: [{ do: 'stop_camera' }, { do: 'poll', ...(attempt === undefined ? {} : { attempt }) }],
      };
  }
}
