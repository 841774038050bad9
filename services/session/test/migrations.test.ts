import { randomUUID } from 'node:crypto';
import { openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { migrations } from '../src/migrations.ts';
import type { Tables } from '../src/outbound/tables.ts';

const log = createLog('session', 'silent');

it('an update leaves the computers in that every workflow has let in so far, whatever it said', async () => {
  const postgres = await testDatabaseUrl();
  const options = { service: 'session', url: postgres.url, log };
  const before = migrations.slice(
    0,
    migrations.findIndex(({ name }) => name === '0008-challenges'),
  );
  await migrate({ ...options, migrations: before });
  const old = await openDatabase<Tables>({ ...options, migrations: before });
  const [application, seeded, made, pinned, call] = [
    randomUUID(),
    randomUUID(),
    randomUUID(),
    randomUUID(),
    randomUUID(),
  ];
  await sql`INSERT INTO applications (id, slug, name, environment) VALUES (${application}, 'a', 'A', 'live')`.execute(
    old.db,
  );
  for (const [id, author] of [
    [seeded, 'System'],
    [made, 'API Key'],
  ]) {
    await sql`INSERT INTO workflows (id, application_id) VALUES (${id}, ${application})`.execute(old.db);
    await sql`INSERT INTO workflow_definitions (id, definition) VALUES (${id}, '{"is_desktop_allowed": false}')`.execute(
      old.db,
    );
    await sql`INSERT INTO workflow_versions (id, workflow_id, version, status, definition_id, created_by)
      VALUES (${id}, ${id}, 1, 'published', ${id}, ${author})`.execute(old.db);
  }
  // A session keeps the settings of before an edit; those of a recorded call belong to no workflow.
  for (const id of [pinned, call]) {
    await sql`INSERT INTO workflow_definitions (id, definition) VALUES (${id}, '{"is_desktop_allowed": false}')`.execute(
      old.db,
    );
  }
  await sql`INSERT INTO sessions (id, application_id, session_number, token_sha256, workflow_id, workflow_version_id,
      workflow_version, definition_id, status, sequence, enrols, has_portrait, callback_method, created_at,
      status_changed_at, expires_at)
    VALUES (${randomUUID()}, ${application}, 1, ${Buffer.alloc(32)}, ${made}, ${made}, 1, ${pinned}, 'Not Started', 0,
      false, false, 'initiator', now(), now(), now())`.execute(old.db);
  await old.close();
  await migrate({ ...options, migrations });
  const database = await openDatabase<Tables>({ ...options, migrations });
  const rows = await database.db.selectFrom('workflow_definitions').selectAll().execute();
  const allowed = new Map(rows.map(({ id, definition }) => [id, definition.is_desktop_allowed]));
  expect([seeded, made, pinned, call].map((id) => allowed.get(id))).toEqual([true, true, true, false]);
  // And applications of before organisations stand alone.
  const alone = await database.db
    .selectFrom('applications as a')
    .innerJoin('organizations as o', 'o.id', 'a.organization_id')
    .select(['a.slug as application', 'o.slug as organization'])
    .execute();
  expect(alone).toEqual([{ application: 'a', organization: 'a' }]);
  await database.close();
  await postgres.drop();
});
