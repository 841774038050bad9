import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { MatchOutcome, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { type Database, openDatabase } from '@selfsame/database/database';
import type { HttpServer } from '@selfsame/http/server';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi } from '../src/inbound/http/server.ts';
import { migrations } from '../src/migrations.ts';
import { noteChange, readHistory } from '../src/outbound/history-store.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { createVault, type Vault } from '../src/outbound/vault.ts';
import { revokeTemplateKey, rotateTemplateKey } from '../src/template-keys.ts';
import { newSession, openWorld, type TestSession, type World } from './harness.ts';
import { noImages } from './no-images.ts';

let world: World;
let vault: Vault;
let database: Database<BiometricsTables>;
let api: HttpServer;
beforeAll(async () => {
  world = await openWorld({ BIOMETRICS_SWEEP_INTERVAL_MS: '100' });
  vault = createVault(world.biometricKey);
  database = await openDatabase({ service: 'biometrics', url: world.postgresUrl, migrations });
  const { log } = world;
  const bus = { enqueue: enqueueDeferred };
  const context = { log, database, vault, bus, images: noImages({ database, log }) };
  api = createApi(context as unknown as Parameters<typeof createApi>[0], {
    health: { started: () => true, live: () => true, ready: () => true },
    trustedProxies: [],
    // An application's id is its key.
    keys: async (digest) => {
      const applicationId = applications.get(Buffer.from(digest).toString('hex'));
      const more = { slug: 'test', name: 'Test', environment: 'live', keyId: 'key' } as const;
      return applicationId ? { applicationId, ...more } : null;
    },
  });
});
afterAll(async () => {
  await api.close();
  await database.close();
  await world.close();
});

const applications = new Map<string, string>();

async function call(session: TestSession, method: 'GET' | 'POST' | 'DELETE', path: string) {
  const { applicationId } = session;
  applications.set(createHash('sha256').update(applicationId).digest('hex'), applicationId);
  const url = `/v3/biometric-templates/${path}`;
  const answer = await api.inject({ method, url, headers: { 'x-api-key': applicationId } });
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() };
}

const [ada, adaLater, adaAgain, bob] = ['img/p04_1.jpg', 'img/p04_3.jpg', 'img/p04_4.jpg', 'img/p05_1.jpg'];

/** A later session of the same person. */
const returning = (session: TestSession) =>
  newSession({ applicationId: session.applicationId, vendorData: session.vendorData });

const signIn = (session: TestSession, picture: string, adaptsTemplate = true) =>
  world.verify(session, picture, { reference: ReferenceKind.SUBJECT, adaptsTemplate });

/** A sign-in that is approved. @returns the session */
async function pass(session: TestSession, picture: string): Promise<TestSession> {
  const later = returning(session);
  const { candidateId } = await signIn(later, picture);
  expect(candidateId).not.toBe('');
  await world.enter(later, 'Approved', { candidateId, enrols: false });
  return later;
}

async function enrolled(picture = ada): Promise<TestSession> {
  const session = newSession();
  await world.enrol(session, picture);
  return session;
}

const row = ({ applicationId }: TestSession) =>
  world.db
    .selectFrom('templates')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('kind', '=', 'subject')
    .executeTakeFirstOrThrow();

const change = (session: TestSession, set: Record<string, unknown>) =>
  world.db
    .updateTable('templates')
    .set(set)
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'subject')
    .execute();

/** As if the last adaptation were of the day before. */
const aDayLater = (session: TestSession) =>
  change(session, { adapted_at: new Date(Date.now() - 86_400_000) });

const subjectOf = ({ applicationId, vendorData }: TestSession) => ({
  applicationId,
  subject: vault.subjectOf(applicationId, vendorData),
});

const history = async (session: TestSession) =>
  (await readHistory(world.db, subjectOf(session))).map(({ kind }) => kind);

const score = async (session: TestSession, picture: string) =>
  (await signIn(returning(session), picture, false)).similarityScore ?? 0;

