import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { openBus } from '@selfsame/bus/bus';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { MatchOutcome, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { shareRevoked, templateEnrolled } from '@selfsame/contracts/catalog';
import { ShareRevoked } from '@selfsame/contracts/share/v1/events';
import { type Database, openDatabase } from '@selfsame/database/database';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { revokeTemplateKey, rotateTemplateKey } from '../src/template-keys.ts';
import { newSession, openWorld, type TestSession, type World } from './harness.ts';

let world: World;
let database: Database<BiometricsTables>;
let share: Awaited<ReturnType<typeof openBus>>;
const told: string[] = [];
beforeAll(async () => {
  world = await openWorld({ BIOMETRICS_SWEEP_INTERVAL_MS: '100' });
  database = await openDatabase({ service: 'biometrics', url: world.postgresUrl, migrations });
  share = await openBus({ service: 'share', url: world.settings.NATS_URL, log: world.log });
  await share.listen(templateEnrolled, ({ message }) => void told.push(JSON.stringify(message)));
});
afterAll(async () => {
  await share.close();
  await database.close();
  await world.close();
});

const [ada, adaLater, adaAgain, bob] = ['img/p04_1.jpg', 'img/p04_3.jpg', 'img/p04_2.jpg', 'img/p05_1.jpg'];

const subject = ({ applicationId, vendorData }: TestSession) => ({ applicationId, vendorData });
const returning = (session: TestSession) => newSession(subject(session));

interface Given {
  /** Enrolled at one application. */
  readonly from: TestSession;
  /** The same person at another one, under another name. */
  readonly to: TestSession;
  readonly shareId: string;
  readonly grantId: string;
}

const grant = async (
  { from, to, shareId, grantId }: Given,
  { expiresAt = new Date(Date.now() + 3_600_000), held = false } = {},
) => {
  const asked = { grantId, shareId, from: subject(from), to: subject(to), expiresAt, held };
  return (await world.client.grantReference(asked)).granted;
};

async function shared(picture = ada): Promise<Given> {
  const given = {
    from: newSession(),
    to: newSession(),
    shareId: randomUUID(),
    grantId: randomUUID(),
  };
  await world.enrol(given.from, picture);
  return given;
}

async function granted(picture = ada): Promise<Given> {
  const given = await shared(picture);
  expect(await grant(given)).toBe(true);
  return given;
}

/** The session that the import made: a status of it rests on no look. */
const importedOf = ({ to, grantId }: Given): TestSession => ({ ...to, sessionId: grantId });

const decide = (given: Given, status: string, more = {}) =>
  world.enter(importedOf(given), status, { enrols: false, ...more });

const held = (session: TestSession, siblingApplicationIds: string[] = []) =>
  world.client.hasTemplate({ subject: subject(session), siblingApplicationIds });

const signIn = (session: TestSession, picture: string, more = {}) =>
  world.verify(session, picture, { reference: ReferenceKind.SUBJECT, ...more });

const approve = (session: TestSession, candidateId: string) =>
  world.enter(session, 'Approved', { candidateId, enrols: false });

async function revokeShare(shareId: string): Promise<void> {
  const eventId = randomUUIDv7();
  const message = ShareRevoked.fromPartial({ shareId, applicationId: 'x', occurredAt: new Date() });
  await share.publish(shareRevoked, eventId, message);
  await world.settled(eventId);
}

const grantsOf = ({ grantId }: Given) =>
  world.db.selectFrom('reference_grants').selectAll().where('grant_id', '=', grantId).execute();

const noReference = { matchOutcome: MatchOutcome.NO_REFERENCE, referenceGranted: false, candidateId: '' };

describe('a look by a grant', () => {
  test("is compared with the sharer's template, and its approval enrols under the partner's own key", async () => {
    const given = await granted();
    const { from, to } = given;
    // Versions differ, so that what is sealed under the wrong one shows.
    await rotateTemplateKey({ database }, from.applicationId);
    expect(await held(to)).toEqual({ exists: true, applicationId: to.applicationId, byGrant: true });
    const look = await signIn(to, adaLater);
    expect(look).toMatchObject({ matchOutcome: MatchOutcome.COMPARED, referenceGranted: true });
    expect(look.similarityScore).toBeGreaterThan(90);
    expect(look.enrolledSimilarity).toBeUndefined();
    await approve(to, look.candidateId);

    expect(await held(to)).toEqual({ exists: true, applicationId: to.applicationId, byGrant: false });
    expect(await world.kept(to)).toEqual(['subject']);
    const sealed = async ({ applicationId }: TestSession) =>
      (
        await world.db
          .selectFrom('templates')
          .select('sealed')
          .where('application_id', '=', applicationId)
          .execute()
      ).map((row) => row.sealed.toString('hex'));
    expect(await sealed(to)).not.toEqual(await sealed(from));
    expect((await grantsOf(given))[0]?.used_at).not.toBeNull();

    // From now on it is the partner's own, whatever becomes of the sharer's.
    await world.client.forget({ subject: subject(from) });
    const next = await signIn(returning(to), adaAgain);
    expect(next).toMatchObject({ matchOutcome: MatchOutcome.COMPARED, referenceGranted: false });
    await waitFor('the enrolment is told', () => told.some((each) => each.includes(to.applicationId)));
    const heard = told.filter((each) => each.includes(to.applicationId)).join('');
    expect(heard).not.toContain(from.applicationId);
    expect(heard).not.toContain(given.shareId);
  });

  test('of somebody else enrols nobody, and is all that the grant was good for', async () => {
    const { to } = await granted();
    const stranger = await signIn(to, bob);
    expect(stranger).toMatchObject({ matchOutcome: MatchOutcome.COMPARED, candidateId: '' });
    expect(stranger.similarityScore).toBeLessThan(30);
    expect(await held(to)).toMatchObject({ exists: false, byGrant: false });
    for (const picture of [bob, adaLater]) {
      const next = await signIn(returning(to), picture);
      expect(next).toMatchObject(noReference);
      expect(next.similarityScore).toBeUndefined();
    }
    // Within its session the person may try again.
    expect(await signIn(to, adaLater)).toMatchObject({ referenceGranted: true });
  });

  test('is one of three at most, and a frame that carries no verdict is none', async () => {
    const { to } = await granted();
    for (const unusable of ['edge/no_face.jpg', 'edge/dark.jpg']) {
      const look = await signIn(to, unusable);
      expect(look).toMatchObject({ referenceGranted: false, candidateId: '' });
      expect(look.similarityScore).toBeUndefined();
    }
    expect(await held(to)).toMatchObject({ byGrant: true });
    for (const picture of [bob, bob, adaLater]) {
      expect(await signIn(to, picture)).toMatchObject({ referenceGranted: true });
    }
    const fourth = await signIn(to, adaLater);
    expect(fourth).toMatchObject(noReference);
    expect(fourth.similarityScore).toBeUndefined();
  });

  test('of many at the same time is of one session, and three at most', async () => {
    const { to } = await granted();
    const sessions = [to, returning(to)];
    const looks = await Promise.all(
      sessions.flatMap((session) =>
        Array.from({ length: 4 }, async () => ({ session, look: await signIn(session, adaLater) })),
      ),
    );
    const compared = looks.filter(({ look }) => look.matchOutcome === MatchOutcome.COMPARED);
    expect(compared).toHaveLength(3);
    expect(new Set(compared.map(({ session }) => session.sessionId)).size).toBe(1);
  });

  test('of somebody else enrols nobody in a workflow that enrols either', async () => {
    const given = await granted();
    const look = await signIn(given.to, bob, { keepCandidate: true });
    expect(look).toMatchObject({ referenceGranted: true, candidateId: '' });
    await world.enter(given.to, 'Approved', { candidateId: look.candidateId });
    expect(await world.kept(given.to)).toEqual([]);
  });

  test('searches the partner’s own subjects as a first enrolment does', async () => {
    const { to } = await granted();
    const twin = newSession({ applicationId: to.applicationId });
    await world.enrol(twin, adaAgain);
    const search = { search: FaceSearchScope.OTHERS };
    await waitFor('the other account is found', async () => {
      const first = await world.verify(newSession({ applicationId: to.applicationId }), adaLater, search);
      return first.searchMatches.length === 1;
    });
    const look = await signIn(to, adaLater, search);
    expect(look).toMatchObject({ referenceGranted: true, searchMatches: [{ sessionId: twin.sessionId }] });
  });

  test('enrols once: of two sessions at the same time the other one has nothing to be compared with', async () => {
    const { to } = await granted();
    const sessions = [to, returning(to)];
    const looks = await Promise.all(sessions.map((each) => signIn(each, adaLater)));
    expect(looks.map(({ referenceGranted }) => referenceGranted).sort()).toEqual([false, true]);
    await Promise.all(sessions.map((each, index) => approve(each, looks[index]?.candidateId ?? '')));
    expect(await world.kept(to)).toEqual(['subject']);
    const history = await world.db
      .selectFrom('template_history')
      .select('kind')
      .where('application_id', '=', to.applicationId)
      .execute();
    expect(history).toEqual([{ kind: 'granted' }]);
    expect(await signIn(returning(to), ada)).toMatchObject({ referenceGranted: false });
  });

  test('does not replace what was enrolled since, and does not use the grant up', async () => {
    const given = await granted();
    const { candidateId } = await signIn(given.to, adaLater);
    const own = returning(given.to);
    await world.enrol(own, adaAgain);
    await approve(given.to, candidateId);
    expect((await grantsOf(given))[0]?.used_at).toBeNull();
    await world.enter(own, 'Declined');
    expect(await world.kept(given.to)).toEqual([]);
  });

  test('of a session that enrols is enrolled by the grant, or not at all', async () => {
    const given = await granted();
    const { candidateId } = await signIn(given.to, adaLater, { keepCandidate: true });
    await revokeShare(given.shareId);
    await world.enter(given.to, 'Approved', { candidateId });
    expect(await world.kept(given.to)).toEqual([]);
  });
});

describe('a grant ends', () => {
  test.each<[string, (given: Given) => Promise<unknown>]>([
    ['with its share', ({ shareId }) => revokeShare(shareId)],
    ['with the verdict on the import', (given) => decide(given, 'Declined')],
    ['with the deletion of the import', (given) => world.deleteSession(importedOf(given))],
    ['with the sharer’s template', ({ from }) => world.client.forget({ subject: subject(from) })],
    ['with the verdict that enrolled the sharer', ({ from }) => world.enter(from, 'Declined')],
    ['with the partner’s subject', ({ to }) => world.client.forget({ subject: subject(to) })],
    [
      'with the key version of the sharer’s template',
      ({ from: { applicationId } }) =>
        revokeTemplateKey({ database, bus: { enqueue: enqueueDeferred } }, { applicationId, version: 1 }),
    ],
    [
      'with its time',
      ({ grantId }) =>
        world.db
          .updateTable('reference_grants')
          .set({ expires_at: new Date() })
          .where('grant_id', '=', grantId)
          .execute(),
    ],
  ])('%s, for looks and for those that wait for their verdict', async (_, end) => {
    const given = await granted();
    const { candidateId } = await signIn(given.to, adaLater);
    expect(candidateId).not.toBe('');
    await end(given);
    expect(await held(given.to)).toEqual({ exists: false, applicationId: '', byGrant: false });
    // The session whose grant it was until now.
    expect(await signIn(given.to, adaLater)).toMatchObject(noReference);
    await approve(given.to, candidateId);
    expect(await world.kept(given.to)).not.toContain('subject');
    await waitFor('nothing of it is kept', async () => (await grantsOf(given)).length === 0);
  });
});

describe('granting', () => {
  test('again changes nothing, also when it was used', async () => {
    const given = await granted();
    const { candidateId } = await signIn(given.to, adaLater);
    await approve(given.to, candidateId);
    expect(await grant(given)).toBe(true);
    await world.enter(given.to, 'Declined');
    expect(await held(given.to)).toMatchObject({ exists: false });
  });

  test('comes too late for a share that is over', async () => {
    const given = { from: newSession(), to: newSession(), shareId: randomUUID(), grantId: randomUUID() };
    await world.enrol(given.from, ada);
    await revokeShare(given.shareId);
    expect(await grant(given)).toBe(false);
    expect(await grantsOf(given)).toEqual([]);
  });

  test('grants nothing where nothing is enrolled, or no time is left', async () => {
    const given = { from: newSession(), to: newSession(), shareId: randomUUID(), grantId: randomUUID() };
    expect(await grant(given)).toBe(false);
    await world.enrol(given.from, ada);
    expect(await grant(given, { expiresAt: new Date(Date.now() - 1_000) })).toBe(false);
    expect(await held(given.to)).toMatchObject({ exists: false });
  });

  test('names nobody in the table', async () => {
    const given = await granted();
    const row = JSON.stringify(await grantsOf(given));
    expect(row).not.toContain(given.from.vendorData);
    expect(row).not.toContain(given.to.vendorData);
  });
});

describe('a grant is no better than the import that it comes from', () => {
  test('held, it waits for the approval', async () => {
    const given = await shared();
    await decide(given, 'In Review');
    expect(await grant(given, { held: true })).toBe(true);
    expect(await held(given.to)).toMatchObject({ exists: false });
    expect(await signIn(given.to, adaLater)).toMatchObject(noReference);
    await decide(given, 'Approved');
    expect(await held(given.to)).toMatchObject({ byGrant: true });
    expect(await signIn(given.to, adaLater)).toMatchObject({ referenceGranted: true });
  });

  test('an approval that comes first releases it too', async () => {
    const given = await shared();
    await decide(given, 'Approved');
    expect(await grant(given, { held: true })).toBe(true);
    expect(await signIn(given.to, adaLater)).toMatchObject({ referenceGranted: true });
  });

  test('the later decision counts, whichever is heard of first', async () => {
    const given = await shared();
    expect(await grant(given, { held: true })).toBe(true);
    await decide(given, 'Approved', { sequence: 2_000n });
    await decide(given, 'In Review', { sequence: 1_000n });
    const { candidateId } = await signIn(given.to, adaLater);
    expect(candidateId).not.toBe('');
    // Back in review, it enrols nobody who was compared before.
    await decide(given, 'In Review', { sequence: 3_000n });
    await approve(given.to, candidateId);
    expect(await world.kept(given.to)).toEqual([]);
  });

  test.each<[string, (given: Given) => Promise<void>]>([
    ['declined', (given) => decide(given, 'Declined')],
    ['deleted', (given) => world.deleteSession(importedOf(given))],
  ])('%s before the grant comes, there is none', async (_, end) => {
    const given = await shared();
    await end(given);
    await decide(given, 'Approved');
    expect(await grant(given)).toBe(false);
    expect(await held(given.to)).toMatchObject({ exists: false });
  });

  test('sessions of the same id at other applications say nothing about it', async () => {
    const given = await granted();
    const elsewhere = newSession({ sessionId: given.grantId });
    await world.enter(elsewhere, 'Declined', { enrols: false });
    await world.deleteSession(elsewhere);
    expect(await held(given.to)).toMatchObject({ byGrant: true });
  });
});

describe('within an organisation', () => {
  test('the same person is compared where they are enrolled, and nothing is enrolled by that', async () => {
    const [first, second] = [newSession(), newSession()];
    const at = (applicationId: string) => newSession({ applicationId, vendorData: first.vendorData });
    await world.enrol(first, ada);
    const here = at(second.applicationId);
    expect(await held(here, [randomUUID(), first.applicationId])).toEqual({
      exists: true,
      applicationId: first.applicationId,
      byGrant: false,
    });
    expect(await held(here)).toMatchObject({ exists: false });
    const referenceSubject = subject(first);
    const look = await signIn(here, adaLater, { referenceSubject, adaptsTemplate: true });
    expect(look).toMatchObject({
      matchOutcome: MatchOutcome.COMPARED,
      referenceGranted: false,
      candidateId: '',
    });
    expect(look.similarityScore).toBeGreaterThan(90);
    expect((await signIn(here, bob, { referenceSubject })).similarityScore).toBeLessThan(30);

    // Their own goes before the others' when it is there.
    await world.enrol(here, adaAgain);
    expect(await held(here, [first.applicationId])).toMatchObject({ applicationId: second.applicationId });

    await revokeTemplateKey(
      { database, bus: { enqueue: enqueueDeferred } },
      { applicationId: first.applicationId, version: 1 },
    );
    expect(await signIn(at(second.applicationId), adaLater, { referenceSubject })).toMatchObject({
      matchOutcome: MatchOutcome.NO_REFERENCE,
    });
  });
});
