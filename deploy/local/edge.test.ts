import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createEdge } from './edge.ts';

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An edge in front of one upstream that answers every path. */
async function edgeBefore(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const upstream = createServer(handler);
  const port = await listen(upstream);
  const edge = createEdge({ route: () => 'session', upstreams: { session: { host: '127.0.0.1', port } } });
  const edgePort = await listen(edge);
  return { upstream, upstreamPort: port, edgePort, url: `http://127.0.0.1:${edgePort}` };
}

async function bodyOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('a request and its answer pass unchanged: method, path, query, body, status, headers', async () => {
  const { url } = await edgeBefore(async (incoming, response) => {
    response.writeHead(201, { 'x-seen': `${incoming.method} ${incoming.url}`, 'set-cookie': ['a=1', 'b=2'] });
    response.end(await bodyOf(incoming));
  });
  const response = await fetch(`${url}/v3/session/?a=%20b`, { method: 'POST', body: 'the bytes' });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-seen')).toBe('POST /v3/session/?a=%20b');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.text()).toBe('the bytes');
});

test('trace context passes; forwarding headers are the truth, not what the client claims', async () => {
  const { url, edgePort } = await edgeBefore((incoming, response) =>
    response.end(JSON.stringify(incoming.headers)),
  );
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const response = await fetch(url.concat('/x'), {
    headers: {
      traceparent,
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      forwarded: 'for=1',
    },
  });
  const seen = (await response.json()) as Record<string, string>;
  expect(seen.traceparent).toBe(traceparent);
  expect(seen['x-forwarded-for']).toBe('127.0.0.1');
  expect(seen['x-forwarded-proto']).toBe('http');
  expect(seen['x-forwarded-host']).toBe(`127.0.0.1:${edgePort}`);
  expect(seen.host).toBe(`127.0.0.1:${edgePort}`);
  expect(seen.forwarded).toBeUndefined();
});

test('a header that the client binds to its connection goes no further', async () => {
  const { edgePort } = await edgeBefore((incoming, response) =>
    response.end(JSON.stringify(incoming.headers)),
  );
  const answer = await rawExchange(
    edgePort,
    'GET /x HTTP/1.1\r\nhost: a\r\nconnection: close, x-mine\r\nx-mine: 1\r\n\r\n',
  );
  expect(answer).not.toContain('x-mine');
});

