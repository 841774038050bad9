import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { type Bus, openBus } from '@selfsame/bus/bus';
import {
  erasureConfirmed,
  sessionDeleted,
  sessionStatusChanged,
  subjectErased,
} from '@selfsame/contracts/catalog';
import {
  type ErasureConfirmed,
  SessionDeleted,
  SessionStatusChanged,
  SubjectErased,
} from '@selfsame/contracts/session/v1/events';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { type TestNats, testNats } from '@selfsame/testing/nats';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../src/context.ts';
import { confirmFinished } from '../src/erasure.ts';
import { insertStoring, noteKept } from '../src/images/image-store.ts';
import { createImages } from '../src/images/images.ts';
import { createImageLinks } from '../src/images/links.ts';
import { type ObjectStore, openObjectStore } from '../src/images/object-store.ts';
import { subscribeAll } from '../src/inbound/consumers.ts';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { createVault } from '../src/outbound/vault.ts';

/** Nothing here looks at a face: the consumers, on a real database and bus. */
const lines: string[] = [];
const log = createLog(
  'biometrics',
  'debug',
  new Writable({ write: (line, _, done) => done(void lines.push(String(line))) }),
);
const vault = createVault(randomBytes(32));
const application = randomUUID();
const confirmed: ErasureConfirmed[] = [];

let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
let nats: TestNats;
let database: Database<BiometricsTables>;
let bus: Bus<BiometricsTables>;
let session: Bus;
let folder: string;
let store: ObjectStore;
/** The object store is away. */
let isAway = false;
let context: Context;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  await migrate({ service: 'biometrics', url: postgres.url, migrations, log });
  database = await openDatabase<BiometricsTables>({ service: 'biometrics', url: postgres.url, migrations });
  bus = await openBus({ service: 'biometrics', url: nats.url, log, database });
  session = await openBus({ service: 'session', url: nats.url, log });
  folder = await mkdtemp(join(tmpdir(), 'selfsame-erasure-'));
  const opened = await openObjectStore({
    objectStoreUrl: pathToFileURL(folder).href,
    objectStoreAccessKeyId: undefined,
    objectStoreSecretAccessKey: undefined,
    objectStoreRegion: 'eu-central-1',
    imageLinkSeconds: 60,
  });
  if (opened === null) throw new Error('no store');
  store = {
    ...opened,
    remove: async (name) => {
      if (isAway) throw new Error('the store is away');
      await opened.remove(name);
    },
  };
  const never = () => {
    throw new Error('nothing is read');
  };
  const images = createImages({
    database,
    keyring: { seal: never, open: never },
    store,
    links: createImageLinks(randomBytes(32)),
    linkSeconds: 60,
    log,
  });
  context = { log, database, vault, bus, images, candidateDays: 30, adaptEveryMs: 0 } as unknown as Context;
  await subscribeAll(context, bus);
  await session.listen(erasureConfirmed, ({ message }) => void confirmed.push(message));
});
afterAll(async () => {
  await session.close();
  await bus.close();
  await database.close();
  await nats.stop();
  await postgres.drop();
  await rm(folder, { recursive: true, force: true });
});

async function insert(kind: 'subject' | 'candidate' | 'reference', of: { vendorData: string; id: string }) {
  const subject = vault.subjectOf(application, of.vendorData);
  const owner = { subject, candidate: `candidate-${of.id}`, reference: of.id }[kind];
  const later = new Date(Date.now() + 3_600_000);
  await database.db
    .insertInto('templates')
    .values({
      application_id: application,
      kind,
      owner,
      subject: kind === 'candidate' ? subject : null,
      session_id: of.id,
      key_id: 'k',
      key_version: 1,
      pipeline_version: 'p',
      embedding_space: 'e',
      sealed: randomBytes(40),
      expires_at: kind === 'subject' ? null : later,
    })
    .execute();
  return owner;
}

async function erase(message: Parameters<typeof SubjectErased.fromPartial>[0], erasureId = randomUUID()) {
  const event = SubjectErased.fromPartial({
    applicationId: application,
    occurredAt: new Date(),
    erasureId,
    ...message,
  });
  await session.publish(subjectErased, randomUUIDv7(), event);
  return erasureId;
}

const confirmationsOf = (id: string) => confirmed.filter(({ erasureId }) => erasureId === id);
const confirmation = (id: string) => waitFor('it is confirmed', () => confirmationsOf(id)[0]);
const countOf = ({ removed }: ErasureConfirmed, kind: string) =>
  removed.find((one) => one.kind === kind)?.count;