describe('an approved look that is very like the template', () => {
  test('is blended into it, and what was enrolled is kept beside it', async () => {
    const session = await enrolled();
    const [before, like] = [await row(session), await score(session, adaAgain)];
    const later = await pass(session, adaLater);
    const after = await row(session);
    expect(after.sealed.equals(before.sealed)).toBe(false);
    expect(after.anchor?.equals(before.sealed)).toBe(true);
    expect(after).toMatchObject({
      session_id: session.sessionId,
      created_at: before.created_at,
      template_uuid: before.template_uuid,
    });
    expect(after.adapted_at).not.toBeNull();
    expect(await score(session, adaAgain)).toBeGreaterThan(like);
    const [adapted] = await readHistory(world.db, subjectOf(session));
    expect(adapted).toMatchObject({ kind: 'adapted', session_id: later.sessionId });
    expect(adapted?.look_similarity).toBeGreaterThan(92);
    expect(adapted?.anchor_similarity).toBeGreaterThan(99.64);
    expect(await history(session)).toEqual(['adapted', 'enrolled']);
  });

  test('is found by searches as it is now', async () => {
    const session = await enrolled();
    const stranger = newSession({ applicationId: session.applicationId });
    const find = async () => {
      const search = FaceSearchScope.OTHERS;
      const { searchMatches } = await world.verify(stranger, adaLater, { search });
      return searchMatches[0]?.similarity ?? 0;
    };
    const before = await waitFor('the face is found', find);
    await pass(session, adaLater);
    await waitFor('the adapted template is found', async () => (await find()) > before + 0.5);
  });

  test('leaves a candidate once a day, and none where the workflow does not want it', async () => {
    const session = await enrolled();
    expect((await signIn(returning(session), adaLater, false)).candidateId).toBe('');
    await pass(session, adaLater);
    expect((await signIn(returning(session), adaLater)).candidateId).toBe('');
    await aDayLater(session);
    await pass(session, adaLater);
    expect(await history(session)).toEqual(['adapted', 'adapted', 'enrolled']);
  });

  test('is blended in once, however many looks of a day wait for their verdict and however often it is told', async () => {
    const session = await enrolled();
    const looks = [returning(session), returning(session)];
    const candidates = await Promise.all(looks.map((each) => signIn(each, adaLater)));
    for (const [index, each] of [...looks, ...looks].entries()) {
      const candidateId = candidates[index % 2]?.candidateId ?? '';
      await world.enter(each, 'Approved', { candidateId, enrols: false });
    }
    expect(await history(session)).toEqual(['adapted', 'enrolled']);
    expect(await world.kept(session)).toEqual(['subject']);
  });

  test.each([
    ['declined', 'Declined'],
    ['left', 'Abandoned'],
  ])('is not blended in when its session is %s', async (_, status) => {
    const session = await enrolled();
    const later = returning(session);
    const { candidateId } = await signIn(later, adaLater);
    await world.enter(later, status, { candidateId, enrols: false });
    expect(await history(session)).toEqual(['enrolled']);
  });

  test('is not blended into what somebody has enrolled since', async () => {
    const session = await enrolled();
    const later = returning(session);
    const { candidateId } = await signIn(later, adaLater);
    await world.enrol(returning(session), adaAgain);
    await world.enter(later, 'Approved', { candidateId, enrols: false });
    expect(await history(session)).toEqual(['enrolled', 'enrolled']);
  });
});

test('neither a stranger nor a look that would lead away from the anchor leaves a candidate', async () => {
  const session = newSession();
  await world.enrol(session, bob);
  const { sealed, key_id, pipeline_version } = await row(session);
  await world.enrol(returning(session), ada);
  expect((await signIn(returning(session), bob)).candidateId).toBe('');
  const anchor = { anchor: sealed, anchor_key_id: key_id, anchor_pipeline_version: pipeline_version };
  await change(session, anchor);
  const look = await signIn(returning(session), adaLater);
  expect(look.similarityScore).toBeGreaterThan(92);
  expect(look.candidateId).toBe('');
  // One that was altered costs nobody their sign-in.
  await change(session, { anchor: Buffer.alloc(sealed.length) });
  expect(await signIn(returning(session), adaLater)).toMatchObject({
    matchOutcome: MatchOutcome.COMPARED,
    candidateId: '',
  });
  expect(world.logged.join('')).toContain('the anchor of a template does not open');
});

test('a session that is declined after its look was blended in takes that along, and nothing else', async () => {
  const session = await enrolled();
  const before = await row(session);
  const later = await pass(session, adaLater);
  await aDayLater(session);
  await pass(session, adaLater);
  await world.enter(later, 'Declined', { enrols: false });
  const after = await row(session);
  expect(after.sealed.equals(before.sealed)).toBe(true);
  expect(after.anchor).toBeNull();
  expect(await history(session)).toEqual(['reverted', 'adapted', 'adapted', 'enrolled']);
  // Told again, or of a session whose look is out of it by now.
  await world.enter(later, 'Declined', { enrols: false });
  expect(await history(session)).toHaveLength(4);
});

