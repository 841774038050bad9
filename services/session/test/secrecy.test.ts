import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Every row of every table as text; bytea reads as hex. */
async function dump(): Promise<string> {
  const { db } = world.database;
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'session'`.execute(db);
  expect(rows.length).toBeGreaterThan(10);
  const texts = await Promise.all(
    rows.map(async ({ name }) => {
      const table = await sql<{ text: string }>`SELECT t::text AS text FROM ${sql.table(name)} AS t`.execute(
        db,
      );
      return table.rows.map((row) => row.text).join('\n');
    }),
  );
  return texts.join('\n');
}

it('no key, link or picture lies in a table, a log or an event', async () => {
  const created = await world.demo.call(
    'POST',
    '/v3/session/',
    {
      workflow_id: 'wf_reauth',
      portrait_image: portrait,
      vendor_data: 'secretive',
      callback: 'https://app.example/',
    },
    { 'idempotency-key': 'kept' },
  );
  const { session_id, session_token } = created.body;
  await world.look(created.body, { similarityScore: 65 });
  await world.announced(session_id, 'In Review');
  await world.demo.call('PATCH', `/v3/session/${session_id}/update-status/`, { new_status: 'Resubmitted' });
  await world.demo.call('GET', `/v3/session/${session_id}/decision/`);
  await world.demo.call('GET', `/v3/sessions/?search=${session_token}`);
  await world.demo.call('GET', `/session/${session_token}`);
  await world.demo.call('POST', '/v3/session/', { workflow_id: 'wf_reauth', portrait_image: `${portrait}%` });
  await world.announced(session_id, 'Resubmitted');

  const places = {
    tables: await dump(),
    logs: world.logged(),
    events: JSON.stringify(world.delivered(), (_, value) =>
      typeof value === 'bigint' ? Number(value) : value,
    ),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text, place).toContain(session_id);
    for (const secret of [session_token, world.demo.apiKey, portrait]) {
      const hex = Buffer.from(secret).toString('hex');
      const bytes = Buffer.from(secret, 'base64').toString('hex');
      const found = [secret, hex, bytes].some((each) => text.includes(each));
      expect(found, `a secret of ${secret.length} characters in ${place}`).toBe(false);
    }
  }
});

it('what an application changes is recorded without what it said', async () => {
  const { session_id } = await world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'recorded' });
  await world.demo.call('DELETE', `/v3/session/${session_id}/delete/`);
  const rows = await world.database.db
    .selectFrom('audit_log')
    .select(['method', 'path', 'status'])
    .where('application_id', '=', world.demo.applicationId)
    .orderBy('occurred_at', 'desc')
    .orderBy('id', 'desc')
    .limit(2)
    .execute();
  expect(rows).toEqual([
    { method: 'DELETE', path: `/v3/session/${session_id}/delete/`, status: 204 },
    { method: 'POST', path: '/v3/session/', status: 201 },
  ]);
});
