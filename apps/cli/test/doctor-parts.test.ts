import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect, test } from 'vitest';
import { ok, runChecks } from '../src/doctor/check.ts';
import { judgeClock, skewMs } from '../src/doctor/clock.ts';
import type { ServicePlace } from '../src/doctor/deployment.ts';
import { openLooks } from '../src/doctor/looks.ts';
import { judgeRoom } from '../src/doctor/materials.ts';
import { reachChecks } from '../src/doctor/reach.ts';
import { redact, secretsOf } from '../src/doctor/redaction.ts';
import { serviceChecks } from '../src/doctor/services.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms);
const sample = (told: number, width = 0) => ({
  sent: at(0),
  received: at(40),
  earliest: at(told),
  latest: at(told + width),
});

test('what the network and whole seconds explain is no skew', () => {
  expect(skewMs(sample(20))).toBe(0);
  expect(skewMs(sample(-900, 999))).toBe(0);
  expect(skewMs(sample(5_040))).toBe(5_000);
  expect(skewMs(sample(-5_000))).toBe(-5_000);
});

test('a clock that is a second off is warned of, one that is half a minute off has failed', () => {
  const judge = (told: number) => judgeClock('NATS', sample(told));
  expect(judge(900).status).toBe('ok');
  expect(judge(3_040)).toMatchObject({ status: 'warning', text: 'is 3.00 s ahead of this machine' });
  expect(judge(-45_000)).toMatchObject({ status: 'failed', text: 'is 45.00 s behind this machine' });
  expect(judge(-45_000).remedy).toContain('NTP');
});

test('a disk is short of room when little is left, and little of it', () => {
  const judge = (gibibytes: number, share: number) =>
    judgeRoom({ freeBytes: gibibytes * 1024 ** 3, share }, 'the data directory').status;
  expect(judge(1.9, 0.09)).toBe('warning');
  expect(judge(1.9, 0.5)).toBe('ok');
  expect(judge(100, 0.01)).toBe('ok');
  expect(judge(0.2, 0.015)).toBe('failed');
  expect(judge(0.2, 0.05)).toBe('warning');
});

test('no line holds a key, a secret or a password of a URL, whoever wrote it', () => {
  const secrets = secretsOf([
    {
      SESSION_TOKEN_KEY: 'c2Vzc2lvbi10b2tlbi1rZXk=',
      KMS_SECRET_ACCESS_KEY: 'kms-secret-access',
      DATABASE_URL: 'postgres://operator:p%40ssword1@db:5432/selfsame',
      NATS_URL: 'nats://nats-token@nats:4222,nats://user:natspass1@other:4222',
      HOST: '127.0.0.1',
    },
  ]);
  const text =
    'c2Vzc2lvbi10b2tlbi1rZXk= kms-secret-access p%40ssword1 p@ssword1 nats-token natspass1 127.0.0.1';
  expect(redact(text, secrets)).toBe('••• ••• ••• ••• ••• ••• 127.0.0.1');
});

test('a password is kept back however it is written', () => {
  const secrets = secretsOf([
    {
      DATABASE_URL: 'postgres://operator:100%sure!@db:5432/selfsame',
      READ_URL: 'postgres://operator:first,second@db:5432/selfsame',
      SHARE_URL: 'postgres://db/selfsame?user=operator&password=in,the%2Dquery',
      NATS_URL: 'nats://user:one,two@nats:4222,nats://user:three3@other:4222',
    },
  ]);
  const text = '100%sure! first,second in,the%2Dquery in,the-query one,two three3 operator selfsame';
  expect(redact(text, secrets)).toBe('••• ••• ••• ••• ••• ••• operator selfsame');
});