/** Every row of every table as text. */
async function dump(): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'biometrics'`.execute(
    database.db,
  );
  const tables = await Promise.all(
    rows.map(({ name }) =>
      sql<{ text: string }>`SELECT t::text AS text FROM ${sql.table(name)} AS t`.execute(database.db),
    ),
  );
  return tables.flatMap((table) => table.rows.map(({ text }) => text)).join('\n');
}

test('an event of a deleted session that could not be handled goes with it', async () => {
  const sessionId = randomUUIDv7();
  const about = SessionStatusChanged.fromPartial({ sessionId, vendorData: 'a name' });
  const payload = Buffer.from(SessionStatusChanged.encode(about).finish());
  const { db } = database;
  await sql`
    INSERT INTO dead_letters (consumer, event_id, subject, payload, headers, reason, deliveries)
    VALUES ('test', ${sessionId}, ${sessionStatusChanged.subject}, ${payload}, '{}', 'test', 1)`.execute(db);
  await session.publish(
    sessionDeleted,
    randomUUIDv7(),
    SessionDeleted.fromPartial({ sessionId, applicationId: application }),
  );
  await waitFor('it is gone', async () => {
    const { rows } = await sql`SELECT FROM dead_letters WHERE event_id = ${sessionId}`.execute(db);
    return rows.length === 0;
  });
});

test('everything of a person goes, and one confirmation says how much, however often it is told', async () => {
  const vendorData = `ann-${randomUUID()}`;
  const [enrolled, waiting] = [randomUUIDv7(), randomUUIDv7()];
  const subject = await insert('subject', { vendorData, id: enrolled });
  await insert('candidate', { vendorData, id: waiting });
  await insert('reference', { vendorData, id: waiting });
  const neighbour = await insert('subject', { vendorData: `bob-${randomUUID()}`, id: randomUUIDv7() });
  const erasureId = await erase({ vendorData, sessionIds: [enrolled, waiting] });
  const first = await confirmation(erasureId);
  expect(first).toMatchObject({ service: 'biometrics', applicationId: application });
  expect([countOf(first, 'templates'), countOf(first, 'faces that waited for a verdict')]).toEqual([1n, 1n]);
  await erase({ vendorData, sessionIds: [enrolled, waiting] }, erasureId);
  await confirmation(await erase({ vendorData: 'nobody' }));
  expect(confirmationsOf(erasureId)).toHaveLength(1);
  const left = await dump();
  expect(left).not.toContain(subject);
  expect(left).not.toContain(Buffer.from(vendorData).toString('hex'));
  expect(left).toContain(neighbour);
  expect(lines.join('')).not.toContain(vendorData);
});

test('an approval that comes late enrols nobody, in whichever order', async () => {
  const vendorData = `cai-${randomUUID()}`;
  const id = randomUUIDv7();
  await confirmation(await erase({ vendorData, sessionIds: [id] }));
  // What a look that was under way has left, and the verdict on it.
  const candidateId = await insert('candidate', { vendorData, id });
  const eventId = randomUUIDv7();
  const approved = SessionStatusChanged.fromPartial({
    sessionId: id,
    applicationId: application,
    vendorData,
    status: 'Approved',
    sequence: 3n,
    enrols: true,
    candidateId,
  });
  await session.publish(sessionStatusChanged, eventId, approved);
  await waitFor('it was followed', async () => {
    const { rows } = await sql`SELECT FROM inbox WHERE event_id = ${eventId}`.execute(database.db);
    return rows.length > 0;
  });
  const { rows } = await sql`SELECT FROM templates WHERE session_id = ${id}`.execute(database.db);
  expect(rows).toHaveLength(0);
});

test('who has enrolled under the same name since is somebody new', async () => {
  const vendorData = `dee-${randomUUID()}`;
  const occurredAt = new Date(Date.now() - 5_000);
  const young = randomUUIDv7();
  const subject = await insert('subject', { vendorData, id: young });
  const first = await confirmation(await erase({ vendorData, sessionIds: [randomUUIDv7()], occurredAt }));
  expect(countOf(first, 'templates')).toBe(0n);
  expect(await dump()).toContain(subject);
});

test('pictures are said to be gone when their objects are, and not while the store is away', async () => {
  const id = randomUUIDv7();
  const imageId = randomUUID();
  await insertStoring(
    database.db,
    { applicationId: application, sessionId: id },
    { imageId, kind: 'live', contentType: 'image/jpeg' },
  );
  await noteKept(database.db, imageId);
  isAway = true;
  const erasureId = await erase({ vendorData: '', sessionIds: [id] });
  await waitFor('it is told, and waits', async () => {
    const rows = await database.db.selectFrom('waiting_erasures').select('erasure_id').execute();
    return rows.length === 1;
  });
  expect(await confirmFinished(context)).toBe(0);
  isAway = false;
  await context.images.sweep();
  await confirmFinished(context);
  expect(countOf(await confirmation(erasureId), 'pictures')).toBe(1n);
  expect(await readdir(folder)).toEqual([]);
  expect(await dump()).not.toContain(imageId);
});
