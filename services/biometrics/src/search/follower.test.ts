import { randomBytes, randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { madeFace } from '../../test/made-faces.ts';
import type { RowOwner } from '../domain/template.ts';
import { migrations } from '../migrations.ts';
import { eraseKey, retireActiveKey } from '../outbound/key-store.ts';
import type { BiometricsTables } from '../outbound/tables.ts';
import { dropSubject, putTemplate } from '../outbound/template-store.ts';
import { createVault } from '../outbound/vault.ts';
import { EMBEDDING_SPACE } from '../pipeline/embedding.ts';
import { activeKey, eraseRevoked } from '../template-keys.ts';
import { type FaceSearch, openFaceSearch } from './face-search.ts';
import { readSince } from './follower.ts';

const log = createLog('biometrics', 'silent');
const vault = createVault(randomBytes(32));
/** Long enough never to come by itself within a test. */
const NEVER_MS = 3_600_000;
const service = 'biometrics';

let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
let database: Database<BiometricsTables>;
beforeAll(async () => {
  postgres = await testDatabaseUrl();
  await migrate({ service, url: postgres.url, migrations, log });
  database = await openDatabase<BiometricsTables>({ service, url: postgres.url, migrations });
});
afterAll(async () => {
  await database.close();
  await postgres.drop();
});

const replicas: FaceSearch[] = [];
afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.close();
});

async function openReplica(options: Partial<Parameters<typeof openFaceSearch>[0]> = {}): Promise<FaceSearch> {
  const replica = openFaceSearch({
    database,
    vault,
    log,
    threads: 1,
    maxBytes: 2 ** 24,
    intervalMs: NEVER_MS,
    ...options,
  });
  replicas.push(replica);
  await replica.built;
  return replica;
}

const face = () => madeFace(randomUUID());

const subjectOf = (applicationId: string, name: string): RowOwner & { kind: 'subject' } => ({
  kind: 'subject',
  applicationId,
  subject: vault.subjectOf(applicationId, name),
});

async function enrol(
  applicationId: string,
  name: string,
  embedding: Float32Array,
  db = database.db,
): Promise<void> {
  const owner = subjectOf(applicationId, name);
  const key = await activeKey(db, applicationId);
  const made = { pipelineVersion: 'test', embeddingSpace: EMBEDDING_SPACE };
  const sealed = vault.seal(owner, key, vault.protect(key, embedding), made);
  await putTemplate(db, owner, sealed, { sessionId: `session of ${name}`, expiresAt: null });
}

/** On a busy machine a search may be late. */
function sessionsFound(replica: FaceSearch, applicationId: string, embedding: Float32Array) {
  return waitFor('a search', async () => {
    const searched = await replica.search({ applicationId, subject: undefined }, embedding, 'everyone');
    return searched.searchOutcome === 'searched' && searched.searchMatches.map(({ sessionId }) => sessionId);
  });
}

test('replicas hold the same after any changes, and a new one too', async () => {
  const applicationId = randomUUID();
  const faces = Array.from({ length: 30 }, face);
  const [one, other] = [await openReplica(), await openReplica()];
  for (const [index, embedding] of faces.entries()) await enrol(applicationId, `${index}`, embedding);
  await one.caughtUp();
  for (let index = 0; index < 30; index += 3) {
    await dropSubject(database.db, applicationId, subjectOf(applicationId, `${index}`).subject);
  }
  // Enrolled anew with another face: the former one is nobody's any more.
  const renewed = face();
  await enrol(applicationId, '1', renewed);
  await Promise.all([one.caughtUp(), other.caughtUp()]);
  const late = await openReplica();
  for (const replica of [one, other, late]) {
    for (const [index, embedding] of faces.entries()) {
      const gone = index % 3 === 0 || index === 1;
      expect(await sessionsFound(replica, applicationId, embedding)).toEqual(
        gone ? [] : [`session of ${index}`],
      );
    }
    expect(await sessionsFound(replica, applicationId, renewed)).toEqual(['session of 1']);
  }
});

test('a change that nobody tells of is read within seconds', async () => {
  const applicationId = randomUUID();
  const replica = await openReplica({ intervalMs: 50 });
  const embedding = face();
  await enrol(applicationId, 'quiet', embedding);
  await expect
    .poll(() => sessionsFound(replica, applicationId, embedding), { timeout: 10_000 })
    .toEqual(['session of quiet']);
});

test('a transaction that was under way when others were read is not missed', async () => {
  const applicationId = randomUUID();
  const replica = await openReplica();
  const [slow, quick] = [face(), face()];
  await activeKey(database.db, applicationId);
  const open = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const committed = database.transaction(async (tx) => {
    await enrol(applicationId, 'slow', slow, tx);
    written.resolve();
    await open.promise;
  });
  await written.promise;
  await enrol(applicationId, 'quick', quick);
  await replica.caughtUp();
  expect(await sessionsFound(replica, applicationId, quick)).toEqual(['session of quick']);
  expect(await sessionsFound(replica, applicationId, slow)).toEqual([]);
  open.resolve();
  await committed;
  await replica.caughtUp();
  expect(await sessionsFound(replica, applicationId, slow)).toEqual(['session of slow']);
});

