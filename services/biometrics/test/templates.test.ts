import { randomUUIDv7 } from 'node:crypto';
import { FaceProblem, MatchOutcome, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { face } from './faces.ts';
import { newSession, openWorld, type TestSession, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ BIOMETRICS_SWEEP_INTERVAL_MS: '100' });
});
afterAll(() => world.close());

const exists = async ({ applicationId, vendorData }: TestSession) =>
  (await world.client.hasTemplate({ subject: { applicationId, vendorData } })).exists;

/** A later session of the same person. */
const returning = (session: TestSession) =>
  newSession({ applicationId: session.applicationId, vendorData: session.vendorData });

const compareWithSubject = (session: TestSession, picture: string) =>
  world.verify(session, picture, { reference: ReferenceKind.SUBJECT });

describe('an approved session that enrols', () => {
  test("makes what it saw the subject's template", async () => {
    const session = newSession();
    expect(await exists(session)).toBe(false);
    await world.enrol(session, 'img/p04_1.jpg');
    expect(await exists(session)).toBe(true);
    expect(await world.kept(session)).toEqual(['subject']);

    const same = await compareWithSubject(returning(session), 'img/p04_3.jpg');
    expect(same.similarityScore).toBeGreaterThan(90);
    const stranger = await compareWithSubject(returning(session), 'img/p05_1.jpg');
    expect(stranger).toMatchObject({ matchOutcome: MatchOutcome.COMPARED });
    expect(stranger.similarityScore).toBeLessThan(30);
  });

  test('replaces the older template', async () => {
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    await world.enrol(returning(session), 'img/p05_1.jpg');
    expect(await world.kept(session)).toEqual(['subject']);
    const evidence = await compareWithSubject(returning(session), 'img/p04_3.jpg');
    expect(evidence.similarityScore).toBeLessThan(30);
  });

  test('promotes once, however often the verdict is told', async () => {
    const session = newSession();
    const eventId = randomUUIDv7();
    await world.verify(session, 'img/p04_1.jpg', { keepCandidate: true });
    for (let round = 0; round < 3; round += 1) {
      await world.enter(session, 'Approved', { enrols: true, eventId });
    }
    const made = () =>
      world.db
        .selectFrom('templates')
        .select(['created_at', 'sealed'])
        .where('application_id', '=', session.applicationId)
        .executeTakeFirstOrThrow();
    const first = await made();
    // The same verdict as another event finds no candidate any more.
    await world.enter(session, 'Approved', { enrols: true });
    expect(await made()).toEqual(first);
    expect(await world.kept(session)).toEqual(['subject']);
  });

  test('enrols nobody but the one it was opened for', async () => {
    const session = newSession();
    await world.verify(session, 'img/p04_1.jpg', { keepCandidate: true });
    const other = { ...session, vendorData: 'somebody else' };
    await world.enter(other, 'Approved', { enrols: true });
    expect([await exists(session), await exists(other)]).toEqual([false, false]);
    expect(await world.kept(session)).toEqual([]);
  });

  test('whose verdict arrives late enrols nothing that was seen after it', async () => {
    const session = newSession();
    await world.verify(session, 'img/p04_1.jpg', { keepCandidate: true });
    const occurredAt = new Date(Date.now() - 60_000);
    await world.enter(session, 'Approved', { enrols: true, occurredAt });
    await world.enter(session, 'Declined', { occurredAt });
    expect(await world.kept(session)).toEqual(['candidate']);
  });
});

describe('a candidate', () => {
  test.each(['In Review', 'Resubmitted', 'In Progress', 'Not Finished'])('survives %s', async (status) => {
    const session = newSession();
    await world.verify(session, 'img/p04_1.jpg', { keepCandidate: true });
    await world.enter(session, status, { enrols: true });
    expect(await world.kept(session)).toEqual(['candidate']);
    await world.enter(session, 'Approved', { enrols: true });
    expect(await world.kept(session)).toEqual(['subject']);
  });

  test.each(['Declined', 'Expired', 'Abandoned', 'Kyc Expired'])('is dropped by %s', async (status) => {
    const session = newSession();
    await world.verify(session, 'img/p04_1.jpg', { keepCandidate: true });
    await world.enter(session, status, { enrols: true });
    expect(await world.kept(session)).toEqual([]);
    await world.enter(session, 'Approved', { enrols: true });
    expect(await exists(session)).toBe(false);
  });

  test('is kept only on request, with vendor data, and of a frame without a problem', async () => {
    const session = newSession();
    await world.verify(session, 'img/p04_1.jpg');
    await world.verify({ ...session, vendorData: '' }, 'img/p04_1.jpg', { keepCandidate: true });
    await world.verify(session, 'edge/group.jpg', { keepCandidate: true });
    const masked = await world.verify(session, 'edge/masked.jpg', { keepCandidate: true });
    // Good enough to compare, not to become a template: the user is asked for a better one.
    expect(masked.problem).toBe(FaceProblem.LOW_QUALITY);
    expect(await world.kept(session)).toEqual([]);
  });

  test('of a repeated attempt replaces the former', async () => {
    const session = newSession();
    await world.verify(session, 'img/p05_1.jpg', { keepCandidate: true, attemptId: 'a1' });
    await world.verify(session, 'img/p04_1.jpg', { keepCandidate: true, attemptId: 'a1' });
    expect(await world.kept(session)).toEqual(['candidate']);
    await world.enter(session, 'Approved', { enrols: true });
    const evidence = await compareWithSubject(returning(session), 'img/p04_3.jpg');
    expect(evidence.similarityScore).toBeGreaterThan(90);
  });
});

