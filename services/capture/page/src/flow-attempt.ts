import { arrived, conclude, lock, send, standingOf, stay, submitted, tell } from './flow-steps.ts';
import type { Answer, Attempt, FlowEvent, Standing, State, Step } from './states.ts';

type AttemptEvent = Extract<
  FlowEvent,
  { is: 'challenged' | 'captured' | 'sent' | 'link' | 'answered' | 'renewed' | 'unusable' | 'stuck' }
>;

/** What happens to one look, from its challenge to its answer. */
export function duringAttempt(state: State, event: AttemptEvent): Step {
  if (event.is === 'challenged') {
    return stay(state.at === 'looking' ? { ...state, challenge: event.challenge } : state);
  }
  if (event.is === 'captured') {
    if (state.at !== 'looking') return stay(state);
    const { attempt } = event;
    const { state: sending, effects } = send(standingOf(state), attempt);
    const captured = tell({ type: 'media_captured', step: 'face', isAuto: attempt.isAuto });
    return { state: sending, effects: [captured, ...effects] };
  }
  const standing = standingOf(state);
  if (standing === null) return stay(state);
  if (state.at === 'deciding' && event.is === 'answered' && event.answer.result !== 'pending') {
    return answered(standing, event.answer);
  }
  if (state.at !== 'sending') return stay(state);
  switch (event.is) {
    case 'sent':
      return {
        state: { ...state, sent: event.share, linkLost: false },
        effects: event.share >= 1 && state.sent < 1 ? [submitted] : [],
      };
    case 'link':
      return stay({ ...state, linkLost: event.lost });
    case 'stuck':
      return {
        state: { at: 'stuck', ...standing, attempt: state.attempt },
        effects: [tell({ type: 'error', error: 'networkError', step: 'face' })],
      };
    case 'renewed': {
      const attempt = { ...state.attempt, id: event.id, isRenewed: true };
      return { state: { ...state, attempt, sent: 0 }, effects: [{ do: 'upload', attempt }] };
    }
    case 'unusable':
      return stay({ at: 'again', ...standing, problem: 'low_quality' });
    case 'answered':
      return arrived(state, answered(standing, event.answer, state.attempt));
  }
}

function answered(standing: Standing, answer: Answer, attempt?: Attempt): Step {
  const { session } = standing;
  switch (answer.result) {
    case 'verdict':
      return conclude(
        { ...standing, session: { ...session, callback: answer.callback } },
        answer.status,
        false,
      );
    case 'retry':
      return stay({
        at: 'again',
        ...standing,
        session: { ...session, attempts_left: answer.attempts_left },
        problem: answer.problem,
      });
    case 'stale':
      return stay({ at: 'again', ...standing, problem: 'stale' });
    case 'locked':
      return lock(standing, answer.until);
    case 'pending':
      return {
        state: { at: 'deciding', ...standing },
        effects: [{ do: 'stop_camera' }, { do: 'poll', ...(attempt === undefined ? {} : { attempt }) }],
      };
  }
}