test('a new enrolment is its own anchor; a declined one leaves no history', async () => {
  const session = await enrolled();
  await pass(session, adaLater);
  const again = returning(session);
  const { template_uuid } = await row(session);
  await world.enrol(again, adaAgain);
  expect(await row(session)).toMatchObject({ anchor: null, adapted_at: null, template_uuid });
  expect(await history(session)).toEqual(['enrolled', 'adapted', 'enrolled']);
  await world.enter(again, 'Declined');
  expect(await world.kept(session)).toEqual([]);
  expect(await history(session)).toEqual([]);
});

describe('a new key version', () => {
  test('takes the anchor along with the next approved look, which has to be like it', async () => {
    const session = await enrolled();
    await pass(session, adaLater);
    await rotateTemplateKey({ database }, session.applicationId);
    await aDayLater(session);
    await pass(session, adaAgain);
    expect(await history(session)).toEqual(['renewed', 'adapted', 'enrolled']);
    expect(await row(session)).toMatchObject({ key_version: 2, session_id: session.sessionId });
    const { template_uuid } = await row(session);
    expect(await call(session, 'POST', `${template_uuid}/revert/`)).toMatchObject({
      status: 200,
      body: { reverted: true, key_version: 2 },
    });
    // Reads as what was enrolled, turned over to the new version.
    expect(await score(session, ada)).toBeGreaterThan(99);
  });

  test('carries nobody far: what is like the template and not like the anchor renews nothing', async () => {
    const session = newSession();
    await world.enrol(session, bob);
    const { sealed, key_id, pipeline_version } = await row(session);
    await world.enrol(returning(session), ada);
    const anchor = { anchor: sealed, anchor_key_id: key_id, anchor_pipeline_version: pipeline_version };
    await change(session, anchor);
    await rotateTemplateKey({ database }, session.applicationId);
    await pass(session, adaLater);
    expect((await row(session)).key_version).toBe(1);
    expect(world.logged.join('')).toContain('would lead too far from the face that was enrolled');
  });

  test('that is revoked leaves no anchor', async () => {
    const session = await enrolled();
    await pass(session, adaLater);
    const { applicationId } = session;
    await revokeTemplateKey({ database, bus: { enqueue: enqueueDeferred } }, { applicationId, version: 1 });
    await waitFor('it is erased', async () => (await row(session)).sealed.length === 0);
    expect(await row(session)).toMatchObject({ anchor: null, anchor_key_id: null, adapted_at: null });
  });
});

test('what an earlier release writes has no anchor of the template before', async () => {
  // A renewal and an enrolment of a release that knows no anchors.
  for (const write of [{ key_version: 2 }, { created_at: new Date() }]) {
    const session = await enrolled();
    await pass(session, adaLater);
    await change(session, { sealed: (await row(session)).anchor, ...write });
    expect(await row(session)).toMatchObject({ anchor: null, adapted_at: null });
  }
  // Candidates that it would take for those of an enrolment say that they only renew, and there is nothing to renew.
  const session = await enrolled();
  const { candidateId } = await signIn(returning(session), adaLater);
  const candidate = world.db.selectFrom('templates').selectAll().where('owner', '=', candidateId);
  expect(await candidate.executeTakeFirstOrThrow()).toMatchObject({ rekey: true, adapts: true });
});

test('of a history the latest hundred changes are kept', async () => {
  const key = subjectOf(await enrolled());
  for (let index = 0; index < 120; index += 1) {
    await noteChange(world.db, key, { kind: 'adapted', sessionId: `${index}`, scores: { look: 95 } });
  }
  const kept = await readHistory(world.db, key);
  expect(kept).toHaveLength(100);
  expect([kept[0]?.session_id, kept.at(-1)?.session_id]).toEqual(['119', '20']);
});

