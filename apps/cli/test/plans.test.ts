import { randomUUID } from 'node:crypto';
import { migrations as biometrics } from '@selfsame/biometrics/migrations';
import { migrate } from '@selfsame/database/migrate';
import { migrations as signals } from '@selfsame/fraud-signals/migrations';
import { createLog } from '@selfsame/runtime/log';
import { migrations as session } from '@selfsame/session/migrations';
import { migrations as share } from '@selfsame/share/migrations';
import { type TestDatabase, testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { migrations as webhooks } from '@selfsame/webhook-dispatcher/migrations';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTrace } from '../src/trace/read-trace.ts';
import { traceText } from '../src/trace/text.ts';

/** Rows enough that PostgreSQL would rather read an index than all of a table, if there is one. */
const others = 4_000;
const plain = (_: unknown, text: string) => text;

let database: TestDatabase;
let client: pg.Client;
const application = randomUUID();
const sessionId = randomUUID();

beforeAll(async () => {
  database = await testDatabaseUrl();
  const log = createLog('test', 'silent');
  const all = { session, biometrics, 'fraud-signals': signals, share, 'webhook-dispatcher': webhooks };
  for (const [service, migrations] of Object.entries(all)) {
    await migrate({ service, url: database.url, migrations, log });
  }
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await fill();
}, 120_000);
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** A session of a hundred looks among many others, in every table whose rows grow with sessions. */
async function fill(): Promise<void> {
  const definition = { workflow_label: 'wf', workflow_type: 'kyc', steps: [], session_expiration_time: 600 };
  const [organization, workflow, version, defined] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const run = (text: string, values: unknown[] = []) => client.query(text, values);
  await run(`INSERT INTO session.organizations (id, slug) VALUES ($1, 'o')`, [organization]);
  await run(
    `INSERT INTO session.applications (id, organization_id, slug, name, environment) VALUES ($1, $2, 'demo', 'Demo', 'sandbox')`,
    [application, organization],
  );
  await run('INSERT INTO session.workflow_definitions (id, definition) VALUES ($1, $2)', [
    defined,
    definition,
  ]);
  await run('INSERT INTO session.workflows (id, application_id, slug) VALUES ($1, $2, $3)', [
    workflow,
    application,
    'wf',
  ]);
  await run(
    `INSERT INTO session.workflow_versions (id, workflow_id, version, status, definition_id, created_by)
     VALUES ($1, $2, 3, 'published', $3, 'test')`,
    [version, workflow, defined],
  );
  await run(
    `INSERT INTO session.sessions (id, application_id, session_number, token_sha256, workflow_id, workflow_version_id,
       workflow_version, definition_id, status, sequence, enrols, has_portrait, callback_method, created_at,
       status_changed_at, expires_at)
     SELECT CASE n WHEN 0 THEN $1::uuid ELSE gen_random_uuid() END, $2, n, sha256(n::text::bytea), $3, $4, 3, $5,
       'In Progress', 2, false, false, 'initiator', now() - interval '1 hour', now() - interval '1 hour', now() + interval '1 day'
     FROM generate_series(0, ${others}) AS n`,
    [sessionId, application, workflow, version, defined],
  );
  const ids = `(SELECT id, session_number AS n FROM session.sessions) AS s`;
  await run(`INSERT INTO session.attempts (session_id, attempt_id, granted_at)
    SELECT id, gen_random_uuid(), now() - interval '50 minutes' FROM ${ids}`);
  await run(
    `INSERT INTO session.attempts (session_id, attempt_id, granted_at, method, evidence, verdict, judged_at)
     SELECT $1, gen_random_uuid(), now() - make_interval(secs => 3000 - n), 'PASSIVE',
       '{"face": {"livenessScore": 12.5, "candidateId": "candidate-secret", "images": {"live": "picture-id"}}}', 'Declined',
       now() - make_interval(secs => 3000 - n) + interval '80 ms'
     FROM generate_series(1, 99) AS n`,
    [sessionId],
  );
  await run(`INSERT INTO session.outbox (id, subject, payload, headers, about, incarnation, stream_sequence)
    SELECT gen_random_uuid()::text, 'selfsame.session.status_changed', ''::bytea, '{}', id::text, now(), n FROM ${ids} WHERE n > 0`);
  await run(`INSERT INTO session.audit_log (id, application_id, occurred_at, service, actor_type, actor, method, path, status, request_id)
    SELECT gen_random_uuid(), '${application}', now() - make_interval(secs => n), 'session', 'API_KEY', gen_random_uuid()::text, 'GET', '/', 200, 'r'
    FROM ${ids}`);
  for (const [schema, consumer] of [
    ['biometrics', 'biometrics'],
    ['fraud_signals', 'fraud-signals'],
  ] as const)
    await run(`INSERT INTO ${schema}.inbox (consumer, event_id, incarnation, stream_sequence)
      SELECT '${consumer}-session-status_changed', gen_random_uuid()::text, now(), n FROM ${ids}, generate_series(1, 8)`);
  await run(`INSERT INTO fraud_signals.assessments (id, application_id, session_id, phase, rules, score, level, reasons, counts, failures, catalogue_version, assessed_at, raw_until)
    SELECT gen_random_uuid(), '${application}', id, 'OPENING', '[]', 10, 'LOW', '[]', '{"value":1,"absent":0,"unavailable":0}', '{}', 'c', now(), now() FROM ${ids}`);
  await run(`INSERT INTO fraud_signals.visits (application_id, session_id, phase, came_at, seen_at)
    SELECT '${application}', id, 2, now(), now() FROM ${ids}`);
  await run(`INSERT INTO biometrics.templates (application_id, kind, owner, session_id, key_id, pipeline_version, embedding_space, sealed)
    SELECT '${application}', 'subject', id::text, id::text, 'k', 'p', 'e', 'sealed'::bytea FROM ${ids}`);
  await run(`INSERT INTO biometrics.template_history (application_id, subject, kind, session_id)
    SELECT '${application}', id::text, 'enrolled', id::text FROM ${ids}`);
  await run(`INSERT INTO webhook_dispatcher.deliveries (id, event_id, destination_id, application_id, session_id, webhook_type, session_status, sequence, state, claims, due_at, created_at)
    SELECT id, gen_random_uuid(), gen_random_uuid(), '${application}', id, 'status.updated', 'Approved', 1, 'failed', 1, now(), now() FROM ${ids}`);
  await run(`INSERT INTO webhook_dispatcher.attempts (id, delivery_id, destination_id, cause, number, request_url, request_header, signed_at, created_at)
    SELECT gen_random_uuid(), id, gen_random_uuid(), 'schedule', 1, 'https://secret.example/token', 'secret', 1, now() FROM ${ids}`);
  await run(
    `INSERT INTO webhook_dispatcher.sessions (session_id, application_id) SELECT id, '${application}' FROM ${ids}`,
  );
  await run('ANALYZE');
}

