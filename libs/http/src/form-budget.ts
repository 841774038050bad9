import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { DetailError } from './errors.ts';

/** A bound on the bytes of forms in memory. */
export interface FormBudget {
  /**
   * Hook: counts what the form may come to hold, before its body is read; until its answer has ended or its connection
   * is gone. @throws DetailError 429 (the application has its share under way), 503 (nothing is left)
   */
  enter(request: FastifyRequest, reply: FastifyReply, bytes: number): void;
  /** Keeps the form counted while its handler works on it, even when the client has gone. */
  during(handler: RouteHandlerMethod): RouteHandlerMethod;
}

/** Small forms cost something, too. */
const leastBytes = 256 * 1024;

/**
 * At most so many bytes of forms at once in this process. One application holds no more than half of them, so that nobody
 * keeps the others out, however slowly they send.
 */
export function createFormBudget(maxBytes: number): FormBudget {
  let inside = 0;
  const held = new Map<string, number>();
  const holds = new WeakMap<FastifyRequest, Hold>();

  function change(owner: string, by: number): void {
    inside += by;
    const bytes = (held.get(owner) ?? 0) + by;
    if (bytes === 0) held.delete(owner);
    else held.set(owner, bytes);
  }

  return {
    enter(request, reply, wanted) {
      const { socket } = request.raw;
      // A connection that has ended already would never end again.
      if (socket.destroyed || reply.raw.destroyed) throw busy(503, 'The client has gone.');
      const owner = request.principal?.applicationId ?? '';
      const bytes = Math.max(leastBytes, wanted);
      if ((held.get(owner) ?? 0) + bytes > maxBytes / 2) {
        throw busy(429, 'Too many uploads of this application at once. Try again shortly.');
      }
      if (inside + bytes > maxBytes) throw busy(503, 'Too many uploads at once. Try again shortly.');
      change(owner, bytes);
      const hold = createHold(() => change(owner, -bytes));
      holds.set(request, hold);
      const over = () => {
        socket.off('close', over);
        reply.raw.off('close', over);
        hold.end('connection');
      };
      // A response that waits behind another one on its connection does not hear of the connection's end.
      socket.once('close', over);
      reply.raw.once('close', over);
    },
    during(handler) {
      return async function counted(request, reply) {
        const hold = holds.get(request);
        // Its bytes are not counted any more, and nobody would hear the answer.
        if (hold !== undefined && !hold.begin()) throw busy(503, 'The client has gone.');
        try {
          return await handler.call(this, request, reply);
        } finally {
          hold?.end('work');
        }
      };
    },
  };
}

/** Bytes are let go once neither a connection nor a handler has them. */
interface Hold {
  /** The handler begins. @returns false when the bytes have been let go */
  begin(): boolean;
  end(holder: 'connection' | 'work'): void;
}

function createHold(release: () => void): Hold {
  const holders = new Set<'connection' | 'work'>(['connection']);
  return {
    begin() {
      if (holders.size === 0) return false;
      holders.add('work');
      return true;
    },
    end(holder) {
      if (holders.delete(holder) && holders.size === 0) release();
    },
  };
}

function busy(status: 429 | 503, detail: string): DetailError {
  return new DetailError(status, detail, { retryAfterSeconds: 1 });
}
