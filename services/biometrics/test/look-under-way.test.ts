import { enqueueDeferred } from '@selfsame/bus/deferred';
import { type Database, openDatabase } from '@selfsame/database/database';
import type { KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assetPlaces, loadModelBytes } from '../src/assets.ts';
import type { Context } from '../src/context.ts';
import { type Attempt, verify } from '../src/looks.ts';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { createVault } from '../src/outbound/vault.ts';
import { openWorkerPool, type WorkerPool } from '../src/outbound/worker-pool.ts';
import { openFaceSearch } from '../src/search/face-search.ts';
import { deviceOf } from '../src/serving/device.ts';
import { revokeTemplateKey, rotateTemplateKey } from '../src/template-keys.ts';
import { forget } from '../src/templates.ts';
import { face } from './faces.ts';
import { newSession, openWorld, type TestSession, type World } from './harness.ts';
import { noImages } from './no-images.ts';

let world: World;
let database: Database<BiometricsTables>;
let pool: WorkerPool;
let context: Context;
let close: () => Promise<void>;
beforeAll(async () => {
  world = await openWorld();
  database = await openDatabase({ service: 'biometrics', url: world.postgresUrl, migrations });
  pool = await openWorkerPool({
    models: await loadModelBytes(assetPlaces(process.env), {}),
    device: deviceOf('cpu', 1),
    workers: 1,
    queueLimit: 4,
    log: world.log,
    onBroken() {},
  });
  const vault = createVault(world.biometricKey);
  const room = { threads: 1, maxBytes: 2 ** 24, intervalMs: 3_600_000 };
  const faces = openFaceSearch({ database, vault, log: world.log, ...room });
  await faces.built;
  const bus = { enqueue: enqueueDeferred };
  const images = noImages({ database, log: world.log });
  context = {
    log: world.log,
    database,
    vault,
    bus,
    pool,
    faces,
    images,
    candidateDays: 30,
    adaptEveryMs: 86_400_000,
  };
  close = async () => {
    await faces.close();
    await pool.close();
    await database.close();
    await world.close();
  };
});
afterAll(() => close());

const [ada, adaAgain] = ['img/p04_1.jpg', 'img/p04_3.jpg'] as const;

/** A look at the same person, during which something else happens. */
function look(
  session: TestSession,
  asked: Partial<Attempt>,
  meanwhile: () => Promise<unknown>,
  within = context,
) {
  const watched: WorkerPool = {
    ...pool,
    async look(image, signal, options) {
      const seen = await pool.look(image, signal, options);
      await meanwhile();
      return seen;
    },
  };
  const attempt: Attempt = {
    ...newSession({ applicationId: session.applicationId, vendorData: session.vendorData }),
    image: face(adaAgain),
    reference: 'subject',
    keepCandidate: false,
    search: 'none',
    ...asked,
  };
  return verify({ ...within, pool: watched }, attempt, AbortSignal.timeout(30_000));
}

const revoke = ({ applicationId }: TestSession) => revokeTemplateKey(context, { applicationId, version: 1 });

async function enrolled(): Promise<TestSession> {
  const session = newSession();
  await world.enrol(session, ada);
  return session;
}

test('a look compares with nothing whose key is revoked before it answers, and renews nothing', async () => {
  const session = await enrolled();
  await rotateTemplateKey({ database }, session.applicationId);
  const before = await look(session, {}, async () => {});
  expect(before.match).toMatchObject({ outcome: 'compared' });
  expect(before.candidateId).toBeDefined();

  const after = await look(session, {}, () => revoke(session));
  expect(after.match).toEqual({ outcome: 'no_reference' });
  expect([after.candidateId, after.enrolledUnreadable]).toEqual([undefined, true]);
});

test('a look leaves nothing of a subject who is forgotten before it answers', async () => {
  for (const asked of [
    { reference: 'subject', keepCandidate: false },
    { reference: 'subject', keepCandidate: true },
    { reference: 'none', keepCandidate: true },
  ] as const) {
    const session = await enrolled();
    const { match, candidateId } = await look(session, asked, () => forget(context, session));
    expect(match.outcome).toBe(asked.reference === 'none' ? 'not_asked' : 'no_reference');
    expect(candidateId).toBeUndefined();
    expect(await world.kept(session)).toEqual([]);
  }
});

test('an ordinary sign-in asks Postgres once, also where templates adapt', async () => {
  const session = await enrolled();
  let asked = 0;
  const counter: KyselyPlugin = {
    transformQuery({ node }) {
      asked += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const counted = { ...context, database: { ...database, db: database.db.withPlugin(counter) } };
  const signIn = async (adaptsTemplate: boolean) => {
    asked = 0;
    const { candidateId } = await look(session, { adaptsTemplate }, async () => {}, counted);
    return { asked, adapts: candidateId !== undefined };
  };
  expect(await signIn(false)).toEqual({ asked: 1, adapts: false });
  // The template, the active key, the candidate.
  expect(await signIn(true)).toEqual({ asked: 3, adapts: true });
  await database.db
    .updateTable('templates')
    .set({ adapted_at: new Date() })
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'subject')
    .execute();
  expect(await signIn(true)).toEqual({ asked: 1, adapts: false });
});
