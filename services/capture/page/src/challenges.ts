import type { ChallengeView } from '../../src/wire.ts';
import type { AttemptIds } from './attempt-ids.ts';
import { askChallenge, readState, type SessionPath } from './client.ts';
import { millisecondsUntil } from './service-clock.ts';
import type { FlowEvent, State } from './states.ts';

/** Turning one's head and sending what was seen takes so long on a slow link; what is over sooner is not begun with. */
const worthwhileMs = 45_000;

/** The challenge of the look to come: asked for once for an attempt and a method, and anew when its time is over. */
export interface Challenges {
  /** @returns null when it cannot be had now; the page then goes where session says that it stands */
  fetch(signal: AbortSignal): Promise<ChallengeView | null>;
  /** The one that is there is of no use. */
  forget(): void;
}

/** @param page `opened` resolves when the session is In Progress: before that it has no challenge to give */
export function createChallenges(page: {
  readonly path: SessionPath;
  readonly ids: AttemptIds;
  readonly send: (event: FlowEvent) => void;
  readonly opened: () => Promise<void>;
  readonly state: () => State;
}): Challenges {
  const { path, ids, send } = page;
  let known: { key: string; challenge: ChallengeView } | null = null;
  let asked: { key: string; signal: AbortSignal; answer: Promise<ChallengeView | null> } | null = null;

  const keyOf = (method: string) => `${ids.current()} ${method}`;

  async function ask(signal: AbortSignal) {
    await page.opened();
    // The opening may have asked for another method.
    const now = page.state();
    if (signal.aborted || now.at !== 'looking') return null;
    const { method } = now;
    let answer = await askChallenge(path, ids.current(), method, signal);
    if (!answer.ok && answer.reason === 'void') {
      ids.settle();
      answer = await askChallenge(path, ids.current(), method, signal);
    }
    if (signal.aborted) return null;
    if (answer.ok) {
      known = { key: keyOf(method), challenge: answer.challenge };
      send({ is: 'challenged', challenge: answer.challenge });
      return answer.challenge;
    }
    if (answer.reason === 'locked') send({ is: 'locked', until: answer.until });
    else if (answer.reason === 'closed' || answer.reason === 'void') await learnWhy(signal);
    else if (answer.reason !== 'unavailable') send({ is: 'failed', reason: answer.reason });
    return null;
  }

  /** The session gives none: what it says of itself tells why. */
  async function learnWhy(signal: AbortSignal): Promise<void> {
    const view = await readState(path, signal);
    if (!signal.aborted && view.ok) send({ is: 'opened', session: view.session });
  }

  return {
    forget() {
      known = null;
    },
    fetch(signal) {
      const state = page.state();
      if (state.at !== 'looking') return Promise.resolve(null);
      const key = keyOf(state.method);
      if (known?.key === key && millisecondsUntil(known.challenge.expires_at) > worthwhileMs) {
        const { challenge } = known;
        if (state.challenge !== challenge) send({ is: 'challenged', challenge });
        return Promise.resolve(challenge);
      }
      if (asked?.key === key && asked.signal === signal) return asked.answer;
      const answer = ask(signal).finally(() => {
        if (asked?.answer === answer) asked = null;
      });
      asked = { key, signal, answer };
      return answer;
    },
  };
}
