import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { openBus } from '@selfsame/bus/bus';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { MatchOutcome, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceListKind } from '@selfsame/contracts/biometrics/v1/service';
import { templateEnrolled, templateForgotten } from '@selfsame/contracts/catalog';
import { type Database, openDatabase } from '@selfsame/database/database';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RowOwner } from '../src/domain/template.ts';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { putTemplate } from '../src/outbound/template-store.ts';
import { createVault, type Vault } from '../src/outbound/vault.ts';
import { protectPlainTemplates } from '../src/plain-templates.ts';
import { startSweeper } from '../src/sweeper.ts';
import { revokeTemplateKey, rotateTemplateKey } from '../src/template-keys.ts';
import { sealAsBefore } from './earlier-release.ts';
import { face } from './faces.ts';
import { newSession, openWorld, type TestSession, type World } from './harness.ts';
import { openLooker, subjectOf } from './looker.ts';
import { noImages } from './no-images.ts';

let world: World;
let vault: Vault;
let database: Database<BiometricsTables>;
/** What the service told of templates, with the application it told it of. */
const told: { event: 'enrolled' | 'forgotten'; applicationId: string; keyVersion?: number }[] = [];
let close: () => Promise<void>;
beforeAll(async () => {
  world = await openWorld();
  vault = createVault(world.biometricKey);
  const bus = await openBus({ service: 'capture', url: world.settings.NATS_URL, log: world.log });
  await bus.listen(templateEnrolled, ({ message: { applicationId, keyVersion } }) => {
    told.push({ event: 'enrolled', applicationId, keyVersion });
  });
  await bus.listen(templateForgotten, ({ message: { applicationId } }) => {
    told.push({ event: 'forgotten', applicationId });
  });
  database = await openDatabase({ service: 'biometrics', url: world.postgresUrl, migrations });
  close = async () => {
    await database.close();
    await bus.close();
    await world.close();
  };
});
afterAll(() => close());

const [ada, adaAgain, bob] = ['img/p04_1.jpg', 'img/p04_3.jpg', 'img/p05_1.jpg'] as const;

/** A later session of the same person. */
const returning = (session: TestSession) =>
  newSession({ applicationId: session.applicationId, vendorData: session.vendorData });

const signIn = (session: TestSession, picture: string) =>
  world.verify(session, picture, { reference: ReferenceKind.SUBJECT });

const bindPortrait = (session: TestSession, picture: string) =>
  world.client.bindReference({
    ...session,
    image: Buffer.from(face(picture)),
    expiresAt: new Date(Date.now() + 3_600_000),
  });

const rows = ({ applicationId }: TestSession) =>
  world.db
    .selectFrom('templates')
    .select(['kind', 'key_version', 'session_id', 'sealed'])
    .where('application_id', '=', applicationId)
    .orderBy('kind')
    .execute();

const subjectVersion = async (session: TestSession) =>
  (await rows(session)).find(({ kind }) => kind === 'subject')?.key_version;

/** Runs the command as its own process. @returns its lines as they parse, or what it complained of */
async function command(...args: string[]): Promise<{ code: number; lines: object[]; complaint: string }> {
  const path = new URL('../src/cli/template-keys.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [path, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: world.postgresUrl },
  });
  const [out, complaint, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((done) => child.once('close', done)),
  ]);
  const lines = out.trim().split('\n').filter(Boolean);
  return { code, complaint, lines: lines.map((line) => JSON.parse(line)) };
}

const rotate = ({ applicationId }: TestSession) => rotateTemplateKey({ database }, applicationId);
const revoke = ({ applicationId }: TestSession, version: number) =>
  revokeTemplateKey({ database, bus: { enqueue: enqueueDeferred } }, { applicationId, version });

const heard = (session: TestSession, event: 'enrolled' | 'forgotten', keyVersion?: number) =>
  waitFor(`${event} is told`, () =>
    told.some(
      (each) =>
        each.applicationId === session.applicationId &&
        each.event === event &&
        each.keyVersion === keyVersion,
    ),
  );