test("a deleted session takes its own along; the subject's template stays", async () => {
  const session = newSession();
  await world.enrol(session, 'img/p04_1.jpg');
  await world.verify(session, 'img/p04_1.jpg', { keepCandidate: true });
  const expiresAt = new Date(Date.now() + 3_600_000);
  await world.client.bindReference({ ...session, image: Buffer.from(face('img/p04_1.jpg')), expiresAt });
  expect(await world.kept(session)).toEqual(['candidate', 'reference', 'subject']);
  await world.deleteSession(session);
  expect(await world.kept(session)).toEqual(['subject']);
});

test('a forgotten subject leaves nothing behind, and forgetting again is fine', async () => {
  const session = newSession();
  const bystander = newSession({ applicationId: session.applicationId });
  await world.enrol(session, 'img/p04_1.jpg');
  await world.enrol(bystander, 'img/p05_1.jpg');
  await world.verify(returning(session), 'img/p04_1.jpg', { keepCandidate: true });
  const { applicationId, vendorData } = session;
  for (let round = 0; round < 2; round += 1) {
    await world.client.forget({ subject: { applicationId, vendorData } });
    expect([await exists(session), await exists(bystander)]).toEqual([false, true]);
    expect(await world.kept(session)).toEqual(['subject']);
  }
});

describe('applications are strangers to each other', () => {
  test('the same vendor data in another application is another person', async () => {
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    const elsewhere = newSession({ vendorData: session.vendorData });
    expect(await exists(elsewhere)).toBe(false);
    expect((await compareWithSubject(elsewhere, 'img/p04_1.jpg')).matchOutcome).toBe(
      MatchOutcome.NO_REFERENCE,
    );
  });

  test("a row moved to another owner does not open: a look fails rather than compare with a stranger's", async () => {
    const [victim, thief] = [newSession(), newSession()];
    await world.enrol(victim, 'img/p04_1.jpg');
    await world.enrol(thief, 'img/p05_1.jpg');
    const row = (session: TestSession) =>
      world.db.selectFrom('templates').selectAll().where('application_id', '=', session.applicationId);
    const { sealed } = await row(thief).executeTakeFirstOrThrow();
    await world.db
      .updateTable('templates')
      .set({ sealed })
      .where('application_id', '=', victim.applicationId)
      .execute();
    await expect(compareWithSubject(returning(victim), 'img/p05_1.jpg')).rejects.toMatchObject({
      code: 'template_unopenable',
    });
  });
});

test('a template of another embedder is no reference', async () => {
  const session = newSession();
  await world.enrol(session, 'img/p04_1.jpg');
  await world.db
    .updateTable('templates')
    .set({ embedding_space: 'a former model' })
    .where('application_id', '=', session.applicationId)
    .execute();
  const evidence = await compareWithSubject(returning(session), 'img/p04_1.jpg');
  expect(evidence.matchOutcome).toBe(MatchOutcome.NO_REFERENCE);
});

test('what has expired is swept, what has not stays', async () => {
  const session = newSession();
  const waiting = newSession({ applicationId: session.applicationId });
  await world.enrol(session, 'img/p04_1.jpg');
  await world.verify(returning(session), 'img/p04_1.jpg', { keepCandidate: true });
  await world.verify(waiting, 'img/p05_1.jpg', { keepCandidate: true });
  const { numUpdatedRows } = await world.db
    .updateTable('templates')
    .set({ expires_at: new Date(Date.now() - 1_000) })
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'candidate')
    .where('owner', '!=', waiting.sessionId)
    .executeTakeFirst();
  expect(numUpdatedRows).toBe(1n);
  await waitFor('the expired candidate is gone', async () => (await world.kept(session)).length === 2);
  expect(await world.kept(session)).toEqual(['candidate', 'subject']);
});
