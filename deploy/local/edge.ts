import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as openRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import type { Router } from '../routes.ts';
import { createConnections } from './edge-connection.ts';
import { answerHeaders, type HeaderList, without } from './edge-headers.ts';
import { createTlsServer, type TlsFiles } from './edge-tls.ts';

/** Where a service listens. */
export interface Upstream {
  host: string;
  port: number;
}

export interface EdgeOptions {
  route: Router;
  /** One or several of each service, taken in turn; a list may be changed while it serves. */
  upstreams: Readonly<Record<string, Upstream | readonly Upstream[]>>;
  /** Told when a service cannot be reached: its name and the error's code, never a path (paths hold tokens). */
  onUpstreamError?: (service: string, code: string) => void;
  /** Serve https with these instead of plain http. */
  tls?: TlsFiles;
  /** Time for a client of https to say what it offers. */
  helloTimeoutMs?: number;
  /** Time for a service to agree to another protocol. */
  upgradeTimeoutMs?: number;
}

// Longer than the slowest answer of a service: a resend waits 5 s for the receiver, a selfie 30 s for its verdict.
const upstreamTimeoutMs = 60_000;
const earlyAnswerMs = 1000;
const upgradeTimeoutMs = 10_000;
/** What a client may say before it knows whether it may speak; those of ours say nothing. */
const earlyBytesMax = 65_536;

/**
 * The local counterpart of a gateway: one port in front of all services. Bodies stream both ways and are never held.
 * What a client says about forwarding is replaced, because nothing trusted stands before this edge.
 */
export function createEdge(options: EdgeOptions): Server {
  const upgraded = new Set<Duplex>();
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  agent.createConnection = (to) => connectToAnswer(to as TcpNetConnectOpts);
  const connections = createConnections();

  let turn = 0;
  /** All of a service, beginning with the one whose turn it is. */
  const upstreamsOf = (service: string): Upstream[] => {
    const all = [options.upstreams[service] ?? []].flat();
    turn += 1;
    return all.map((_, at) => all[(at + turn) % all.length] as Upstream);
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const path = pathOf(request);
    if (path === '/') return answer(response, 302, {}, { location: '/demo/' });
    if (path === '/healthz' || path === '/readyz') return answer(response, 200, { status: 'ok' });
    const service = options.route(path);
    if (service === undefined || options.upstreams[service] === undefined) {
      return answer(response, 404, { detail: 'Not found.' });
    }
    const onError = (code: string) => options.onUpstreamError?.(service, code);
    const upstreams = upstreamsOf(service);
    pass(request, response, { agent, upstreams, headers: connections.headersOf(request), onError });
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const upstreams = upstreamsOf(options.route(pathOf(request)) ?? '');
    if (upstreams.length === 0) return socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    upgraded.add(socket.once('close', () => upgraded.delete(socket)));
    const waitMs = options.upgradeTimeoutMs ?? upgradeTimeoutMs;
    passUpgrade(request, socket, head, { upstreams, headers: connections.headersOf(request), waitMs });
  };
  const serve = (server: Server) => {
    // Large uploads on slow phones are bounded by the services; idle connections are bounded here.
    server.headersTimeout = 20_000;
    server.requestTimeout = 120_000;
    return server.on('request', onRequest).on('upgrade', onUpgrade);
  };

  const sockets = { keepAlive: true, noDelay: true };
  const plain = serve(createServer(sockets));
  const { tls, helloTimeoutMs } = options;
  const secured = tls && { ...sockets, ...tls, plain, ...(helloTimeoutMs && { helloTimeoutMs }) };
  const server = secured === undefined ? plain : serve(createTlsServer(secured, connections.greeted));
  // Node counts upgraded connections as nobody's, and waits for them all the same.
  const closeAllConnections = server.closeAllConnections.bind(server);
  server.closeAllConnections = () => {
    closeAllConnections();
    for (const socket of upgraded) socket.destroy();
  };
  return server.on('close', () => agent.destroy());
}

interface Passage {
  agent: Agent;
  /** The first is asked; the others are for when it refuses the connection. */
  upstreams: readonly Upstream[];
  headers: HeaderList;
  onError: (code: string) => void;
}

function pass(request: IncomingMessage, response: ServerResponse, passage: Passage): void {
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  const hasBody = isChunked || request.headers['content-length'] !== undefined;
  // Without it, Node would send the body of a chunked DELETE unframed: its bytes would read as a second request.
  const framing = isChunked ? ['transfer-encoding', 'chunked'] : [];
  const [upstream, ...others] = passage.upstreams;
  if (upstream === undefined) {
    refuse(request, response, 'ECONNREFUSED');
    return;
  }
  const outgoing = openRequest({
    ...upstream,
    agent: passage.agent,
    method: request.method,
    path: request.url,
    headers: [...passage.headers, ...framing],
    timeout: upstreamTimeoutMs,
  });
  outgoing.on('response', (incoming) => {
    // An event stream may be silent for long; it ends with either side.
    outgoing.setTimeout(0);
    const headers = answerHeaders(incoming.headers);
    // Answered before the whole body came, usually because it is too large: the rest is not wanted.
    if (!request.complete) headers.connection = 'close';
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, headers);
    // A service that breaks off in the middle must not look like a finished answer: pipeline cuts the connection too.
    pipeline(incoming, response, () => undefined);
  });
  outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (response.headersSent || response.destroyed) return;
    // An idle connection may be closed by the service just as it is taken again; nothing was done with the request then.
    const isSafe = request.method === 'GET' || request.method === 'HEAD';
    if (outgoing.reusedSocket && error.code === 'ECONNRESET' && isSafe && !hasBody) {
      return pass(request, response, passage);
    }
    passage.onError(error.code ?? 'unknown');
    // Nobody listened: not a byte of the request has gone anywhere.
    if (error.code === 'ECONNREFUSED' && others.length > 0) {
      return pass(request, response, { ...passage, upstreams: others });
    }
    refuse(request, response, error.code);
  });
  response.once('close', () => outgoing.destroy());
  if (!hasBody) outgoing.end();
  // What has been read of a body cannot be sent a second time: it waits for a connection.
  else outgoing.once('socket', (socket) => whenConnected(socket, () => request.pipe(outgoing)));
}

