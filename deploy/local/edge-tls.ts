import type { Server as HttpServer } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ClientHello, helloBytesMax, readClientHello } from './client-hello.ts';

/** How this edge shows itself: PEM texts. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A client says hello at once, and in a few packets. */
const helloTimeoutMs = 5_000;
const helloPiecesMax = 64;
const handshakeTimeoutMs = 10_000;

const plainAnswer = [
  'HTTP/1.1 400 Bad Request',
  'content-type: application/json',
  'connection: close',
  '',
  '{"detail":"This address speaks https."}',
].join('\r\n');

/**
 * An https server that reads what a client offers before TLS does: Node tells nothing of it afterwards. Programs of this
 * machine may speak plain http to it, as the rest of a local run does, which knows no certificate.
 * @param options.plain takes their connections and is closed with this one
 * @param greeted told of each connection whose handshake has ended well, before its first request
 */
export function createTlsServer(
  options: ServerOptions & TlsFiles & { plain: HttpServer; helloTimeoutMs?: number },
  greeted: (socket: TLSSocket, hello: ClientHello) => void,
): HttpServer {
  const { plain, helloTimeoutMs: waitMs = helloTimeoutMs, ...tls } = options;
  // What the pages of today speak to a proxy of one machine; offering h2 would need a proxy of frames.
  const fixed = { ALPNProtocols: ['http/1.1'], handshakeTimeout: handshakeTimeoutMs };
  const server = createServer({ ...tls, ...fixed, minVersion: 'TLSv1.2' });
  const begin = server.listeners('connection');
  /** Connections that are no further than their handshake. */
  const greeting = new Map<string, { readonly socket: Socket; readonly hello: ClientHello }>();
  const silent = new Set<Socket>();

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    silent.add(socket.once('close', () => silent.delete(socket)));
    readFirst(socket, waitMs, (hello) => {
      silent.delete(socket);
      if (hello === null) {
        plain.emit('connection', socket);
        return void socket.resume();
      }
      const name = nameOf(socket);
      const entry = { socket, hello };
      greeting.set(name, entry);
      // TLS does not tell of every handshake that fails.
      setTimeout(() => greeting.get(name) === entry && greeting.delete(name), handshakeTimeoutMs).unref();
      for (const listener of begin) listener.call(server, socket);
    });
  });
  server.prependListener('secureConnection', (socket) => {
    const name = nameOf(socket);
    const entry = greeting.get(name);
    greeting.delete(name);
    if (entry !== undefined) greeted(socket, entry.hello);
  });
  const closeAllConnections = server.closeAllConnections.bind(server);
  server.closeAllConnections = () => {
    closeAllConnections();
    plain.closeAllConnections();
    // None of these is known to http yet: a client that has said nothing would hold up the end.
    for (const socket of silent) socket.destroy();
    for (const { socket } of greeting.values()) socket.destroy();
  };
  return server;
}

/** Both ends of a connection name it as long as it is open. */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** Puts back what it has read; null is plain http of this machine. Whoever says nothing, or something else, is gone. */
function readFirst(socket: Socket, waitMs: number, done: (hello: ClientHello | null) => void): void {
  let bytes = Buffer.alloc(0);
  let pieces = 0;
  const gone = () => socket.destroy();
  const late = setTimeout(gone, waitMs);
  const forget = () => {
    clearTimeout(late);
    socket.off('data', take).off('close', forget).off('end', gone);
  };
  const take = (piece: Buffer) => {
    bytes = Buffer.concat([bytes, piece]);
    pieces += 1;
    const reading = readClientHello(bytes);
    if (reading.is === 'more' && pieces < helloPiecesMax && bytes.length < helloBytesMax) return;
    forget();
    socket.pause();
    if (reading.is !== 'hello' && !isPlainHttp(bytes)) return void socket.destroy();
    if (reading.is !== 'hello' && !isLocal(socket)) return void socket.end(plainAnswer);
    socket.off('error', gone);
    socket.unshift(bytes);
    done(reading.is === 'hello' ? reading.hello : null);
  };
  socket.on('data', take).on('close', forget).on('end', gone).on('error', gone);
}

const isLocal = ({ remoteAddress = '' }: Socket) => /^(::ffff:)?127\.|^::1$/.test(remoteAddress);
const isPlainHttp = (bytes: Buffer) => /^[A-Z]{3,7} \//.test(bytes.toString('latin1', 0, 16));
