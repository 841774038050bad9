import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientOf } from '../domain/rate-limit.ts';
import { TooMany, tooMany } from './refusals.ts';
import { tokenDigest } from './token.ts';

/** A bound on pictures in memory, in number and in bytes. */
export interface Slots {
  readonly max: number;
  used(): number;
  /** Hook: takes a slot before the body is read; it is held until the response has ended. @throws TooMany */
  enter(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Does the work on a picture; its slot is held until that is done, too, even when the client has gone. */
  during<Answer>(request: FastifyRequest, work: () => Promise<Answer>): Promise<Answer>;
}

/** One delivery, and its repetition after a link that dropped unnoticed. */
const perSession = 2;

/** What is held under one name. */
interface Held {
  readonly count: number;
  readonly bytes: number;
}

const nothing: Held = { count: 0, bytes: 0 };
const all = 'all';

/**
 * At most `max` bodies and `maxBytes` at once. One client, an office perhaps, holds no more than half of both and one
 * session no more than two bodies, so that nobody keeps the others out.
 * @param memory.bytesOf the most that a request's body may take, known before it is read
 */
export function createSlots(
  max: number,
  memory: { maxBytes: number; bytesOf: (request: FastifyRequest) => number } = {
    maxBytes: Number.POSITIVE_INFINITY,
    bytesOf: () => 0,
  },
): Slots {
  const { maxBytes, bytesOf } = memory;
  const perClient = Math.max(perSession, Math.ceil(max / 2));
  const held = new Map<string, Held>();
  const holds = new WeakMap<FastifyRequest, () => () => void>();

  const heldBy = (key: string) => held.get(key) ?? nothing;
  function change(keys: string[], by: 1 | -1, bytes: number): void {
    for (const key of keys) {
      const { count, bytes: before } = heldBy(key);
      if (count + by === 0) held.delete(key);
      else held.set(key, { count: count + by, bytes: before + by * bytes });
    }
  }
  const hasRoom = (key: string, most: number, mostBytes: number, bytes: number): boolean => {
    const { count, bytes: before } = heldBy(key);
    // The first one has room however large it is: bodies are bounded by themselves.
    return count === 0 || (count < most && before + bytes <= mostBytes);
  };

  return {
    max,
    used: () => heldBy(all).count,
    async enter(request, reply) {
      const { socket } = request.raw;
      const client = `client ${clientOf(request.ip)}`;
      const session = `session ${tokenDigest((request.params as { token: string }).token).toString('base64')}`;
      const bytes = bytesOf(request);
      const isRoom =
        hasRoom(all, max, maxBytes, bytes) &&
        hasRoom(client, perClient, maxBytes / 2, bytes) &&
        hasRoom(session, perSession, maxBytes, bytes);
      // A connection that has ended already would never end again.
      if (socket.destroyed) throw new TooMany(1);
      if (!isRoom) throw tooMany('overload', 1);

      let holders = 0;
      const hold = () => {
        holders += 1;
        let letGo = false;
        return () => {
          if (letGo) return;
          letGo = true;
          holders -= 1;
          if (holders === 0) change([all, client, session], -1, bytes);
        };
      };
      change([all, client, session], 1, bytes);
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
