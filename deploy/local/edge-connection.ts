import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ClientHello, summaryOf } from './client-hello.ts';
import { clientHeader, type HeaderList, requestHeaders } from './edge-headers.ts';

/** What a connection was when it began. Null: plain http. */
type TlsReport = ReturnType<typeof summaryOf> & {
  version: string;
  cipher: string;
  alpn: string;
  resumed: boolean;
};

/** Connections by their socket: what was offered on them, and how many requests they have brought. */
export interface Connections {
  /** A handshake has ended well. */
  greeted(socket: TLSSocket, hello: ClientHello): void;
  /** A request has begun: its headers as they go on, with what is known of its connection. */
  headersOf(request: IncomingMessage): HeaderList;
}

/** Starts with none; a connection is forgotten with its socket. */
export function createConnections(): Connections {
  const handshakes = new WeakMap<Socket, TlsReport>();
  const requests = new WeakMap<Socket, number>();

  return {
    greeted(socket, hello) {
      handshakes.set(socket, {
        ...summaryOf(hello),
        version: socket.getProtocol() ?? '',
        cipher: socket.getCipher().standardName,
        alpn: socket.alpnProtocol || 'none',
        resumed: socket.isSessionReused(),
      });
    },
    headersOf(request) {
      const { socket, httpVersion } = request;
      const before = requests.get(socket) ?? 0;
      requests.set(socket, before + 1);
      const { headers, hasMadeUp } = requestHeaders(request);
      const tls = handshakes.get(socket) ?? null;
      const report = {
        http_version: httpVersion,
        connection_reused: before > 0,
        forwarding_dropped: hasMadeUp,
        tls,
      };
      return [
        ...headers,
        ...['x-forwarded-for', socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''],
        ...['x-forwarded-proto', tls === null ? 'http' : 'https'],
        ...['x-forwarded-host', request.headers.host ?? ''],
        ...[clientHeader, Buffer.from(JSON.stringify(report)).toString('base64url')],
      ];
    },
  };
}