describe('a key version that retires', () => {
  test('goes on comparing, and is renewed by the next approved look, which need not enrol', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    await heard(session, 'enrolled', 1);
    expect(await signIn(returning(session), adaAgain)).toMatchObject({ candidateId: '' });
    expect(await rotate(session)).toEqual({ active: 2, retiring: 1 });

    const pass = returning(session);
    const look = await signIn(pass, adaAgain);
    expect(look.similarityScore).toBeGreaterThan(90);
    expect(look.enrolledSimilarity).toBe(look.similarityScore);
    expect(await subjectVersion(session)).toBe(1);
    await world.enter(pass, 'Approved', { candidateId: look.candidateId, enrols: false });
    await heard(session, 'enrolled', 2);
    expect(await rows(session)).toMatchObject([
      { kind: 'subject', key_version: 2, session_id: session.sessionId },
    ]);

    const next = await signIn(returning(session), ada);
    expect(next.similarityScore).toBeGreaterThan(90);
    expect(next.candidateId).toBe('');
  });

  test.each([
    ['a stranger', bob],
    ['a face that is not fit to be a template', 'edge/masked.jpg'],
  ])('is not renewed by %s', async (_, picture) => {
    const session = newSession();
    await world.enrol(session, ada);
    await rotate(session);
    expect((await signIn(returning(session), picture)).candidateId).toBe('');
  });

  test('is not renewed by whoever is like a portrait and not like the one enrolled', async () => {
    const [stranger, owner] = [newSession(), newSession()];
    for (const session of [stranger, owner]) {
      await world.enrol(session, ada);
      await rotate(session);
    }
    const picture = new Map([
      [stranger, [bob, 'img/p05_2.jpg'] as const],
      [owner, [ada, adaAgain] as const],
    ]);
    const kept = [];
    for (const [session, [portrait, shown]] of picture) {
      const pass = returning(session);
      await bindPortrait(pass, portrait);
      const look = await world.verify(pass, shown, { reference: ReferenceKind.SESSION });
      expect(look.similarityScore).toBeGreaterThan(70);
      kept.push(look.candidateId !== '');
    }
    expect(kept).toEqual([false, true]);
  });

  test('stays that of the session which enrolled it, whoever renews it', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    await rotate(session);
    const pass = returning(session);
    const { candidateId } = await signIn(pass, adaAgain);
    await world.enter(pass, 'Approved', { candidateId, enrols: false });
    // A sign-in that is declined by hand afterwards had enrolled nobody.
    await world.enter(pass, 'Declined', { enrols: false });
    expect(await subjectVersion(session)).toBe(2);
    await world.enter(session, 'Declined');
    expect(await rows(session)).toEqual([]);
  });

  test('does not come back with a candidate that waited since before', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    const waiting = returning(session);
    const candidateId = await world.keep(waiting, adaAgain);
    await world.enter(waiting, 'In Review', { candidateId });
    await rotate(session);
    const pass = returning(session);
    const look = await signIn(pass, adaAgain);
    await world.enter(pass, 'Approved', { candidateId: look.candidateId, enrols: false });
    await world.enter(waiting, 'Approved', { candidateId });
    expect(await rows(session)).toMatchObject([{ key_version: 2, session_id: waiting.sessionId }]);
    await revoke(session, 1);
    expect((await signIn(returning(session), ada)).similarityScore).toBeGreaterThan(90);
  });

  test('is renewed by the verdict only: not before it, not by a refusal, not after it was forgotten', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    await rotate(session);
    const [refused, late] = [returning(session), returning(session)];
    const { candidateId } = await signIn(refused, adaAgain);
    await world.enter(refused, 'Declined', { candidateId, enrols: false, sequence: 4n });
    await world.enter(refused, 'Approved', { candidateId, enrols: false, sequence: 3n });
    expect(await subjectVersion(session)).toBe(1);

    const waiting = await signIn(late, adaAgain);
    const { applicationId, vendorData } = session;
    const { sealed } = (await rows(session)).find(({ kind }) => kind === 'candidate') ?? {};
    expect(sealed?.length).toBe(12 + 16 + 256);
    await world.client.forget({ subject: { applicationId, vendorData } });
    await heard(session, 'forgotten');
    await world.enter(late, 'Approved', { candidateId: waiting.candidateId, enrols: false });
    expect(await rows(session)).toEqual([]);
  });

  test('stays as it was renewed when an earlier look is approved late', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    await rotate(session);
    const [first, second] = [returning(session), returning(session)];
    const looks = [await signIn(first, adaAgain), await signIn(second, adaAgain)];
    await world.enter(second, 'Approved', { candidateId: looks[1]?.candidateId ?? '', enrols: false });
    const renewed = (await rows(session)).flatMap(({ kind, sealed }) => (kind === 'subject' ? sealed : []));
    await world.enter(first, 'Approved', { candidateId: looks[0]?.candidateId ?? '', enrols: false });
    expect(looks.map(({ candidateId }) => candidateId)).not.toContain('');
    expect((await rows(session)).map(({ sealed }) => sealed)).toEqual(renewed);
  });
});

