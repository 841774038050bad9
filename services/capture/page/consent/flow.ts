import type { ConsentAnswer, ConsentView } from '../../src/consent-wire.ts';
import type { ConsentEnd, PageConsent } from './given.ts';

/** Why an answer is not recorded, as far as the page knows. */
export type Problem = 'not_sent' | 'too_many';

/** What the page can be in. */
export type State =
  | {
      readonly at: 'question';
      readonly consent: ConsentView;
      /** The answer that is on its way. */
      readonly sending: ConsentAnswer | null;
      readonly problem: Problem | null;
      /** What is asked is not what was on the screen before. */
      readonly isChanged: boolean;
    }
  | {
      readonly at: 'answered';
      readonly consent: ConsentView;
      /** On this page, just now: then the browser goes on to the application. */
      readonly isFresh: boolean;
      /** While the question was on this screen, somewhere else. */
      readonly isElsewhere: boolean;
    }
  | {
      readonly at: 'withdrawing';
      readonly consent: ConsentView;
      readonly isSending: boolean;
      readonly problem: Problem | null;
    }
  | {
      readonly at: 'ended';
      readonly reason: ConsentEnd;
      /** It is being asked for once more. */
      readonly isAsking: boolean;
    };

/** The state of one kind. */
export type StateAt<At extends State['at']> = Extract<State, { at: At }>;

/** What the page begins with. */
export function arrive({ consent, reason }: PageConsent): State {
  if (consent === null) return ended(reason ?? 'unavailable');
  return consent.status === 'asked' ? question(consent) : answered(consent);
}

/** There is nothing to show. @param reason `refused` is said of answers only */
export function ended(reason: ConsentEnd | 'refused'): StateAt<'ended'> {
  return { at: 'ended', reason: reason === 'refused' ? 'unavailable' : reason, isAsking: false };
}

/** The person wants it to be asked for once more. */
export function askedAgain(state: State): State {
  return state.at === 'ended' ? { ...state, isAsking: true } : state;
}

/** Names what is on the screen: whoever sees another one begins to read anew. */
export function screenOf(state: State): string {
  if (state.at === 'question') return state.consent.text_sha256;
  return state.at === 'answered' ? state.consent.status : state.at;
}

function question(consent: ConsentView, isChanged = false): StateAt<'question'> {
  return { at: 'question', consent, sending: null, problem: null, isChanged };
}

function answered(consent: ConsentView): StateAt<'answered'> {
  return { at: 'answered', consent, isFresh: false, isElsewhere: false };
}

/** An answer is on its way. */
export function sending(state: State, answer: ConsentAnswer): State {
  if (state.at === 'question') return { ...state, sending: answer, problem: null };
  return state.at === 'withdrawing' ? { ...state, isSending: true, problem: null } : state;
}

/** It did not get through: the person decides again. */
export function failed(state: State, problem: Problem | null): State {
  if (state.at === 'question') return { ...state, sending: null, problem };
  return state.at === 'withdrawing' ? { ...state, isSending: false, problem } : state;
}

/** It is recorded. */
export function recorded(consent: ConsentView, answer: ConsentAnswer): State {
  // Coming back to withdraw, the person is not sent anywhere.
  return { ...answered(consent), isFresh: answer !== 'withdraw' };
}

/** The consent was read anew: what is on the screen stays there unless it is not true any more. */
export function refreshed(state: State, consent: ConsentView): State {
  if (consent.status === 'asked') {
    if (state.at !== 'question') return question(consent);
    const isSame = consent.text_sha256 === state.consent.text_sha256;
    return isSame ? { ...state, consent } : question(consent, true);
  }
  if (state.at === 'withdrawing' && consent.status === 'given') return { ...state, consent };
  if (state.at === 'answered' && consent.status === state.consent.status) return { ...state, consent };
  return { ...answered(consent), isElsewhere: state.at === 'question' || state.at === 'withdrawing' };
}

/** The person asks to withdraw, and is asked back. */
export function askBack(state: State): State {
  if (state.at !== 'answered' || state.consent.status !== 'given') return state;
  return { at: 'withdrawing', consent: state.consent, isSending: false, problem: null };
}

/** They keep it. */
export function keep(state: State): State {
  return state.at === 'withdrawing' ? answered(state.consent) : state;
}