function whenConnected(socket: Socket, go: () => void): void {
  if (socket.connecting) socket.once('connect', go);
  else go();
}

function refuse(request: IncomingMessage, response: ServerResponse, code: string | undefined): void {
  const [status, detail] = failureOf(code);
  answer(response, status, { detail }, { 'retry-after': '1' });
  request.resume();
}

/**
 * A service that does not want the rest of a body answers and closes. What is still being written to it fails then, often
 * before its answer was read; so that failure is told a moment later, and writing rests.
 */
function connectToAnswer(to: TcpNetConnectOpts): Socket {
  const socket = connect(to);
  const write = socket._write.bind(socket);
  const writeAll = socket._writev?.bind(socket);
  const patient = (done: WriteDone) => (error?: NodeJS.ErrnoException | null) => {
    if (error?.code !== 'EPIPE' && error?.code !== 'ECONNRESET') return done(error);
    setTimeout(done, earlyAnswerMs, error).unref();
  };
  socket._write = (chunk, encoding, done) => write(chunk, encoding, patient(done));
  if (writeAll) socket._writev = (chunks, done) => writeAll(chunks, patient(done));
  return socket;
}

type WriteDone = (error?: Error | null) => void;

function failureOf(code: string | undefined): [number, string] {
  if (code === 'ECONNREFUSED') return [503, 'The service is starting or restarting. Please try again.'];
  if (code === 'ETIMEDOUT') return [504, 'The service took too long to answer. Please try again.'];
  return [502, 'The service broke off its answer. Please try again.'];
}

/**
 * After an upgrade the connection belongs to both ends: nothing here limits its silence or its age. Until then both are
 * waited for: a service that is silent is given up, and with a client that goes its question ends.
 */
function passUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  {
    upstreams,
    headers: all,
    waitMs,
  }: { upstreams: readonly Upstream[]; headers: HeaderList; waitMs: number },
): void {
  const [upstream, ...others] = upstreams;
  // Whatever follows the request belongs to the connection to come: no body.
  const headers = without(all, 'content-length');
  const outgoing = openRequest({
    ...upstream,
    method: request.method,
    path: request.url,
    headers: [...headers, 'connection', 'upgrade', 'upgrade', request.headers.upgrade ?? ''],
    timeout: waitMs,
  });
  const refuse = ({ code }: NodeJS.ErrnoException) => {
    if (code === 'ECONNREFUSED' && others.length > 0) {
      socket.off('data', collect).off('end', abandon).off('error', abandon).off('close', abandon);
      return passUpgrade(request, socket, early, { upstreams: others, headers: all, waitMs });
    }
    socket.end(
      `HTTP/1.1 ${code === 'ETIMEDOUT' ? '504 Gateway Timeout' : '502 Bad Gateway'}\r\nconnection: close\r\n\r\n`,
    );
  };
  const abandon = () => outgoing.destroy();
  // Whoever does not read does not hear that the client has ended.
  let early = head;
  const collect = (chunk: Buffer) => {
    early = Buffer.concat([early, chunk]);
    if (early.length > earlyBytesMax) socket.destroy();
  };
  socket.on('data', collect);
  outgoing.on('upgrade', (incoming, upstreamSocket, upstreamHead) => {
    outgoing.setTimeout(0);
    socket.off('end', abandon).off('data', collect);
    socket.write(headOf(101, 'Switching Protocols', incoming.headers));
    if (upstreamHead.length > 0) socket.write(upstreamHead);
    if (early.length > 0) upstreamSocket.write(early);
    upstreamSocket.pipe(socket).pipe(upstreamSocket);
    upstreamSocket.on('error', () => socket.destroy());
    socket.on('error', () => upstreamSocket.destroy());
    // A connection that breaks ends without a word, which pipes do not pass on.
    upstreamSocket.on('close', () => socket.destroy());
    socket.on('close', () => upstreamSocket.destroy());
  });
  // The service refused, and says why.
  outgoing.on('response', (incoming) => {
    const refused = { ...answerHeaders(incoming.headers), connection: 'close' };
    socket.write(headOf(incoming.statusCode ?? 502, incoming.statusMessage ?? '', refused));
    pipeline(incoming, socket, () => undefined);
  });
  outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
  outgoing.on('error', refuse);
  socket.on('error', abandon);
  socket.on('close', abandon);
  socket.once('end', abandon);
  outgoing.end();
}

function headOf(status: number, message: string, headers: OutgoingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((text) => `${name}: ${text}\r\n`),
  );
  return `HTTP/1.1 ${status} ${message}\r\n${lines.join('')}\r\n`;
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
