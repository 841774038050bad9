import { execFile } from 'node:child_process';
import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sessionDeleted } from '@selfsame/contracts/catalog';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deletionBatch } from '../src/deletions.ts';
import { holdRetention } from '../src/outbound/retention-store.ts';
import { runRetention } from '../src/retention.ts';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

const dayMs = 86_400_000;
const path = '/v3/data-retention/';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Client = World['demo'];
let made = 0;

/** An application of its own, with sessions of these ages in days. */
async function application(...ages: number[]): Promise<Client & { slug: string }> {
  made += 1;
  const slug = `keeper_${made}`;
  const client = await world.client(slug);
  const { session_id } = await world.demo.create({ workflow_id: 'wf_liveness' });
  const { db } = world.database;
  const like = await db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', session_id)
    .executeTakeFirstOrThrow();
  const rows = ages.map((age, index) => {
    const at = new Date(Date.now() - age * dayMs);
    return {
      ...like,
      id: randomUUIDv7(),
      application_id: client.applicationId,
      session_number: index + 1,
      token_sha256: randomBytes(32),
      status: 'Approved',
      vendor_data: `person-${index}`,
      created_at: at,
      status_changed_at: at,
    };
  });
  if (rows.length > 0)
    await db
      .insertInto('sessions')
      .values(rows as never)
      .execute();
  return { ...client, slug };
}

async function keep(client: Client, days: number | null): Promise<void> {
  expect((await client.call('PATCH', path, { retention_days: days })).status).toBe(200);
}
const living = async (client: Client) => (await client.call('GET', '/v3/sessions/')).body.count as number;

