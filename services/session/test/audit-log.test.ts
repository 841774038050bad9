import { randomUUIDv7 } from 'node:crypto';
import { openBus } from '@selfsame/bus/bus';
import { ApiActor, ApiCalled } from '@selfsame/contracts/audit/v1/events';
import { apiCalled } from '@selfsame/contracts/catalog';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweepCalls } from '../src/audit-log.ts';
import { openWorld, type World } from './harness.ts';

let world: World;
let elsewhere: Awaited<ReturnType<typeof openBus>>;
beforeAll(async () => {
  world = await openWorld();
  elsewhere = await openBus({ service: 'share', url: world.natsUrl, log: createLog('share', 'silent') });
});
afterAll(async () => {
  await elsewhere.close();
  await world.close();
});

const log = async (query = '', client = world.demo) =>
  (await client.call('GET', `/v3/audit-logs/${query}`)).body;

it('who changed a session and who read its decision is in the log, and nothing that names its user', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'ann@example.com' });
  await world.demo.call('GET', `/v3/session/${created.session_id}/decision/`);
  await world.demo.call('GET', '/v3/workflows/');
  const { results } = await log();
  expect(results.map((row: { method: string; path: string }) => [row.method, row.path])).toEqual([
    ['GET', `/v3/session/${created.session_id}/decision/`],
    ['POST', '/v3/session/'],
  ]);
  expect(results[0]).toMatchObject({
    status: 200,
    ip: '127.0.0.1',
    user_type: 'API_KEY',
    application: world.demo.applicationId,
    service: 'session',
  });
  expect(JSON.stringify(results)).not.toMatch(/ann@|wf_liveness/);
});

it('a call that another service has answered is there once, however often its event comes', async () => {
  const id = randomUUIDv7();
  const call = ApiCalled.fromPartial({
    applicationId: world.demo.applicationId,
    service: 'share',
    actor: ApiActor.OPERATOR,
    actorId: 'share-records verify',
    method: 'RUN',
    path: 'share-records verify',
    ipAddress: 'no address',
    occurredAt: new Date(),
    requestId: 'r-1',
  });
  await elsewhere.publish(apiCalled, id, call);
  await elsewhere.publish(apiCalled, id, call);
  const found = await waitFor('the call', async () => {
    const page = await log('?service=share');
    return page.count > 0 && page;
  });
  expect(found.count).toBe(1);
  expect(found.results[0]).toMatchObject({ id, user_type: 'OPERATOR', status: null, ip: null });
});

it('finds by day, method, path, status, address and user', async () => {
  const today = new Date().toISOString().slice(0, 10);
  const all = (await log()).count;
  const counts = async (...queries: string[]) =>
    Promise.all(queries.map(async (query) => (await log(query)).count));
  const [others, posts, decisions, fine, local, operators] = await counts(
    `?date_to=2020-01-01`,
    '?method=post',
    '?path=/decision/',
    '?status=200',
    '?ip=127.0.0.0/8',
    '?user=share-records%20verify',
  );
  expect(others).toBe(0);
  expect([posts, decisions, operators]).toEqual([1, 1, 1]);
  expect(fine).toBeGreaterThan(1);
  expect(local).toBeGreaterThan(1);
  expect((await log(`?date_from=${today}&limit=1`)).results).toHaveLength(1);
  expect(all).toBeGreaterThan(2);
  for (const query of ['?ip=everywhere', '?date_from=yesterday', '?status=0']) {
    expect((await world.demo.call('GET', `/v3/audit-logs/${query}`)).status, query).toBe(400);
  }
});

it('no application reads the log of another one', async () => {
  const other = await world.client('audit_other');
  expect((await log('', other)).results).toEqual([]);
});

it('forgets after 365 days', async () => {
  const day = 24 * 60 * 60 * 1000;
  const before = (await log()).count;
  expect(await sweepCalls(world.database.db, new Date())).toBe(0);
  expect(await sweepCalls(world.database.db, new Date(Date.now() + 366 * day))).toBeGreaterThanOrEqual(
    before,
  );
  expect((await log()).count).toBeLessThan(before);
});