test('a face that is put on a list while the version is revoked lies under the next one', async () => {
  const session = newSession();
  await world.enrol(session, ada);
  const { applicationId } = session;
  const goesOn = Promise.withResolvers<void>();
  const revoked = Promise.withResolvers<number>();
  const slowly: typeof database = {
    ...database,
    transaction: (run) =>
      database.transaction(async (tx) => {
        const result = await run(tx);
        const { rows: own } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx);
        revoked.resolve(own[0]?.pid ?? 0);
        await goesOn.promise;
        return result;
      }),
  };
  const bus = { enqueue: enqueueDeferred };
  const revocation = revokeTemplateKey({ database: slowly, bus }, { applicationId, version: 1 });
  const revoker = await revoked.promise;

  const image = Buffer.from(face(bob));
  const entry = { applicationId, listId: 'blocked', entryId: 'bob', kind: FaceListKind.BLOCKLIST };
  const state = { put: false };
  const putting = world.client.putFaceListEntry({ ...entry, image }).finally(() => {
    state.put = true;
  });
  await waitFor('the entry is written or waits', async () => {
    const { rows: waiting } = await sql`SELECT 1 FROM pg_locks
      WHERE NOT granted AND ${revoker}::integer = ANY(pg_blocking_pids(pid))`.execute(database.db);
    return state.put || waiting.length > 0;
  }).finally(goesOn.resolve);
  await Promise.all([revocation, putting]);
  const entries = await database.db
    .selectFrom('face_list_entries')
    .select(['entry_id', 'key_version'])
    .where('application_id', '=', applicationId)
    .execute();
  expect(entries).toEqual([{ entry_id: 'bob', key_version: 2 }]);
});

