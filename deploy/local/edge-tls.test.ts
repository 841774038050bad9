import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { hasChromium, openBrowser } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createEdge } from './edge.ts';
import type { TlsFiles } from './edge-tls.ts';

const directory = mkdtempSync(join(tmpdir(), 'selfsame-edge-'));
let tls: TlsFiles;
beforeAll(async () => {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=app.example', '-addext', 'subjectAltName=DNS:app.example'];
  await promisify(execFile)('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert]);
  tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

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

/** An edge of https in front of one upstream that answers every path. */
async function edgeBefore(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  options: { helloTimeoutMs?: number } = {},
) {
  const upstream = createServer(handler);
  const port = await listen(upstream);
  const upstreams = { session: { host: '127.0.0.1', port } };
  const edge = createEdge({ route: () => 'session', upstreams, tls, ...options });
  return { upstream, port: await listen(edge) };
}

const headersBack = (incoming: IncomingMessage, response: ServerResponse) =>
  response.end(JSON.stringify(incoming.headers));
/** What the edge told of a client. */
const reportIn = (headers: Record<string, unknown>) =>
  JSON.parse(Buffer.from(String(headers['x-selfsame-client']), 'base64url').toString());
const client = (port: number, more: object = {}) => ({
  host: '127.0.0.1',
  port,
  servername: 'app.example',
  ca: tls.cert,
  ...more,
});

async function bodyOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function get(port: number, more: object = {}) {
  const [answer] = (await once(request({ ...client(port), ...more, path: '/x' }).end(), 'response')) as [
    IncomingMessage,
  ];
  return JSON.parse((await bodyOf(answer)).toString()) as Record<string, unknown>;
}

test('what a client offers and what is agreed reaches the service, and that it is https', async () => {
  const { port } = await edgeBefore(headersBack);
  const headers = await get(port);
  expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' });
  expect(reportIn(headers)).toMatchObject({
    http_version: '1.1',
    connection_reused: false,
    forwarding_dropped: false,
    tls: {
      version: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      server_name: 'app.example',
      ja4: expect.stringMatching(/^t13d\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/),
      grease: false,
      resumed: false,
    },
  });
});

test('a client of another make has another fingerprint, and a session taken up is told', async () => {
  const { port } = await edgeBefore(headersBack);
  const ordinary = reportIn(await get(port));
  const other = reportIn(
    await get(port, { agent: false, maxVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] }),
  );
  expect(other.tls).toMatchObject({ version: 'TLSv1.2', alpn: 'http/1.1' });
  expect(other.tls.ja4).toMatch(/^t12d\d{4}h1_/);
  expect(other.tls.ja4).not.toBe(ordinary.tls.ja4);

  const first = connectTls(client(port));
  const [session] = (await once(first, 'session')) as [Buffer];
  first.destroy();
  expect(reportIn(await get(port, { agent: false, session })).tls.resumed).toBe(true);
});

test('later requests of a connection are told from its first', async () => {
  const { port } = await edgeBefore(headersBack);
  const socket = connectTls(client(port));
  const reused: boolean[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    socket.write('GET /x HTTP/1.1\r\nhost: app.example\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    reused.push(reportIn(JSON.parse(answer.toString().split('\r\n\r\n')[1] ?? '')).connection_reused);
  }
  expect(reused).toEqual([false, true, true]);
  socket.destroy();
});

test('a large upload and its echo pass unharmed, however they are cut', async () => {
  const { port } = await edgeBefore((incoming, response) => incoming.pipe(response));
  const body = Buffer.alloc(12_000_000, 'selfsame ');
  const outgoing = request({ ...client(port), method: 'POST', path: '/x', agent: false });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  for (let at = 0; at < body.length; at += 777_777) outgoing.write(body.subarray(at, at + 777_777));
  outgoing.end();
  const echo = await bodyOf((await answered)[0]);
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  expect(digest(echo)).toBe(digest(body));
});

test('an upgrade passes in both directions, and says that it came by https', async () => {
  const { upstream, port } = await edgeBefore(headersBack);
  upstream.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
    const { ja4 } = reportIn(incoming.headers).tls;
    socket.write(`HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: echo\r\nx-ja4: ${ja4}\r\n\r\n`);
    socket.pipe(socket);
  });
  const outgoing = request({
    ...client(port),
    agent: false,
    path: '/live',
    headers: { connection: 'upgrade', upgrade: 'echo' },
  });
  outgoing.end();
  const [answer, socket] = (await once(outgoing, 'upgrade')) as [IncomingMessage, TLSSocket];
  expect(answer.headers['x-ja4']).toMatch(/^t13d/);
  socket.write('hello');
  expect(String((await once(socket, 'data'))[0])).toBe('hello');
  socket.destroy();
});

test('a hello that comes byte by byte is read; one that stays out, or is none, is not waited for', async () => {
  const { port } = await edgeBefore(headersBack, { helloTimeoutMs: 1_500 });
  const silent = connect(port, '127.0.0.1');
  const half = connect(port, '127.0.0.1', () => half.write(Buffer.from('16030101', 'hex')));
  const garbage = connect(port, '127.0.0.1', () => garbage.write(Buffer.alloc(300, 0x99)));
  const endless = connect(port, '127.0.0.1', () => endless.write(Buffer.from('160301400001003fff', 'hex')));
  const feed = setInterval(() => endless.write(Buffer.alloc(2_000, 1)), 5);
  const gone = [silent, half, garbage, endless].map((socket) => {
    socket.on('error', () => undefined);
    return once(socket.resume(), 'close');
  });
  await Promise.all(gone);
  clearInterval(feed);

  // TLS over a wire that carries little at once.
  const wire = connect(port, '127.0.0.1');
  const write = wire.write.bind(wire);
  wire.write = (chunk: Uint8Array | string) => {
    const bytes = Buffer.from(chunk as Uint8Array);
    for (let at = 0; at < bytes.length; at += 50) write(bytes.subarray(at, at + 50));
    return true;
  };
  const slow = connectTls({ ...client(port), socket: wire });
  await once(slow, 'secureConnect');
  slow.write('GET /x HTTP/1.1\r\nhost: app.example\r\nconnection: close\r\n\r\n');
  expect((await bodyOf(slow)).toString()).toContain('200 OK');
});

test('a handshake that breaks off harms nobody, and the edge closes with connections at every stage', async () => {
  const { port } = await edgeBefore(headersBack);
  const hello = await helloBytes();
  for (let turn = 0; turn < 20; turn += 1) {
    const wire = connect(port, '127.0.0.1', () => wire.write(hello));
    // Half of them have heard the server, half have not.
    await once(wire, turn % 2 === 0 ? 'data' : 'connect');
    const closed = once(wire, 'close');
    wire.resetAndDestroy();
    await closed;
  }
  const untrusting = connectTls({ ...client(port), ca: [] });
  const [error] = await once(untrusting, 'error').catch((refused: unknown) => [refused]);
  expect(error).toBeInstanceOf(Error);
  expect(reportIn(await get(port)).tls.version).toBe('TLSv1.3');
  // Left to afterEach: one that says nothing, one that has said hello, and one that is idle.
  await once(connect(port, '127.0.0.1'), 'connect');
  const halfway = connect(port, '127.0.0.1', () => halfway.write(hello));
  await once(halfway, 'data');
  await once(connectTls(client(port)), 'secureConnect');
});

test('programs of this machine may speak plain http, and are told as such', async () => {
  const { port } = await edgeBefore(async (incoming, response) => {
    const { length } = await bodyOf(incoming);
    response.end(JSON.stringify({ ...incoming.headers, length }));
  });
  const headers = (await (await fetch(`http://127.0.0.1:${port}/x`)).json()) as Record<string, unknown>;
  expect(headers['x-forwarded-proto']).toBe('http');
  expect(reportIn(headers)).toMatchObject({ tls: null });
  for (let turn = 0; turn < 5; turn += 1) {
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  }
  const body = Buffer.alloc(3_000_000, 'b');
  const uploaded = await fetch(`http://127.0.0.1:${port}/x`, { method: 'POST', body });
  expect(await uploaded.json()).toMatchObject({ length: body.length });
});

test.runIf(hasChromium)(
  'Chromium is told by one JA4 on every connection, though it shuffles what it offers',
  async () => {
    const seen: { host: string; tls: Record<string, unknown> }[] = [];
    const { port } = await edgeBefore((incoming, response) => {
      seen.push({ host: incoming.headers.host ?? '', tls: reportIn(incoming.headers).tls });
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><img src="https://other.localhost:${port}/picture">`);
    });
    const browser = await openBrowser();
    try {
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
      await page.goto(`https://app.localhost:${port}/`);
      const hosts = () => new Set(seen.map(({ host }) => host.split('.')[0]));
      await waitFor('both connections', () => hosts().size === 2);
    } finally {
      await browser.close();
    }
    const [first] = seen;
    expect(first?.tls).toMatchObject({
      ja4: expect.stringMatching(/^t13d15\d\dh2_8daaf6152771_[0-9a-f]{12}$/),
      server_name: 'app.localhost',
      alpn: 'http/1.1',
      alpn_offered: ['h2', 'http/1.1'],
      grease: true,
      cipher_count: 15,
      post_quantum_share: true,
      ech: true,
    });
    expect(new Set(seen.map(({ tls: { ja4 } }) => ja4)).size).toBe(1);
    expect(new Set(seen.map(({ tls: { ja3 } }) => ja3)).size).toBeGreaterThan(1);
  },
);

/** What a client sends first. */
async function helloBytes(): Promise<Buffer> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const taken = once(server, 'connection') as Promise<[Socket]>;
  const caller = connectTls(client((server.address() as AddressInfo).port));
  caller.on('error', () => undefined);
  const [socket] = await taken;
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  server.close();
  return bytes;
}
