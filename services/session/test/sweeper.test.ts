import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import type { Postponed } from '../src/sweeper.ts';
import { sweepOverdueSessions } from '../src/sweeper.ts';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function makeOverdue(ids: string[]): Promise<void> {
  await world.database.db
    .updateTable('sessions')
    .set({ expires_at: new Date(Date.now() - 1000) })
    .where('id', 'in', ids)
    .execute();
}

it('ends every overdue session once, however many replicas sweep', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 130; index += 1) {
    const created = await world.demo.create({ workflow_id: 'wf_liveness' });
    ids.push(created.session_id);
    if (index % 2) await world.rpc.openSession({ tokenSha256: secretDigest(created.session_token) });
  }
  const alive = await world.demo.create({ workflow_id: 'wf_liveness' });
  await makeOverdue(ids);
  const ended = await Promise.all([
    sweepOverdueSessions(world.context),
    sweepOverdueSessions(world.context),
    sweepOverdueSessions(world.context),
  ]);
  expect(ended.reduce((sum, each) => sum + each)).toBe(130);
  for (const [index, id] of ids.entries()) await world.announced(id, index % 2 ? 'Abandoned' : 'Expired');
  for (const id of ids)
    expect(world.events(id).map((event) => event.sequence)).toEqual(range(world.events(id).length));
  expect((await world.demo.call('GET', `/v3/session/${alive.session_id}/decision/`)).body.status).toBe(
    'Not Started',
  );
  expect(await sweepOverdueSessions(world.context)).toBe(0);
});

it('an abandoned session carries its decision, an expired one has none', async () => {
  const opened = await world.demo.create({ workflow_id: 'wf_liveness' });
  const unopened = await world.demo.create({ workflow_id: 'wf_liveness' });
  await world.rpc.openSession({ tokenSha256: secretDigest(opened.session_token) });
  await makeOverdue([opened.session_id, unopened.session_id]);
  await sweepOverdueSessions(world.context);
  expect(JSON.parse((await world.announced(opened.session_id, 'Abandoned')).decisionJson).status).toBe(
    'Abandoned',
  );
  expect((await world.announced(unopened.session_id, 'Expired')).decisionJson).toBe('');
});

it('leaves alone a session that its user holds at that moment', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_liveness' });
  await makeOverdue([created.session_id]);
  await world.database.transaction(async (tx) => {
    await tx.selectFrom('sessions').select('id').where('id', '=', created.session_id).forUpdate().execute();
    expect(await sweepOverdueSessions(world.context)).toBe(0);
  });
  expect(await sweepOverdueSessions(world.context)).toBe(1);
});

it('a session that cannot be ended is postponed, and the others end', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    ids.push((await world.demo.create({ workflow_id: 'wf_liveness' })).session_id);
  }
  const [poisoned = '', ...others] = ids;
  await makeOverdue(ids);
  const change = (id: string, changes: { metadata?: string; expires_at?: Date }) =>
    world.database.db.updateTable('sessions').set(changes).where('id', '=', id).execute();
  // More than the bus takes, and the first in line.
  await change(poisoned, { metadata: JSON.stringify('x'.repeat(200_000)), expires_at: new Date(0) });
  const postponed: Postponed = new Map();
  expect(await sweepOverdueSessions(world.context, postponed)).toBe(2);
  for (const id of others) await world.announced(id, 'Expired');
  expect([...postponed.keys()]).toEqual([poisoned]);
  expect(world.logged()).toContain(poisoned);

  await change(poisoned, { metadata: 'null' });
  expect(await sweepOverdueSessions(world.context, postponed)).toBe(0);
  postponed.set(poisoned, { failures: 1, untilMs: Date.now() });
  expect(await sweepOverdueSessions(world.context, postponed)).toBe(1);
  await world.announced(poisoned, 'Expired');
  expect(postponed.size).toBe(0);
});

it('every further failure postpones for longer', async () => {
  const { session_id } = await world.demo.create({ workflow_id: 'wf_liveness' });
  await world.database.db
    .updateTable('sessions')
    .set({ metadata: JSON.stringify('x'.repeat(200_000)), expires_at: new Date(0) })
    .where('id', '=', session_id)
    .execute();
  const pauseAfter = async (failures: number) => {
    const postponed: Postponed = new Map([[session_id, { failures, untilMs: 0 }]]);
    const before = Date.now();
    await sweepOverdueSessions(world.context, postponed);
    return Math.round(((postponed.get(session_id)?.untilMs ?? 0) - before) / 60_000);
  };
  expect([await pauseAfter(0), await pauseAfter(1), await pauseAfter(50)]).toEqual([1, 2, 60]);
});

function range(length: number): bigint[] {
  return Array.from({ length }, (_, index) => BigInt(index + 1));
}
