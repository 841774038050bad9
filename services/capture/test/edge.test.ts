import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Observation } from '@selfsame/contracts/fraud_signals/v1/observation';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEdge } from '../../../deploy/local/edge.ts';
import { barePage, startWorld, type World } from './harness.ts';

let world: World;
let page: ReturnType<typeof barePage>;
let edge: { plain: number; secure: number; close(): Promise<void> };

beforeAll(async () => {
  page = barePage();
  world = await startWorld(page.directory, { isBehindEdge: true });
  const { hostname, port } = new URL(world.url);
  const options = { route: () => 'capture', upstreams: { capture: { host: hostname, port: Number(port) } } };
  const servers = [createEdge(options), createEdge({ ...options, tls: await tlsFiles() })];
  const [plain = 0, secure = 0] = await Promise.all(servers.map(listen));
  edge = { plain, secure, close: async () => void (await Promise.all(servers.map(stop))) };
});
afterAll(async () => {
  await edge.close();
  await world.stop();
  page.remove();
});
beforeEach(() => void world.renew());

async function tlsFiles() {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-edge-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await promisify(execFile)('openssl', [
    'req',
    ...kind,
    '-subj',
    '/CN=app.example',
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  const files = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(directory, { recursive: true });
  return files;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

/** Opens the session through an edge, with these headers as they are written. */
async function open(
  scheme: 'plain' | 'secure',
  headers: Record<string, string> = {},
  host = '',
): Promise<void> {
  const options = {
    host: '127.0.0.1',
    port: edge[scheme],
    agent: false as const,
    method: 'POST',
    path: `/session/${world.token}/open`,
    headers: { ...(host === '' ? {} : { Host: host }), 'Accept-Language': 'de', ...headers },
  };
  const outgoing =
    scheme === 'plain'
      ? requestPlain(options)
      : requestSecure({ ...options, servername: 'app.example', rejectUnauthorized: false });
  const [answer] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  await once(answer.resume(), 'end');
}

const seen = (): Observation[] => world.seen.openings.flatMap(({ observation }) => observation ?? []);
function factIn(observation: Observation | undefined, name: string): unknown {
  const fact = observation?.facts.find((each) => each.name === name);
  if (fact === undefined) return undefined;
  return fact.value?.$case === 'texts' ? fact.value.value.items : (fact.value?.value ?? null);
}

/** What a client would like to be taken for. */
const forged = {
  'X-Forwarded-For': '203.0.113.9',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'bank.example',
  Forwarded: 'for=203.0.113.9;proto=https',
  'X-Real-IP': '203.0.113.9',
  'X-Selfsame-Client': Buffer.from(
    JSON.stringify({ http_version: '2.0', connection_reused: true, forwarding_dropped: false, tls: null }),
  ).toString('base64url'),
};

describe('through our edge', () => {
  it('a client that makes up where it comes by changes nothing but that it is seen to', async () => {
    await open('secure');
    await open('secure', forged);
    const [honest, liar] = seen();
    expect(liar?.ipAddress).toBe('127.0.0.1');
    const differing = honest?.facts.filter(({ name }) => {
      return JSON.stringify(factIn(liar, name)) !== JSON.stringify(factIn(honest, name));
    });
    // Handshakes differ by themselves: a ticket that is taken up is another extension.
    const names = differing?.map(({ name }) => name).filter((name) => !name.startsWith('tls.'));
    expect(names).toEqual(['http.forwarded_untrusted_present']);
    expect(factIn(liar, 'http.forwarded_untrusted_present')).toBe(true);
    expect(liar?.facts.map(({ name }) => name)).toEqual(honest?.facts.map(({ name }) => name));
  });

  it('its connection and the order of its headers are known', async () => {
    await open('secure', { 'x-One': '1', 'User-Agent': 'someone/1' });
    const [observation] = seen();
    expect(factIn(observation, 'tls.ja4')).toMatch(/^t13d\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/);
    expect(factIn(observation, 'tls.server_name')).toBe('app.example');
    expect(factIn(observation, 'http.is_secure')).toBe(true);
    expect(factIn(observation, 'http.http_version')).toBe('1.1');
    expect(factIn(observation, 'http.forwarded_hops')).toBe(1);
    expect(factIn(observation, 'http.header_names')).toEqual(
      expect.arrayContaining(['Accept-Language', 'x-One', 'User-Agent']),
    );
    expect(factIn(observation, 'http.sec_ch_ua')).toBeNull();
  });

  it('plain http has no TLS, and is said to have none where nobody else can have ended it', async () => {
    await open('plain', {}, `localhost:${edge.plain}`);
    await open('plain', {}, 'tunnel.example');
    const [here, tunnel] = seen();
    expect([factIn(here, 'tls.ja4'), factIn(tunnel, 'tls.ja4')]).toEqual([null, undefined]);
    expect([factIn(here, 'http.sec_ch_ua'), factIn(tunnel, 'http.sec_ch_ua')]).toEqual([null, undefined]);
    expect(factIn(tunnel, 'http.header_names')).toBeUndefined();
  });
});