describe('a key version that is revoked', () => {
  test('compares with nothing from then on, and nothing of it is left', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    const open = returning(session);
    await bindPortrait(open, ada);
    await world.keep(open, ada);
    expect(await revoke(session, 1)).toEqual({ active: 2, erased: 3 });
    await heard(session, 'forgotten');

    expect((await signIn(returning(session), ada)).matchOutcome).toBe(MatchOutcome.NO_REFERENCE);
    const { applicationId, vendorData } = session;
    expect((await world.client.hasTemplate({ subject: { applicationId, vendorData } })).exists).toBe(false);
    expect(await rows(session)).toEqual([
      { kind: 'subject', key_version: 1, session_id: session.sessionId, sealed: Buffer.alloc(0) },
    ]);
    const keys = await world.db
      .selectFrom('template_keys')
      .select(['version', 'state', 'salt'])
      .where('application_id', '=', applicationId)
      .orderBy('version')
      .execute();
    expect(keys).toMatchObject([{ state: 'revoked', salt: null }, { state: 'active' }]);
    // Again, it is what it was.
    expect(await revoke(session, 1)).toEqual({ active: 2, erased: 0 });
  });

  test('is answered by enrolling again, and nobody enrols beside a portrait', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    await revoke(session, 1);
    const pass = returning(session);
    await bindPortrait(pass, bob);
    const beside = await world.verify(pass, 'img/p05_2.jpg', { reference: ReferenceKind.SESSION });
    expect(beside.similarityScore).toBeGreaterThan(70);
    expect([beside.candidateId, beside.enrolledUnreadable]).toEqual(['', true]);

    await world.enrol(returning(session), ada);
    expect(await subjectVersion(session)).toBe(2);
    expect((await signIn(returning(session), ada)).similarityScore).toBeGreaterThan(90);
  });

  test('renews nothing for a look that was approved after it', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    await rotate(session);
    const pass = returning(session);
    const { candidateId } = await signIn(pass, adaAgain);
    await revoke(session, 1);
    await world.enter(pass, 'Approved', { candidateId, enrols: false });
    expect(await rows(session)).toMatchObject([{ kind: 'subject', key_version: 1 }]);
  });

  test('is told apart from nobody being enrolled', async () => {
    const [session, nobody] = [newSession(), newSession()];
    await world.enrol(session, ada);
    const told = async (asked: TestSession) => {
      const image = Buffer.from(face(ada));
      const [compared, enrolling, examined] = [
        await signIn(returning(asked), ada),
        await world.verify(returning(asked), ada, { keepCandidate: true }),
        (await world.client.examine({ ...returning(asked), image, keepCandidate: true })).evidence,
      ];
      return [compared, enrolling, examined].map((evidence) => evidence?.enrolledUnreadable);
    };
    expect(await told(session)).toEqual([false, false, false]);
    await revoke(session, 1);
    expect(await told(session)).toEqual([true, true, true]);
    expect(await told(nobody)).toEqual([false, false, false]);
  });

  test('enrols nobody whose verdict comes late', async () => {
    const session = newSession();
    const candidateId = await world.keep(session, ada);
    await revoke(session, 1);
    await world.enter(session, 'Approved', { candidateId });
    expect(await rows(session)).toEqual([]);
  });

  test('takes no portrait for a renewal where nobody was enrolled', async () => {
    const session = newSession();
    await bindPortrait(session, ada);
    const look = await world.verify(session, adaAgain, { reference: ReferenceKind.SESSION });
    expect([look.matchOutcome, look.candidateId]).toEqual([MatchOutcome.COMPARED, '']);
  });
});

test('a look that may replace a template says how like the two are', async () => {
  const session = newSession();
  const first = await world.verify(session, ada, { keepCandidate: true });
  expect(first.enrolledSimilarity).toBeUndefined();
  await world.enter(session, 'Approved', { candidateId: first.candidateId });
  const again = await world.verify(returning(session), adaAgain, { keepCandidate: true });
  const stranger = await world.verify(returning(session), bob, { keepCandidate: true });
  expect(again.enrolledSimilarity).toBeGreaterThan(90);
  expect(stranger.enrolledSimilarity).toBeLessThan(30);
});