async function toldOf(client: Client): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM outbox WHERE subject = ${sessionDeleted.subject}
      AND position(${Buffer.from(client.applicationId)}::bytea IN payload) > 0`.execute(world.database.db);
  return rows[0]?.count ?? 0;
}

describe('how long data stays', () => {
  it('is for ever unless somebody says otherwise, in days or months', async () => {
    const client = await application();
    const read = async () => (await client.call('GET', path)).body;
    expect(await read()).toEqual({
      retention_days: null,
      data_retention_months: null,
      retain_images: false,
      last_deletion: null,
    });
    const change = async (body: object) => (await client.call('PATCH', path, body)).body;
    expect(await change({ retention_days: 90 })).toMatchObject({
      retention_days: 90,
      data_retention_months: 3,
    });
    expect(await change({ data_retention_months: 1 })).toMatchObject({ retention_days: 30 });
    expect(await change({ data_retention_months: '120' })).toMatchObject({ retention_days: 3_650 });
    expect(await change({ retain_images: true })).toMatchObject({
      retention_days: 3_650,
      retain_images: true,
    });
    expect(await change({ data_retention_months: null })).toMatchObject({ retention_days: null });
    expect(await read()).toMatchObject({ retention_days: null, retain_images: true });
  });

  it('is refused outside of its limits', async () => {
    const client = await application();
    const refused: [object, string][] = [
      [{ retention_days: 29 }, 'retention_days'],
      [{ retention_days: 3_651 }, 'retention_days'],
      [{ retention_days: 'x' }, 'retention_days'],
      [{ data_retention_months: 0 }, 'data_retention_months'],
      [{ data_retention_months: 121 }, 'data_retention_months'],
      [{ retention_days: 30, data_retention_months: 2 }, 'data_retention_months'],
      [{ retain_images: 'x' }, 'retain_images'],
    ];
    for (const [body, field] of refused) {
      const answer = await client.call('PATCH', path, body);
      expect([answer.status, Object.keys(answer.body)], JSON.stringify(body)).toEqual([400, [field]]);
    }
  });
});

describe('what is too old', () => {
  it('goes as the API deletes it, and nothing else does', async () => {
    const client = await application(10, 29, 31, 400);
    const unlimited = await application(4_000);
    await keep(client, 30);
    const [report] = await runRetention(world.context, { slug: client.slug });
    expect(report).toMatchObject({
      deleted: { hosted: 2, api: 0, imported: 0, oldest: expect.any(Date) },
      left: { hosted: 2 },
    });
    expect(await living(client)).toBe(2);
    expect(await living(unlimited)).toBe(1);
    expect(await toldOf(client)).toBe(2);
    const { last_deletion } = (await client.call('GET', path)).body;
    expect(last_deletion).toMatchObject({ hosted: 2, day: new Date().toISOString().slice(0, 10) });
    const { rows } = await sql<{ left: number }>`
      SELECT count(*) AS left FROM sessions WHERE application_id = ${client.applicationId} AND deleted_at IS NOT NULL
        AND vendor_data IS NOT NULL`.execute(world.database.db);
    expect(rows[0]?.left).toBe(0);
  });

  it('stays from the moment on that somebody says so', async () => {
    const client = await application(...Array.from({ length: deletionBatch * 2 }, () => 40));
    await keep(client, 30);
    let batches = 0;
    const transaction: World['database']['transaction'] = async (run) => {
      const result = await world.database.transaction(run);
      batches += 1;
      if (batches === 1) await keep(client, null);
      return result;
    };
    const database = { ...world.database, db: world.database.db, transaction };
    const [report] = await runRetention({ ...world.context, database }, { slug: client.slug });
    expect(report).toMatchObject({ deleted: { hosted: deletionBatch } });
    expect(await living(client)).toBe(deletionBatch);
  });

  it('is not deleted beside a change: one waits for the other', async () => {
    const client = await application(40);
    await keep(client, 30);
    const { applicationId } = client;
    let isChanged = false;
    let change: Promise<void> | undefined;
    await world.database.transaction(async (tx) => {
      expect(await holdRetention(tx, applicationId)).toBeInstanceOf(Date);
      change = keep(client, null).then(() => {
        isChanged = true;
      });
      await waitFor('it waits', async () => {
        const { rows } = await sql<{ count: number }>`
          SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`.execute(tx);
        return rows[0]?.count === 1;
      });
      expect(isChanged).toBe(false);
    });
    await change;
    await world.database.transaction(async (tx) => {
      expect(await holdRetention(tx, applicationId)).toBeNull();
    });
  });

  it('is counted by a dry run, which leaves it', async () => {
    const client = await application(40, 50);
    await keep(client, 30);
    const [report] = await runRetention(world.context, { slug: client.slug, isDry: true });
    expect(report).toMatchObject({ deleted: { hosted: 2 }, left: { hosted: 0 } });
    expect(await living(client)).toBe(2);
    expect((await client.call('GET', path)).body.last_deletion).toBeNull();
  });

  it('goes once, also when two replicas are at it and one dies', async () => {
    const count = 3 * deletionBatch + 7;
    const client = await application(...Array.from({ length: count }, () => 60));
    await keep(client, 30);
    let batches = 0;
    /** Dies in its second batch, before the commit. */
    const dying = {
      ...world.context,
      bus: {
        ...world.context.bus,
        enqueue: async (...told: Parameters<World['context']['bus']['enqueue']>) => {
          batches += 1;
          if (batches > deletionBatch) throw new Error('the process is gone');
          return world.context.bus.enqueue(...told);
        },
      },
    };
    await expect(runRetention(dying as never, { slug: client.slug })).rejects.toThrow('the process is gone');
    expect(await living(client)).toBe(count - deletionBatch);
    const reports = await Promise.all([
      runRetention(world.context, { slug: client.slug }),
      runRetention(world.context, { slug: client.slug }),
    ]);
    const deleted = reports.flat().reduce((sum, report) => sum + report.deleted.hosted, 0);
    expect(deleted).toBe(count - deletionBatch);
    expect(await living(client)).toBe(0);
    expect(await toldOf(client)).toBe(count);
    expect((await client.call('GET', path)).body.last_deletion.hosted).toBe(count);
  });

  it('is left alone while somebody is at work on it', async () => {
    const client = await application(60, 60);
    await keep(client, 30);
    const { db } = world.database;
    await db.transaction().execute(async (tx) => {
      await tx
        .selectFrom('sessions')
        .select('id')
        .where('application_id', '=', client.applicationId)
        .orderBy('session_number')
        .limit(1)
        .forUpdate()
        .execute();
      const [report] = await runRetention(world.context, { slug: client.slug });
      expect(report?.deleted.hosted).toBe(1);
    });
    await runRetention(world.context, { slug: client.slug });
    expect(await living(client)).toBe(0);
  });

  it('goes by a command, too, which first says what would go', async () => {
    const client = await application(60, 10);
    await keep(client, 30);
    const command = fileURLToPath(new URL('../src/cli/retention.ts', import.meta.url));
    const run = async (...args: string[]) => {
      const { stdout } = await promisify(execFile)(process.execPath, [command, ...args], {
        env: { ...process.env, DATABASE_URL: world.databaseUrl },
      });
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };
    expect(await run('--dry-run', '--application', client.slug)).toEqual([
      {
        application: client.slug,
        retention_days: 30,
        dry_run: true,
        to_delete: { hosted: 1, api: 0, imported: 0, oldest: expect.any(String) },
        left: { hosted: 1, api: 0, imported: 0, oldest: null },
      },
    ]);
    expect(await living(client)).toBe(2);
    expect(await run('--application', client.slug)).toMatchObject([
      { dry_run: false, deleted: { hosted: 1 } },
    ]);
    expect(await living(client)).toBe(1);
    expect(await toldOf(client)).toBe(1);
    await expect(run('--application', 'nobody')).rejects.toThrow('nobody is no application');
  });
});

it('what is deleted by age is logged in numbers', () => {
  expect(world.logged()).not.toContain('person-0');
});
