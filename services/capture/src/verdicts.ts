import type { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { isVerdict } from './domain/session-phase.ts';

/** How a session ended for its user. */
export interface Verdict {
  /** Approved, Declined or In Review. */
  readonly status: string;
  /** Where the browser goes next; empty when nowhere. */
  readonly callback: string;
}

/** One upload that waits for its session's verdict. */
export interface ExpectedVerdict {
  /** Resolves with the verdict, or null when it has not come in time. */
  within(timeoutMs: number): Promise<Verdict | null>;
  /** Stops listening. */
  forget(): void;
}

/** Connects verdicts that arrive on the bus with the uploads that wait for them. */
export interface Verdicts {
  /** Listens from now on; call it before the event that leads to the verdict is published. */
  expect(sessionId: string): ExpectedVerdict;
  /** A session entered a status. Nobody waiting is no mistake: another replica may have its upload. */
  tell(event: SessionStatusChanged): void;
}

/** Starts with nobody waiting. Bounded by the uploads in flight. */
export function createVerdicts(): Verdicts {
  const waiting = new Map<string, Set<(verdict: Verdict) => void>>();

  return {
    expect(sessionId) {
      const arrival = Promise.withResolvers<Verdict>();
      const listeners = waiting.get(sessionId) ?? new Set();
      waiting.set(sessionId, listeners.add(arrival.resolve));
      return {
        async within(timeoutMs) {
          const late = Promise.withResolvers<null>();
          const timer = setTimeout(late.resolve, timeoutMs, null);
          const verdict = await Promise.race([arrival.promise, late.promise]);
          clearTimeout(timer);
          return verdict;
        },
        forget() {
          listeners.delete(arrival.resolve);
          if (listeners.size === 0 && waiting.get(sessionId) === listeners) waiting.delete(sessionId);
        },
      };
    },
    tell({ sessionId, status, callback }) {
      if (!isVerdict(status)) return;
      for (const arrived of waiting.get(sessionId) ?? []) arrived({ status, callback });
    },
  };
}