test('a body streams: its first part arrives before its last is sent', async () => {
  const { edgePort } = await edgeBefore((incoming, response) => {
    incoming.once('data', (chunk: Buffer) => response.write(`got ${chunk}`));
    incoming.on('end', () => response.end(', done'));
  });
  const outgoing = request({ host: '127.0.0.1', port: edgePort, method: 'POST', path: '/x' });
  outgoing.write('first');
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const [chunk] = (await once(incoming, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('got first');
  outgoing.end('last');
  expect(await bodyOf(incoming)).toBe(', done');
});

test('the chunked body of a DELETE cannot be read as a second request', async () => {
  const paths: string[] = [];
  const { edgePort } = await edgeBefore(async (incoming, response) => {
    paths.push(`${incoming.method} ${incoming.url} ${await bodyOf(incoming)}`);
    response.end('ok');
  });
  const smuggled = 'GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n';
  const length = smuggled.length.toString(16);
  await rawExchange(
    edgePort,
    `DELETE /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n${length}\r\n${smuggled}\r\n0\r\n\r\n`,
  );
  expect(paths).toEqual([`DELETE /x ${smuggled}`]);
});

test('an early answer to a body that is too large reaches the client', async () => {
  const { edgePort } = await edgeBefore((_incoming, response) => {
    response.writeHead(413, { connection: 'close' });
    response.end('{"detail":"Too large."}');
  });
  const outgoing = request({ host: '127.0.0.1', port: edgePort, method: 'POST', path: '/x' });
  outgoing.on('error', () => undefined);
  outgoing.write(Buffer.alloc(64_000));
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  expect(incoming.statusCode).toBe(413);
  expect(await bodyOf(incoming)).toContain('Too large');
  outgoing.destroy();
});

test('an early answer is not lost when the service closes while the body is still being written', async () => {
  const { url } = await edgeBefore((incoming, response) => {
    incoming.once('data', () => {
      response.writeHead(413, { connection: 'close' });
      response.end('{"detail":"Too large."}');
    });
  });
  const statuses = new Set<number | undefined>();
  for (let upload = 0; upload < 20; upload += 1) statuses.add(await statusOfUpload(url, 8_000_000));
  expect([...statuses]).toEqual([413]);
});

test('a service that is down is 503 in the shape of the contract, and back when it is back', async () => {
  const handler = (_incoming: IncomingMessage, response: ServerResponse) => response.end('here');
  const { upstream, upstreamPort, url } = await edgeBefore(handler);
  expect(await (await fetch(`${url}/x`)).text()).toBe('here');
  upstream.closeAllConnections();
  upstream.close();
  await once(upstream, 'close');
  const refused = await fetch(`${url}/x`, { method: 'POST', body: '{}' });
  expect(refused.status).toBe(503);
  expect(await refused.json()).toEqual({ detail: expect.stringContaining('try again') });
  upstream.listen(upstreamPort, '127.0.0.1');
  await once(upstream, 'listening');
  expect(await (await fetch(`${url}/x`)).text()).toBe('here');
});

test('an answer that breaks off is never taken for a whole one', async () => {
  const { url } = await edgeBefore((_incoming, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  const response = await fetch(`${url}/x`);
  await expect(response.text()).rejects.toThrow();
});

test('a service that breaks off before answering is 502', async () => {
  const { url } = await edgeBefore((incoming) => incoming.socket.destroy());
  const response = await fetch(`${url}/x`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(502);
});

test('upgraded connections pass both ways', async () => {
  const { upstream, edgePort } = await edgeBefore((_incoming, response) => response.end());
  upstream.on('upgrade', (_incoming, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  const outgoing = request({
    host: '127.0.0.1',
    port: edgePort,
    path: '/x',
    headers: { connection: 'upgrade', upgrade: 'echo' },
  });
  outgoing.end();
  const [, socket] = await once(outgoing, 'upgrade');
  socket.write('hello');
  const [echo] = (await once(socket, 'data')) as [Buffer];
  expect(echo.toString()).toBe('hello');
  socket.destroy();
});

/** What a service hears of an upgrade that it does not answer. */
async function silentUpgrade(options: { upgradeTimeoutMs?: number } = {}) {
  const upstream = createServer();
  const heard = once(upstream, 'upgrade') as Promise<[IncomingMessage, Socket]>;
  const port = await listen(upstream);
  const upstreams = { session: { host: '127.0.0.1', port } };
  const client = connect(
    await listen(createEdge({ route: () => 'session', upstreams, ...options })),
    '127.0.0.1',
  );
  client.write(
    'GET /x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\ncontent-length: 5\r\n\r\nhello',
  );
  const [incoming, socket] = await heard;
  return { client, incoming, socket };
}

test('an upgrade that the service does not answer ends after a while, and its body is nobody’s', async () => {
  const { client, incoming, socket } = await silentUpgrade({ upgradeTimeoutMs: 100 });
  expect(incoming.headers['content-length']).toBeUndefined();
  expect(await bodyOf(client)).toContain('504');
  socket.destroy();
});

test('a client that goes before its upgrade is answered takes its question with it', async () => {
  const { client, socket } = await silentUpgrade();
  const ended = once(socket.resume(), 'end');
  client.end();
  await ended;
  socket.destroy();
});

test('the root leads to the demo, and a path of nobody is the 404 of the contract', async () => {
  const edge = createEdge({ route: () => undefined, upstreams: {} });
  const url = `http://127.0.0.1:${await listen(edge)}`;
  const root = await fetch(url, { redirect: 'manual' });
  expect(root.status).toBe(302);
  expect(root.headers.get('location')).toBe('/demo/');
  const unknown = await fetch(`${url}/nothing`);
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toEqual({ detail: 'Not found.' });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

/** Sends a body as fast as it is taken. The status is that of the first answer, whatever becomes of the rest of the body. */
async function statusOfUpload(url: string, bytes: number): Promise<number | undefined> {
  const outgoing = request(`${url}/x`, { method: 'POST', headers: { 'content-length': bytes } });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  outgoing.on('error', () => undefined);
  outgoing.end(Buffer.alloc(bytes));
  const [incoming] = await answered;
  incoming.resume();
  outgoing.destroy();
  return incoming.statusCode;
}

async function rawExchange(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(text);
  return bodyOf(socket);
}

test('of several upstreams each has its turn; one that nobody listens at is left out, and a body goes to another whole', async () => {
  const seen: string[] = [];
  const upstream = (name: string) =>
    createServer(async (incoming, response) => {
      seen.push(name);
      response.end(`${name} ${await bodyOf(incoming)}`);
    });
  const ports = [await listen(upstream('a')), await listen(upstream('b'))];
  const gone = createServer();
  gone.listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const upstreams = [(gone.address() as AddressInfo).port, ...ports].map((port) => ({
    host: '127.0.0.1',
    port,
  }));
  gone.close();
  const edgePort = await listen(createEdge({ route: () => 'session', upstreams: { session: upstreams } }));
  const body = 'x'.repeat(300_000);
  for (let count = 0; count < 9; count += 1) {
    const response = await fetch(`http://127.0.0.1:${edgePort}/x`, { method: 'POST', body });
    expect(response.status).toBe(200);
    expect((await response.text()).slice(2)).toBe(body);
  }
  expect(new Set(seen)).toEqual(new Set(['a', 'b']));

  // Endpoints come and go while it serves.
  upstreams.splice(0, 2);
  seen.length = 0;
  for (let count = 0; count < 4; count += 1) await (await fetch(`http://127.0.0.1:${edgePort}/x`)).text();
  expect(seen).toEqual(['b', 'b', 'b', 'b']);
});
