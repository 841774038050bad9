import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';

/** Takes leave of the callers of one gRPC server. */
export interface Farewell {
  /**
   * Asks every caller to begin no more calls here, while those that are on their way are still taken. grpc-js itself names
   * the last call that it has seen, and closes: a call that crosses that message on the wire is dropped, and nobody knows
   * whether it was made.
   */
  announce(): void;
  forget(): void;
}

/** Any call there may be. */
const everyStream = 2 ** 31 - 1;
const created = 'http2.server.stream.created';

/** Watches the connections that calls come by: grpc-js keeps them to itself, Node tells of them. */
export function watchCallers(port: number): Farewell {
  const sessions = new Set<ServerHttp2Session>();
  const learn = (message: unknown) => {
    const { session } = (message as { stream: ServerHttp2Stream }).stream;
    if (session === undefined || sessions.has(session as ServerHttp2Session)) return;
    if (session.socket.localPort !== port) return;
    sessions.add(session as ServerHttp2Session);
    session.once('close', () => sessions.delete(session as ServerHttp2Session));
  };
  subscribe(created, learn);
  return {
    announce() {
      for (const session of sessions) {
        if (!session.closed) session.goaway(constants.NGHTTP2_NO_ERROR, everyStream);
      }
    },
    forget: () => void unsubscribe(created, learn),
  };
}