/** Rows of the large tables that anybody has read so far, found by an index or not. */
async function rowsRead(): Promise<Record<string, number>> {
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ name: string; read: number }>(
    `SELECT schemaname || '.' || relname AS name, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS read
     FROM pg_stat_user_tables WHERE n_live_tup >= ${others}`,
  );
  return Object.fromEntries(rows.map(({ name, read }) => [name, read]));
}

/** Tables of which one story has read more rows than it can be about. */
async function tablesReadThrough(): Promise<string[]> {
  await client.query('SELECT pg_stat_force_next_flush()');
  const before = await rowsRead();
  expect(Object.keys(before).length).toBeGreaterThanOrEqual(12);
  expect(await readTrace(database.url, sessionId, 'test')).not.toBeNull();
  // Backends tell what they have read when they end.
  await waitFor('the end of its connections', async () => {
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    return rows.length === 0;
  });
  const after = await rowsRead();
  return Object.keys(after).filter((name) => (after[name] ?? 0) - (before[name] ?? 0) > others / 4);
}

test('a story reads the rows that it is about, however many sessions there are', async () => {
  expect(await tablesReadThrough()).toEqual([]);
  // Were an index missing, this would show it.
  await client.query('DROP INDEX session.outbox_about');
  expect(await tablesReadThrough()).toEqual(['session.outbox']);
  await client.query('CREATE INDEX outbox_about ON session.outbox (about) WHERE about IS NOT NULL');
});

