import type { HostedSession } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { phaseOf } from './domain/session-phase.ts';

/** Remembers for a few seconds which tokens lead to a session, so that a hot request need not ask. */
export interface KnownSessions {
  /**
   * The session behind a token, as it was seconds ago: good enough to let bytes in, never to decide.
   * @throws Failure `session_not_found`, or what session refused
   */
  find(tokenSha256: Buffer): Promise<HostedSession>;
  /** What session has just said. Only a session that takes frames is remembered. */
  learn(tokenSha256: Buffer, session: HostedSession): void;
}

/** Older than this it is asked for again, behind the request that is answered from memory. */
const freshMs = 5_000;
/** Older than this it is forgotten. */
const keptMs = 15_000;

/**
 * Unknown tokens are not remembered, so nobody can crowd out the known ones with them; equal questions at the same time
 * are one call.
 * @param maxSessions the longest unasked is forgotten first
 */
export function createKnownSessions(
  read: (tokenSha256: Buffer) => Promise<HostedSession>,
  maxSessions = 10_000,
): KnownSessions {
  const kept = new Map<string, { session: HostedSession; atMs: number }>();
  const asked = new Map<string, Promise<HostedSession>>();

  function learn(tokenSha256: Buffer, session: HostedSession): void {
    const key = tokenSha256.toString('base64');
    kept.delete(key);
    if (phaseOf(session, new Date()) !== 'ready') return;
    kept.set(key, { session, atMs: performance.now() });
    if (kept.size > maxSessions) kept.delete(kept.keys().next().value ?? '');
  }

  async function readAnew(key: string, tokenSha256: Buffer): Promise<HostedSession> {
    try {
      const session = await read(tokenSha256);
      learn(tokenSha256, session);
      return session;
    } catch (error) {
      if (error instanceof Failure && error.kind === 'not_found') kept.delete(key);
      throw error;
    } finally {
      asked.delete(key);
    }
  }

  function ask(key: string, tokenSha256: Buffer): Promise<HostedSession> {
    const answer = asked.get(key) ?? readAnew(key, tokenSha256);
    asked.set(key, answer);
    return answer;
  }

  return {
    learn,
    async find(tokenSha256) {
      const key = tokenSha256.toString('base64');
      const known = kept.get(key);
      const ageMs = known === undefined ? keptMs : performance.now() - known.atMs;
      if (known === undefined || ageMs >= keptMs || phaseOf(known.session, new Date()) !== 'ready') {
        return await ask(key, tokenSha256);
      }
      // Whatever comes of it: this request has its answer, and the next one asks again.
      if (ageMs >= freshMs) ask(key, tokenSha256).catch(() => undefined);
      return known.session;
    },
  };
}