describe('the routes', () => {
  test('list and count the application’s own, by user where one is named', async () => {
    const session = await enrolled();
    const second = newSession({ applicationId: session.applicationId });
    await world.enrol(second, bob);
    const all = await call(session, 'GET', '?limit=1');
    expect(all).toMatchObject({ status: 200, body: { count: 2, previous: null } });
    expect(all.body.next).toContain('offset=1');
    expect(all.body.results).toMatchObject([
      { session_id: second.sessionId, adapted_at: null, key_version: 1, revoked: false },
    ]);
    const named = await call(session, 'GET', `?vendor_data=${session.vendorData}`);
    expect(named.body).toMatchObject({ count: 1, results: [{ session_id: session.sessionId }] });
    expect(JSON.stringify(named.body.results)).not.toContain(session.vendorData);
    expect((await call(session, 'GET', 'count/')).body).toEqual({ count: 2 });
    expect((await call(session, 'GET', 'count/?vendor_data=nobody')).body).toEqual({ count: 0 });
    expect((await call(newSession(), 'GET', '')).body).toMatchObject({ count: 0, results: [] });
    expect((await api.inject({ method: 'GET', url: '/v3/biometric-templates/' })).statusCode).toBe(401);
  });

  test('read one with its history, revert it at once, and delete it with everything', async () => {
    const session = await enrolled();
    await pass(session, adaLater);
    const { template_uuid: uuid } = await row(session);
    const like = await score(session, ada);
    const adapted = await call(session, 'GET', `${uuid}/`);
    expect(adapted.body).toMatchObject({ template_uuid: uuid, session_id: session.sessionId });
    expect(adapted.body.adapted_at).not.toBeNull();

    expect((await call(session, 'POST', `${uuid}/revert/`)).body).toMatchObject({
      reverted: true,
      adapted_at: null,
    });
    expect(await score(session, ada)).toBeGreaterThan(like);
    expect((await call(session, 'POST', `${uuid}/revert/`)).body).toMatchObject({ reverted: false });
    // Whoever reverts it has a reason: it does not go on the same day.
    expect((await signIn(returning(session), adaLater)).candidateId).toBe('');
    const changes = await call(session, 'GET', `${uuid}/history/?limit=2`);
    expect(changes.body).toMatchObject({
      count: 3,
      results: [{ kind: 'reverted', session_id: null }, { kind: 'adapted' }],
    });

    await world.verify(returning(session), adaLater, { keepCandidate: true });
    expect((await call(session, 'DELETE', `${uuid}/`)).status).toBe(204);
    expect(await world.kept(session)).toEqual([]);
    expect(await history(session)).toEqual([]);
    expect((await call(session, 'DELETE', `${uuid}/`)).status).toBe(404);
  });

  test('know no template of another application', async () => {
    const session = await enrolled();
    const { template_uuid: uuid } = await row(session);
    const stranger = newSession();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', 'history/'],
      ['POST', 'revert/'],
      ['DELETE', ''],
    ] as const) {
      expect((await call(stranger, method, `${uuid}/${path}`)).status).toBe(404);
    }
    expect(await world.kept(session)).toEqual(['subject']);
  });
});

test('the command tells the history of a user and reverts, and both are recorded without a name', async () => {
  const session = await enrolled();
  await pass(session, adaLater);
  const command = async (action: string, vendorData = session.vendorData) => {
    const path = new URL('../src/cli/templates.ts', import.meta.url).pathname;
    const of = ['--application', session.applicationId, '--vendor-data', vendorData];
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: world.postgresUrl,
      BIOMETRIC_KEY: world.biometricKey.toString('base64'),
    };
    const child = spawn(process.execPath, [path, action, ...of], { env });
    const [out, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const lines = out.trim().split('\n').filter(Boolean);
    return { complaint, lines: lines.map((line) => JSON.parse(line)) };
  };
  const { template_uuid } = await row(session);
  expect((await command('history')).lines).toMatchObject([{ kind: 'adapted' }, { kind: 'enrolled' }]);
  expect((await command('revert')).lines).toEqual([{ template_uuid, reverted: true }]);
  expect(await history(session)).toEqual(['reverted', 'adapted', 'enrolled']);
  expect((await command('revert', 'nobody')).complaint).toContain('nobody of this name is enrolled');
  const { rows } = await sql<{ payload: Buffer }>`
    SELECT payload FROM outbox WHERE subject = 'selfsame.api.called'`.execute(world.db);
  const recorded = rows.map(({ payload }) => payload.toString());
  expect(
    recorded.filter((each) => each.includes(`templates history --template ${template_uuid}`)),
  ).toHaveLength(1);
  expect(recorded.join('')).not.toContain(session.vendorData);
});