test('a session with a hundred looks is told whole to programs and readably to people, without pictures or candidates', async () => {
  const told = await readTrace(database.url, sessionId, 'test');
  if (told === null) throw new Error('no story');
  expect(told.story.filter(({ kind }) => kind === 'attempt')).toHaveLength(100);
  const text = traceText(told, plain, { isWhole: false });
  expect(text).toContain('(sandbox)');
  expect(text).toContain('left out; --all shows them');
  expect(text.split('\n').length).toBeLessThan(400);
  const everything = JSON.stringify(told) + text;
  for (const secret of ['candidate-secret', 'picture-id', 'secret.example', 'token_sha256'])
    expect(everything).not.toContain(secret);
});

test('of an erased person is told who has confirmed the erasure and whom it waits for', async () => {
  const erasure = randomUUID();
  const { rows } = await client.query<{ id: string }>(
    `UPDATE session.sessions SET deleted_at = now() - interval '1 hour' WHERE session_number = 7 RETURNING id`,
  );
  const id = rows[0]?.id ?? '';
  await client.query(
    `INSERT INTO session.erasures (id, application_id, state, user_pid, vendor_data, after_number, through_number, requested_at)
     VALUES ($1, $2, 'told', 'pid-of-ann', 'ann', 0, 9, now() - interval '1 hour')`,
    [erasure, application],
  );
  await client.query('INSERT INTO session.erasure_sessions VALUES ($1, $2, true)', [erasure, id]);
  await client.query(
    `INSERT INTO session.erasure_confirmations VALUES ($1, 'share', '[{"kind": "shares", "count": 2}]',
       '[{"kind": "records", "count": 1, "reason": "the law", "until": null}]', now() - interval '59 minutes')`,
    [erasure],
  );
  const told = await readTrace(database.url, id, 'test');
  const texts = told?.story.map(({ text }) => text);
  expect(texts).toContain('deleted with its person; what names its person is gone');
  expect(texts).toContain('erasure confirmed: 2 removed, 1 kept');
  expect(told?.problems.map(({ text }) => text)).toContainEqual(
    expect.stringContaining('not confirmed by biometrics, fraud-signals, session, webhook-dispatcher'),
  );
  expect(JSON.stringify(told)).not.toMatch(/pid-of-ann|"ann"/);
});

test('there is no story of a session that never was, and nothing is recorded', async () => {
  const count = async () => (await client.query('SELECT count(*)::int AS n FROM session.outbox')).rows[0]?.n;
  const before = await count();
  expect(await readTrace(database.url, randomUUID(), 'test')).toBeNull();
  expect(await count()).toBe(before);
});

test('what a login may not read is named, and the rest is told', async () => {
  await client.query(
    `CREATE ROLE reader_${application.slice(0, 8)} LOGIN PASSWORD 'reading' IN ROLE selfsame_session`,
  );
  const url = new URL(database.url);
  url.username = `reader_${application.slice(0, 8)}`;
  url.password = 'reading';
  const told = await readTrace(url.href, sessionId, 'test');
  expect(told?.unread.map(({ service }) => service).sort()).toEqual([
    'biometrics',
    'fraud-signals',
    'share',
    'webhook-dispatcher',
  ]);
  expect(told?.story.some(({ kind }) => kind === 'created')).toBe(true);
  await client.query(`DROP ROLE reader_${application.slice(0, 8)}`);
});