test('behind TLS an open port is no answer', async () => {
  const open = createTcpServer().listen(0, '127.0.0.1');
  await once(open, 'listening');
  const { port } = open.address() as AddressInfo;
  const place: ServicePlace = {
    name: 'session',
    environment: { GRPC_TLS_CERT: '/etc/tls/tls.crt' },
    http: undefined,
    grpc: `127.0.0.1:${port}`,
  };
  const deployment = {
    services: [place],
    publicUrl: undefined,
    dataDirectory: undefined,
    natsMonitoringUrl: undefined,
  };
  const looks = openLooks(deployment, () => new Date());
  const check = serviceChecks(deployment, looks).find((each) => each.check === 'gRPC of session');
  const [result] = (await check?.run()) ?? [];
  expect(result).toMatchObject({
    status: 'ok',
    text: `its port is open at 127.0.0.1:${port} (TLS not checked)`,
  });
  open.close();
});

/** Answers these paths and no other, with 503 where it says so. */
async function answering(paths: Readonly<Record<string, { status: number; body: unknown }>>) {
  const server = createServer((request, response) => {
    const { status, body } = paths[request.url ?? ''] ?? { status: 502, body: {} };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, place: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('a service that is not ready is told with what it misses, one that is down with its log', async () => {
  const busy = await answering({
    '/readyz': { status: 503, body: { status: 'unavailable', silent: ['nats'] } },
  });
  const deployment = {
    services: [
      { name: 'capture', environment: {}, http: busy.place, grpc: undefined },
      { name: 'webhook-dispatcher', environment: {}, http: '127.0.0.1:1', grpc: undefined },
    ] satisfies ServicePlace[],
    publicUrl: undefined,
    dataDirectory: '/data/selfsame',
    natsMonitoringUrl: undefined,
  };
  const checks = serviceChecks(
    deployment,
    openLooks(deployment, () => new Date()),
  );
  const found = await runChecks(checks.filter(({ area }) => area === 'services'));
  expect(found.find(({ check }) => check === 'capture')).toMatchObject({
    status: 'failed',
    text: expect.stringMatching(/503 .+ silent: nats$/),
  });
  expect(found.find(({ check }) => check === 'webhook-dispatcher')?.remedy).toMatch(
    /while npm start runs, it starts webhook-dispatcher again; .+ \/data\/selfsame\/logs\/webhook-dispatcher\.log$/,
  );
  busy.server.close();
});

test('that there is no way to a service that is down is no failure of its own', async () => {
  const keys = { status: 200, body: { keys: [] } };
  const edge = await answering({ '/v3/erasures/jwks.json': keys });
  const session = await answering({ '/readyz': { status: 200, body: {} }, '/v3/erasures/jwks.json': keys });
  const deployment = {
    services: [
      { name: 'session', environment: {}, http: session.place, grpc: undefined },
      { name: 'webhook-dispatcher', environment: {}, http: '127.0.0.1:1', grpc: undefined },
    ] satisfies ServicePlace[],
    publicUrl: `http://${edge.place}`,
    dataDirectory: undefined,
    natsMonitoringUrl: undefined,
  };
  const looks = openLooks(deployment, () => new Date());
  const checks = reachChecks(deployment, looks, { destinations: false });
  const found = await runChecks(checks.filter(({ area }) => area === 'reachability'));
  expect(found.filter(({ check }) => check === 'routes').map(({ status, text }) => [status, text])).toEqual([
    ['failed', expect.stringContaining('no way to session')],
    ['skipped', 'webhook-dispatcher does not answer'],
  ]);
  edge.server.close();
  session.server.close();
});

test('what hangs or breaks keeps nothing else waiting', async () => {
  const silent = createServer(() => {}).listen(0);
  const { port } = silent.address() as { port: number };
  const began = performance.now();
  const found = await runChecks([
    {
      area: 'a',
      check: 'hangs',
      timeoutMs: 150,
      run: async () => [ok((await fetch(`http://127.0.0.1:${port}`)).statusText)],
    },
    { area: 'a', check: 'breaks', run: () => Promise.reject(new Error('broken\nand more')) },
    { area: 'a', check: 'works', run: async () => [ok('fine')] },
  ]);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(found.map(({ check, status, text }) => [check, status, text])).toEqual([
    ['hangs', 'failed', 'no answer within 0.15 s'],
    ['breaks', 'failed', 'broken'],
    ['works', 'ok', 'fine'],
  ]);
  silent.closeAllConnections();
  silent.close();
});
