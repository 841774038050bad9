import type { WebSocket } from '@fastify/websocket';

/** A socket whose messages come as one buffer each. */
export type LiveSocket = Omit<WebSocket, 'on'> & {
  on(event: 'message', heard: (data: Buffer, isBinary: boolean) => void): void;
  on(event: 'pong', heard: () => void): void;
};

/** One open socket. */
export interface HeldSocket {
  /** Says something, unless the page does not listen: then it is cut off. */
  send(text: string): void;
  /** The page has shown that it is there. */
  heard(): void;
  end(code: number, reason: string): void;
  ageMs(): number;
}

/** The open sockets of this replica, bounded in number, silence and age. */
export interface LiveSockets {
  count(): number;
  /** Whether one more may come of this client. */
  hasRoomFor(client: string): boolean;
  hold(socket: LiveSocket, client: string): HeldSocket;
  /** Asks every page to go (1001), and cuts those off that do not within a moment. */
  drain(): Promise<void>;
}

/** What may lie unread in a socket: some hundred answers. */
const unreadBytesMax = 65_536;
/** Time for a page to answer a close. */
const goodbyeMs = 500;

/**
 * @param options.max sockets at once; one client, an office perhaps, holds at most half of them
 * @param options.idleMs a page that is silent for half of it is asked whether it is there, one that stays silent is cut off
 * @param options.lifeMs a page that stays longer connects anew
 */
export function createLiveSockets(options: { max: number; idleMs: number; lifeMs: number }): LiveSockets {
  const { max, idleMs, lifeMs } = options;
  const perClient = Math.ceil(max / 2);
  const held = new Map<
    LiveSocket,
    { openedAt: number; heardAt: number; isAsked: boolean; readonly client: string }
  >();
  const clients = new Map<string, number>();
  let watch: ReturnType<typeof setInterval> | undefined;

  function count(client: string, by: 1 | -1): void {
    const number = (clients.get(client) ?? 0) + by;
    if (number > 0) clients.set(client, number);
    else clients.delete(client);
  }

  function end(socket: LiveSocket, code: number, reason: string): void {
    socket.close(code, reason);
    // A page that does not answer the close would stay.
    setTimeout(() => socket.terminate(), goodbyeMs).unref();
  }

  function lookAround(): void {
    const now = performance.now();
    for (const [socket, state] of held) {
      const silentMs = now - state.heardAt;
      // Whoever was not asked, because this process was held up, is asked first.
      if (silentMs >= idleMs && state.isAsked) socket.terminate();
      else if (now - state.openedAt >= lifeMs) end(socket, 1001, 'connect anew');
      else if (silentMs >= idleMs / 2) {
        state.isAsked = true;
        socket.ping();
      }
    }
  }

  return {
    count: () => held.size,
    hasRoomFor: (client) => held.size < max && (clients.get(client) ?? 0) < perClient,
    hold(socket, client) {
      const openedAt = performance.now();
      const state = { openedAt, heardAt: openedAt, isAsked: false, client };
      held.set(socket, state);
      count(client, 1);
      watch ??= setInterval(lookAround, idleMs / 4);
      watch.unref();
      const heard = () => {
        state.heardAt = performance.now();
        state.isAsked = false;
      };
      socket.on('pong', heard);
      socket.once('close', () => {
        held.delete(socket);
        count(client, -1);
        if (held.size > 0) return;
        clearInterval(watch);
        watch = undefined;
      });
      return {
        send(text) {
          if (socket.readyState !== socket.OPEN) return;
          if (socket.bufferedAmount > unreadBytesMax) socket.terminate();
          else socket.send(text);
        },
        heard,
        end: (code, reason) => end(socket, code, reason),
        ageMs: () => Math.round(performance.now() - openedAt),
      };
    },
    async drain() {
      const closed = [...held.keys()].map(
        (socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve())),
      );
      for (const socket of held.keys()) end(socket, 1001, 'restarting');
      await Promise.all(closed);
    },
  };
}