describe('what an earlier release stored', () => {
  async function storeAsBefore(session: TestSession, picture: string) {
    const { applicationId, sessionId, vendorData } = session;
    const subject = vault.subjectOf(applicationId, vendorData);
    const owners: RowOwner[] = [
      { kind: 'subject', applicationId, subject },
      { kind: 'reference', applicationId, sessionId },
      { kind: 'candidate', applicationId, sessionId, candidateId: randomUUID(), subject },
    ];
    const { embedding } = await subjectOf(await openLooker(), picture);
    for (const owner of owners) {
      const expiresAt = owner.kind === 'subject' ? null : new Date(Date.now() + 3_600_000);
      const template = sealAsBefore(world.biometricKey, owner, embedding);
      await putTemplate(world.db, owner, template, { sessionId, expiresAt });
    }
    return owners[2]?.kind === 'candidate' ? owners[2].candidateId : '';
  }

  test('is known by its length, also when it replaces a protected template without a word of versions', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    const { applicationId, vendorData } = session;
    const owner = {
      kind: 'subject',
      applicationId,
      subject: vault.subjectOf(applicationId, vendorData),
    } as const;
    const { embedding } = await subjectOf(await openLooker(), adaAgain);
    const { sealed, keyId, pipelineVersion } = sealAsBefore(world.biometricKey, owner, embedding);
    await world.db
      .updateTable('templates')
      .set({ sealed, key_id: keyId, pipeline_version: pipelineVersion })
      .where('application_id', '=', applicationId)
      .execute();
    expect(await subjectVersion(session)).toBe(0);
    expect((await signIn(returning(session), ada)).similarityScore).toBeGreaterThan(90);
    await protectPlainTemplates({ database, vault, log: world.log });
    expect(await subjectVersion(session)).toBe(1);
    expect((await signIn(returning(session), ada)).similarityScore).toBeGreaterThan(90);
  });

  test('stays readable for replicas of that release until it should be gone', async () => {
    const session = newSession();
    await storeAsBefore(session, ada);
    /** One pass: whoever stops it waits for the one under way. */
    const bus = { enqueue: async () => '' };
    const sweep = (convertAfterMinutes: number) =>
      startSweeper(
        { database, vault, log: world.log, bus, images: noImages({ database, log: world.log }) },
        { intervalMs: 60_000, convertAfterMinutes },
      ).stop();
    await sweep(60);
    expect(await subjectVersion(session)).toBe(0);
    await sweep(0);
    expect((await rows(session)).map((row) => row.key_version)).toEqual([1, 1, 1]);
  });

  test('compares at once, and is protected in its place', async () => {
    const session = newSession();
    const candidateId = await storeAsBefore(session, ada);
    const looks = [await signIn(returning(session), adaAgain)];
    const stranger = newSession();
    await storeAsBefore(stranger, bob);
    await world.db
      .updateTable('templates')
      .set({ sealed: Buffer.alloc(1_052) })
      .where('application_id', '=', stranger.applicationId)
      .where('kind', '=', 'reference')
      .execute();

    const convert = () => protectPlainTemplates({ database, vault, log: world.log });
    expect([await convert(), await convert()]).toEqual([5, 0]);

    expect(await rows(session)).toMatchObject(
      ['candidate', 'reference', 'subject'].map((kind) => ({ kind, key_version: 1 })),
    );
    expect((await rows(session)).map(({ sealed }) => sealed.length)).toEqual([284, 284, 284]);
    // What was altered is left as it is, and said.
    expect((await rows(stranger)).map((row) => row.key_version)).toEqual([1, 0, 1]);
    expect(world.logged.join('')).toContain('"refused":1');

    looks.push(await signIn(returning(session), adaAgain));
    looks.push(await world.verify(session, adaAgain, { reference: ReferenceKind.SESSION }));
    const [before, ...after] = looks.map((look) => look.similarityScore);
    expect(before).toBeGreaterThan(90);
    expect(after).toEqual([before, before]);
    await world.enter(session, 'Approved', { candidateId });
    expect(await subjectVersion(session)).toBe(1);
  });
});

describe('the command', () => {
  test('lists, rotates and revokes, a line for each thing', async () => {
    const session = newSession();
    const of = ['--application', session.applicationId];
    await world.enrol(session, ada);
    expect((await command('rotate', ...of)).lines).toEqual([{ active: 2, retiring: 1 }]);
    await world.keep(returning(session), ada);
    const { lines } = await command('list', ...of);
    expect(lines).toMatchObject([
      { version: 1, state: 'retiring', subjects: 1, candidates: 0, references: 0, revoked_at: null },
      { version: 2, state: 'active', subjects: 0, candidates: 1, references: 0, retired_at: null },
    ]);
    expect(JSON.stringify(lines)).not.toContain('salt');
    expect(await command('revoke', ...of, '--version', '1', '--yes')).toEqual({
      code: 0,
      lines: [{ revoked: 1, active: 2, erased: 1 }],
      complaint: '',
    });
    await heard(session, 'forgotten');
    expect(await command('revoke', ...of, '--version', '7')).toEqual({
      code: 1,
      lines: [],
      complaint: `template-keys: application ${session.applicationId} has no key version 7; it has 1, 2\n`,
    });
  });

  test.each([
    [
      ['rotate', '--application', 'nobody'],
      /application nobody has no template keys: its first face makes one/,
    ],
    [['revoke', '--application', 'nobody'], /usage:/],
    [
      ['revoke', '--application', 'nobody', '--version', 'x'],
      /--version must be a whole number from 1, not x/,
    ],
  ])('%j says what is wrong', async (args, complaint) => {
    const { code, lines, complaint: said } = await command(...args);
    expect([code, lines]).toEqual([1, []]);
    expect(said).toMatch(complaint);
  });
});
