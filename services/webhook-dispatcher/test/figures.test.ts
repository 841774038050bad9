import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { createLog } from '@selfsame/runtime/log';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFigures } from '../src/figures.ts';
import { addToTotals, newestPosition, startTotals } from '../src/outbound/figures-store.ts';
import { openWorld, type RunningService, type World } from './harness.ts';

const base = '/v3/webhook/destinations/';

let world: World;
let service: RunningService;
let receiver: Receiver;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  receiver = await startReceiver();
  service = await world.start();
});
afterEach(async () => {
  await service.stop();
  await receiver.close();
  await world.clear();
});

async function addDestination(more: object = {}): Promise<{ uuid: string; path: string }> {
  const body = { label: 'test', url: `${receiver.url}/a`, subscribed_events: ['status.updated'], ...more };
  const { body: made } = await service.call('POST', base, body);
  return { uuid: made.uuid, path: `${base}${made.uuid}/` };
}

const detail = async (path: string) => (await service.call('GET', path)).body;

/** Attempts like the newest one of a destination, with these statuses and times. */
async function addAttempts(uuid: string, results: { status: number | null; ms: number | null }[]) {
  const { db } = world.database;
  const { position, ...attempt } = await db
    .selectFrom('attempts')
    .selectAll()
    .where('destination_id', '=', uuid)
    .limit(1)
    .executeTakeFirstOrThrow();
  const copies = results.map(({ status, ms }) => ({
    ...attempt,
    id: randomUUID(),
    response_status: status,
    response_time_ms: ms,
    error: status === null ? 'timeout' : null,
  }));
  if (copies.length > 0) await db.insertInto('attempts').values(copies).execute();
}

describe('figures', () => {
  test('say how many of the newest attempts went well, how fast, and what went wrong last', async () => {
    const { uuid, path } = await addDestination();
    await service.call('POST', `${path}test/`);
    const good = Array.from({ length: 94 }, (_, index) => ({ status: 200, ms: index + 1 }));
    await addAttempts(uuid, [
      { status: 200, ms: 95 },
      { status: 404, ms: 500 },
      { status: null, ms: null },
    ]);
    await addAttempts(uuid, good);
    const { figures, summary } = await detail(path);
    expect(figures).toEqual({
      success_rate_percentage: 97.9,
      p50_response_time_ms: expect.any(Number),
      p95_response_time_ms: expect.any(Number),
      last_error: 'No answer within 5 seconds',
      last_error_at: expect.any(String),
    });
    expect(Math.abs(figures.p50_response_time_ms - 48)).toBeLessThanOrEqual(2);
    expect(Math.abs(figures.p95_response_time_ms - 92)).toBeLessThanOrEqual(3);
    expect(summary).toMatchObject({ total_deliveries: 98, failed_deliveries: 2, max_response_time_ms: 500 });
    expect((await service.call('GET', base)).body[0].figures).toEqual(figures);
  });

  test('look at the newest thousand only, but never forget what went wrong last', async () => {
    const { uuid, path } = await addDestination();
    await service.call('POST', `${path}test/`);
    await addAttempts(uuid, [{ status: 302, ms: 7 }]);
    await addAttempts(uuid, Array(1_000).fill({ status: 200, ms: 10 }));
    expect((await detail(path)).figures).toMatchObject({
      success_rate_percentage: 100,
      p95_response_time_ms: 10,
      last_error: 'The receiver answered 302: redirects are not followed',
    });
  });
});

