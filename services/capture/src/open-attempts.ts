import type { AttemptAnswer } from './wire.ts';

/** Answers to a look; the others say that there was none, or none that could be told. */
const isFinal: ReadonlySet<AttemptAnswer['result']> = new Set(['verdict', 'retry']);

/** One look: its attempt, and the pictures it shows. */
export interface Look {
  readonly attemptId: string;
  /** Their digest. */
  readonly pictures: string;
}

/** Remembers the latest attempt of each session, so that a repeated upload shares its work and its answer. */
export interface OpenAttempts {
  /**
   * Runs the attempt, or joins the run that has the same id and the same pictures. Other pictures under that id run by
   * themselves: they neither get its answer nor take its place. A run that failed, or that ended without a look or without
   * an answer for the user, is forgotten: the next upload tries again.
   */
  once(session: string, look: Look, run: () => Promise<AttemptAnswer>): Promise<AttemptAnswer>;
  /** Resolves when the session's attempt, if one is under way, has ended either way. */
  settled(session: string): Promise<void>;
}

/** @param maxSessions the oldest is forgotten first; then a repeated upload is judged anew, which harms nothing */
export function createOpenAttempts(maxSessions = 5_000): OpenAttempts {
  const latest = new Map<string, Look & { answer: Promise<AttemptAnswer> }>();

  return {
    once(session, { attemptId, pictures }, run) {
      const known = latest.get(session);
      if (known?.attemptId === attemptId) return known.pictures === pictures ? known.answer : run();
      const entry = { attemptId, pictures, answer: run() };
      latest.delete(session);
      latest.set(session, entry);
      if (latest.size > maxSessions) latest.delete(latest.keys().next().value ?? '');
      const forget = () => {
        if (latest.get(session) === entry) latest.delete(session);
      };
      entry.answer.then(({ result }) => !isFinal.has(result) && forget(), forget);
      return entry.answer;
    },
    async settled(session) {
      await latest.get(session)?.answer.catch(() => undefined);
    },
  };
}