test('a transaction that stays open does not have others read again, and is read once it ends', async () => {
  const applicationId = randomUUID();
  await activeKey(database.db, applicationId);
  let opened = 0;
  const counting: typeof vault = {
    ...vault,
    open: (...row) => {
      opened += 1;
      return vault.open(...row);
    },
  };
  const replica = await openReplica({ vault: counting });
  const open = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const committed = database.transaction(async (tx) => {
    await enrol(applicationId, 'slow', face(), tx);
    written.resolve();
    await open.promise;
  });
  await written.promise;
  opened = 0;
  for (const name of ['one', 'two', 'three']) {
    await enrol(applicationId, name, face());
    await replica.caughtUp();
  }
  expect(opened).toBe(3);
  open.resolve();
  await committed;
  await replica.caughtUp();
  expect(opened).toBe(4);
  await replica.caughtUp();
  expect(opened).toBe(4);
});

test('what was restored from another cluster is found, and not read again and again', async () => {
  const applicationId = randomUUID();
  const embedding = face();
  await enrol(applicationId, 'restored', embedding);
  // Of a transaction far in this cluster's future; the trigger would set it right.
  await database.transaction(async (tx) => {
    await sql`ALTER TABLE templates DISABLE TRIGGER note_changed_face`.execute(tx);
    await sql`UPDATE templates SET changed_in = '123456789'::xid8 WHERE application_id = ${applicationId}`.execute(
      tx,
    );
    await sql`ALTER TABLE templates ENABLE TRIGGER note_changed_face`.execute(tx);
  });
  const replica = await openReplica();
  expect(await sessionsFound(replica, applicationId, embedding)).toEqual(['session of restored']);
  await dropSubject(database.db, applicationId, subjectOf(applicationId, 'restored').subject);
  await replica.caughtUp();
  expect(await sessionsFound(replica, applicationId, embedding)).toEqual([]);
});

test('a row whose removal nobody tells of is in memory still, and yet not found', async () => {
  const applicationId = randomUUID();
  const embedding = face();
  await enrol(applicationId, 'gone', embedding);
  const replica = await openReplica();
  await dropSubject(database.db, applicationId, subjectOf(applicationId, 'gone').subject);
  await sql`DELETE FROM removed_faces`.execute(database.db);
  await replica.caughtUp();
  expect(await sessionsFound(replica, applicationId, embedding)).toEqual([]);
});

test('everything is read again where nobody can tell what has changed', () => {
  const at = (hours: number, oldest: bigint) => ({
    oldest,
    text: `${oldest}:${oldest + 5n}:`,
    at: new Date(hours * 3_600_000),
  });
  const last = at(0, 7n);
  expect(readSince(undefined, last)).toBeUndefined();
  expect(readSince(last, at(1, 9n))).toBe(last);
  expect(readSince(last, at(22, 7n))).toBe(last);
  // Removals are forgotten after a day.
  expect(readSince(last, at(23.1, 9n))).toBeUndefined();
  // The database is an older one now.
  expect(readSince(last, at(1, 6n))).toBeUndefined();
});

test('former key versions match until they are revoked, and then at once nowhere', async () => {
  const applicationId = randomUUID();
  const [old, young] = [face(), face()];
  await enrol(applicationId, 'old', old);
  await retireActiveKey(database.db, applicationId);
  await enrol(applicationId, 'young', young);
  const replica = await openReplica();
  expect(await sessionsFound(replica, applicationId, old)).toEqual(['session of old']);
  expect(await sessionsFound(replica, applicationId, young)).toEqual(['session of young']);

  await eraseKey(database.db, applicationId, 1);
  // Before anything was read again.
  expect(await sessionsFound(replica, applicationId, old)).toEqual([]);
  await eraseRevoked({ database });
  await replica.caughtUp();
  expect(await sessionsFound(replica, applicationId, young)).toEqual(['session of young']);
});

test('without room for all of them nothing is said to have been searched', async () => {
  const applicationId = randomUUID();
  for (let index = 0; index < 3; index += 1) await enrol(applicationId, `${index}`, face());
  const lines: string[] = [];
  const replica = openFaceSearch({
    database,
    vault,
    log: createLog('biometrics', 'error', { write: (line: string) => void lines.push(line) }),
    threads: 1,
    // One block, for the shelf of one of the applications in the table.
    maxBytes: 1,
    intervalMs: NEVER_MS,
  });
  replicas.push(replica);
  await replica.built;
  expect(replica.state()).toBe('full');
  expect(lines.join()).toContain('search_index_full');
  const searched = await replica.search({ applicationId, subject: undefined }, face(), 'others');
  expect(searched).toEqual({ searchOutcome: 'unavailable', searchMatches: [] });
});

test('a row that was altered is not found, and keeps nobody else from being found', async () => {
  const applicationId = randomUUID();
  const [altered, whole] = [face(), face()];
  await enrol(applicationId, 'altered', altered);
  await enrol(applicationId, 'whole', whole);
  await sql`UPDATE templates SET sealed = set_byte(sealed, 99, get_byte(sealed, 99) # 1)
    WHERE application_id = ${applicationId} AND session_id = 'session of altered'`.execute(database.db);
  const replica = await openReplica();
  expect(await sessionsFound(replica, applicationId, altered)).toEqual([]);
  expect(await sessionsFound(replica, applicationId, whole)).toEqual(['session of whole']);
});
