import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readNetworks } from '../domain/addresses.ts';
import { createWebhookClient, type WebhookClient } from './http-client.ts';
import type { Resolve } from './resolver.ts';

const run = promisify(execFile);
const policy = { allowedNetworks: readNetworks(['127.0.0.0/8']), allowHttp: true };
const headers = { 'Content-Type': 'application/json' };
const toThisMachine: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
const delivered = { kind: 'answered', status: 200, retryAfterMs: null };

let directory: string;
let certificate: string;
let server: Http2SecureServer;
let port: number;
let requests: { version: string; servername: unknown }[] = [];
const clients: WebhookClient[] = [];
const systemCertificates = getCACertificates('default');

function client(): WebhookClient {
  const made = createWebhookClient({ policy, timeoutMs: 2_000, resolve: toThisMachine });
  clients.push(made);
  return made;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'webhook-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=hooks.example.com', '-addext', 'subjectAltName=DNS:hooks.example.com'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await run('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert]);
  certificate = await readFile(cert, 'utf8');
  // It would rather speak HTTP/2.
  server = createSecureServer({ key: await readFile(key), cert: certificate, allowHTTP1: true });
  server.on('request', (request, response) => {
    const { servername } = request.socket as { servername?: unknown };
    requests.push({ version: request.httpVersion, servername });
    response.end();
  });
  server.on('sessionError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await rm(directory, { recursive: true });
});
afterEach(async () => {
  setDefaultCACertificates(systemCertificates);
  requests = [];
  await Promise.all(clients.splice(0).map((each) => each.close()));
});

describe('certificates', () => {
  test('of nobody we know are refused, whatever the environment says', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const result = await client().post(`https://hooks.example.com:${port}/`, headers, '{}');
      expect(result).toMatchObject({ outcome: { kind: 'connection_error' }, responseBody: null });
      expect(result.error).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
    expect(requests).toEqual([]);
  });

  test('of an authority we know are taken, over HTTP/1.1, for the name in the URL', async () => {
    setDefaultCACertificates([...systemCertificates, certificate]);
    const one = client();
    for (let index = 0; index < 2; index += 1) {
      const result = await one.post(`https://hooks.example.com:${port}/`, headers, '{}');
      expect(result).toMatchObject({ outcome: delivered, error: null });
    }
    expect(requests).toEqual(Array(2).fill({ version: '1.1', servername: 'hooks.example.com' }));
  });

  test('for another name are refused', async () => {
    setDefaultCACertificates([...systemCertificates, certificate]);
    const result = await client().post(`https://other.example.com:${port}/`, headers, '{}');
    expect(result).toMatchObject({
      outcome: { kind: 'connection_error' },
      error: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(requests).toEqual([]);
  });
});

test('a receiver that stalls the handshake costs its time and no more', async () => {
  const sockets = new Set<unknown>();
  const silent = createNetServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port: silentPort } = silent.address() as AddressInfo;
  const one = createWebhookClient({ policy, timeoutMs: 300, resolve: toThisMachine });
  clients.push(one);
  const result = await one.post(`https://hooks.example.com:${silentPort}/`, headers, '{}');
  expect(result.outcome).toEqual({ kind: 'timeout' });
  await waitFor('the connection to be closed', () => sockets.size === 0);
  await new Promise((resolve) => silent.close(resolve));
});

test('a proxy of the environment sees nothing', async () => {
  let connections = 0;
  const proxy = createNetServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  const receiver = createNetServer((socket) =>
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')),
  );
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const url = `http://hooks.example.com:${(receiver.address() as AddressInfo).port}/`;
  const script = join(directory, 'post.ts');
  await writeFile(
    script,
    `import { createWebhookClient } from ${JSON.stringify(join(import.meta.dirname, 'http-client.ts'))};
     import { readNetworks } from ${JSON.stringify(join(import.meta.dirname, '../domain/addresses.ts'))};
     const policy = { allowedNetworks: readNetworks(['127.0.0.0/8']), allowHttp: true };
     const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
     const client = createWebhookClient({ policy, timeoutMs: 5000, resolve });
     const { outcome } = await client.post(${JSON.stringify(url)}, {}, '{}');
     process.stdout.write(JSON.stringify(outcome));
     await client.close();`,
  );
  const { stdout } = await run(process.execPath, [script], {
    env: {
      ...process.env,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: address,
      HTTPS_PROXY: address,
      http_proxy: address,
      ALL_PROXY: address,
      NO_PROXY: '',
    },
  });
  expect(JSON.parse(stdout)).toEqual(delivered);
  expect(connections).toBe(0);
  await Promise.all([proxy, receiver].map((each) => new Promise((resolve) => each.close(resolve))));
});