describe('the totals', () => {
  const batch = { destinations: 2, attempts: 7 };

  test('are the same however much of the log has been added up, by whomever', async () => {
    const { db } = world.database;
    const paths: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const { uuid, path } = await addDestination({ url: `${receiver.url}/${name}` });
      await service.call('POST', `${path}test/`);
      const results = Array.from({ length: 50 }, (_, index) => {
        if (index % 5 === 0) return { status: null, ms: null };
        return { status: index % 7 === 0 ? 500 : 200, ms: index };
      });
      await addAttempts(uuid, results);
      paths.push(path);
    }
    const summaries = async () => {
      const { body: list } = await service.call('GET', base);
      const details = await Promise.all(paths.map(detail));
      return [
        list.map(({ figures, ...row }: { figures: object }) => row),
        details.map(({ summary }) => summary),
      ];
    };
    const before = await summaries();
    await startTotals(db);
    const through = (await newestPosition(db)) - 20;
    await addToTotals(db, { through, ...batch });
    expect(await summaries()).toEqual(before);
    // Somebody else adds up the same while this one has not committed.
    const more = { through, destinations: 10, attempts: 5 };
    const other = await world.database.transaction(async (tx) => {
      expect(await addToTotals(tx, more)).toBe(3);
      const added = addToTotals(db, more);
      await Promise.race([added, setTimeout(1_000)]);
      return { added };
    });
    expect(await other.added).toBe(0);
    while ((await addToTotals(db, { through, ...batch })) > 0);
    expect(await summaries()).toEqual(before);
    const totals = await db.selectFrom('attempt_totals').select('total').execute();
    expect(totals.reduce((sum, { total }) => sum + total, 0)).toBe(3 * 51 - 20);
  });

  test('outlive the log', async () => {
    const { db } = world.database;
    const { uuid, path } = await addDestination();
    await service.call('POST', `${path}test/`);
    await addAttempts(uuid, Array(10).fill({ status: 503, ms: 20 }));
    const { summary } = await detail(path);
    const stop = startFigures({ database: world.database, log: createLog('test', 'silent') }, 50);
    await waitFor('all is added up', async () => {
      const row = await db
        .selectFrom('attempt_totals')
        .select('total')
        .where('destination_id', '=', uuid)
        .executeTakeFirst();
      return row?.total === 11;
    });
    await stop();
    await db.deleteFrom('attempts').execute();
    expect((await detail(path)).summary).toEqual(summary);
    expect((await detail(path)).figures.success_rate_percentage).toBeNull();
    expect(summary).toMatchObject({ total_deliveries: 11, failed_deliveries: 10, error_rate_percentage: 91 });
  });
});

describe('the log of a destination', () => {
  test('is filtered by result, event and session, together with days', async () => {
    const { path } = await addDestination({ retry_schedule: [] });
    const [good, bad] = [randomUUID(), randomUUID()];
    receiver.answer(({ rawBody }) => ({ status: rawBody.includes(bad) ? 301 : 200 }));
    await world.tell({ sessionId: good });
    await world.tell({ sessionId: bad });
    await service.call('POST', `${path}test/`, { webhook_type: 'user.data.updated' });
    const find = async (query: string) => {
      const { body } = await service.call('GET', `${path}deliveries/?${query}`);
      return body.results.map((row: { session_id: string; webhook_type: string }) =>
        row.webhook_type === 'user.data.updated' ? 'test' : row.session_id,
      );
    };
    await waitFor('all are in the log', async () => (await find('')).length === 3);
    expect((await find('result=succeeded')).sort()).toEqual([good, 'test'].sort());
    expect(await find('result=failed')).toEqual([bad]);
    expect(await find('webhook_type=user.data.updated')).toEqual(['test']);
    expect((await find('webhook_type=status.updated')).sort()).toEqual([good, bad].sort());
    expect(await find(`session_id=${good}`)).toEqual([good]);
    expect(await find(`session_id=${good}&result=failed`)).toEqual([]);
    expect(await find(`session_id=${randomUUID()}`)).toEqual([]);
    const today = new Date().toISOString().slice(0, 10);
    expect(await find(`result=failed&date_from=${today}`)).toEqual([bad]);
    expect(await find('result=failed&date_to=2020-01-01')).toEqual([]);

    const { body: page } = await service.call('GET', `${path}deliveries/?result=succeeded&limit=1`);
    expect(page).toMatchObject({
      count: 2,
      previous: null,
      next: expect.stringContaining('result=succeeded'),
    });
  });

  test('says of a failure why, which attempt it was, and what comes next', async () => {
    const { path } = await addDestination({ retry_schedule: [0.01, 600] });
    receiver.answer(() => ({ status: 500, body: 'x'.repeat(30_000) }));
    await world.tell();
    const [second, first] = await waitFor('two attempts', async () => {
      const { body } = await service.call('GET', `${path}deliveries/`);
      return body.results.length === 2 && body.results;
    });
    expect(first).toMatchObject({ attempt: 1, error_text: 'The receiver answered 500' });
    expect(second).toMatchObject({ attempt: 2 });
    const { body } = await service.call('GET', `${path}deliveries/${second.uuid}/`);
    expect(body).toMatchObject({
      cause: 'schedule',
      error: null,
      delivery_state: 'pending',
      next_attempt_at: expect.any(String),
    });
    expect(body.response_body).toMatch(/^x{16000,20480}$/);
    const inMs = Date.parse(body.next_attempt_at) - Date.now();
    expect(inMs).toBeGreaterThan(400_000);
    expect(inMs).toBeLessThan(800_000);
  });

  test.each([
    ['result=maybe', 'result'],
    ['webhook_type=nonsense', 'webhook_type'],
    ['session_id=17', 'session_id'],
    ['limit=0', 'limit'],
  ])('refuses ?%s', async (query, field) => {
    const { path } = await addDestination();
    const answer = await service.call('GET', `${path}deliveries/?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { [field]: [expect.any(String)] } });
  });
});
