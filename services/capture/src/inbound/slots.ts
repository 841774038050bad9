import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientOf } from '../domain/rate-limit.ts';
import { TooMany } from './refusals.ts';
import { tokenDigest } from './token.ts';

/** A bound on pictures in memory. */
export interface Slots {
  /** Hook: takes a slot before the body is read; it is held until the response has ended. @throws TooMany */
  enter(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Does the work on a picture; its slot is held until that is done, too, even when the client has gone. */
  during<Answer>(request: FastifyRequest, work: () => Promise<Answer>): Promise<Answer>;
}

/** One delivery, and its repetition after a link that dropped unnoticed. */
const perSession = 2;

/**
 * At most `max` pictures at once. One client, an office perhaps, holds no more than half of them and one session no
 * more than two, so that nobody keeps the others out.
 */
export function createSlots(max: number): Slots {
  const perClient = Math.max(perSession, Math.ceil(max / 2));
  const held = new Map<string, number>();
  const holds = new WeakMap<FastifyRequest, () => () => void>();
  let inside = 0;

  const count = (key: string) => held.get(key) ?? 0;
  function change(keys: string[], by: 1 | -1): void {
    inside += by;
    for (const key of keys) {
      if (count(key) + by === 0) held.delete(key);
      else held.set(key, count(key) + by);
    }
  }

  return {
    async enter(request, reply) {
      const { socket } = request.raw;
      const client = `client ${clientOf(request.ip)}`;
      const session = `session ${tokenDigest((request.params as { token: string }).token).toString('base64')}`;
      const full = inside >= max || count(client) >= perClient || count(session) >= perSession;
      // A connection that has ended already would never end again.
      if (full || socket.destroyed) throw new TooMany(1);

      let holders = 0;
      const hold = () => {
        holders += 1;
        let letGo = false;
        return () => {
          if (letGo) return;
          letGo = true;
          holders -= 1;
          if (holders === 0) change([client, session], -1);
        };
      };
      change([client, session], 1);
      holds.set(request, hold);
      const release = hold();
      const over = () => {
        socket.off('close', over);
        reply.raw.off('close', over);
        release();
      };
      // A response that waits behind another one on its connection does not hear of the connection's end.
      socket.once('close', over);
      reply.raw.once('close', over);
    },
    async during(request, work) {
      const release = holds.get(request)?.();
      try {
        return await work();
      } finally {
        release?.();
      }
    },
  };
}
