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
    const candidateId = await world.keep(session, 'img/p04_1.jpg');
    for (let round = 0; round < 3; round += 1) {
      await world.enter(session, 'Approved', { candidateId, eventId });
    }
    const made = () =>
      world.db
        .selectFrom('templates')
        .select(['created_at', 'sealed'])
        .where('application_id', '=', session.applicationId)
        .executeTakeFirstOrThrow();
    const first = await made();
    // The same verdict as another event finds no candidate any more.
    await world.enter(session, 'Approved', { candidateId });
    expect(await made()).toEqual(first);
    expect(await world.kept(session)).toEqual(['subject']);
  });

  test('enrols nobody but the one it was opened for', async () => {
    const session = newSession();
    const candidateId = await world.keep(session, 'img/p04_1.jpg');
    const other = { ...session, vendorData: 'somebody else' };
    await world.enter(other, 'Approved', { candidateId });
    expect([await exists(session), await exists(other)]).toEqual([false, false]);
    expect(await world.kept(session)).toEqual([]);
  });

  test.each([
    ['no candidate', async () => ''],
    [
      'the candidate of another session',
      (session: TestSession) => world.keep(returning(session), 'img/p05_1.jpg'),
    ],
    ['the candidate of another application', () => world.keep(newSession(), 'img/p05_1.jpg')],
  ])('whose verdict names %s enrols nothing', async (_, name) => {
    const session = newSession();
    await world.keep(session, 'img/p04_1.jpg');
    await world.enter(session, 'Approved', { candidateId: await name(session) });
    expect(await exists(session)).toBe(false);
  });
});

describe('a face that waits for a person', () => {
  const [ada, adaAgain, bob] = ['img/p04_1.jpg', 'img/p04_3.jpg', 'img/p05_1.jpg'] as const;

  async function inReview(session: TestSession, picture: string) {
    const look = await world.verify(session, picture, { keepCandidate: true });
    const { candidateId } = look;
    await world.enter(session, 'In Review', { candidateId });
    return { ...look, approve: () => world.enter(session, 'Approved', { candidateId }) };
  }

  const scoreOf = async (session: TestSession, picture: string) =>
    (await compareWithSubject(returning(session), picture)).similarityScore;

  test('replaces another one that the person knew of', async () => {
    const session = newSession();
    await world.enrol(session, ada);
    const look = await inReview(returning(session), bob);
    expect(look.enrolledSimilarity).toBeLessThan(30);
    await look.approve();
    expect(await scoreOf(session, bob)).toBeGreaterThan(90);
  });

  test.each([
    ['enrolled', async () => {}],
    [
      'enrolled in place of the one that the person knew of',
      (session: TestSession) => world.enrol(session, ada),
    ],
  ])('does not replace another one that was %s meanwhile', async (_, before) => {
    const session = newSession();
    await before(session);
    const look = await inReview(returning(session), bob);
    await world.enrol(returning(session), adaAgain);
    await look.approve();
    expect(await scoreOf(session, ada)).toBeGreaterThan(90);
    expect(await scoreOf(session, bob)).toBeLessThan(30);
    expect(world.logged.join('')).toContain('another face was enrolled since the look');
    expect(await world.kept(session)).toEqual(['subject']);
  });

  test("replaces one that was enrolled meanwhile when it is the same person's", async () => {
    const session = newSession();
    const waiting = returning(session);
    const look = await inReview(waiting, adaAgain);
    await world.enrol(session, ada);
    await look.approve();
    await world.enter(session, 'Declined');
    expect(await exists(session)).toBe(true);
  });
});

describe('the enrolled face is the judged face', () => {
  const [judgedFace, otherFace] = ['img/p04_1.jpg', 'img/p05_1.jpg'] as const;

  /** Two looks of one session, as two attempts or one attempt on two replicas leave them. */
  async function twoLooks(session: TestSession, judged: 'first' | 'last') {
    if (judged === 'last') await world.keep(session, otherFace);
    const candidateId = await world.keep(session, judgedFace);
    if (judged === 'first') await world.keep(session, otherFace);
    return candidateId;
  }

  async function expectJudgedEnrolled(session: TestSession) {
    const evidence = await compareWithSubject(returning(session), 'img/p04_3.jpg');
    expect(evidence.similarityScore).toBeGreaterThan(90);
  }

  test.each(['first', 'last'] as const)('when the look that was judged came %s', async (judged) => {
    const session = newSession();
    const candidateId = await twoLooks(session, judged);
    await world.enter(session, 'Approved', { candidateId });
    await expectJudgedEnrolled(session);
  });

  test.each(['first', 'last'] as const)('when a person approves the look that came %s', async (judged) => {
    const session = newSession();
    const candidateId = await twoLooks(session, judged);
    await world.enter(session, 'In Review', { candidateId });
    await world.enter(session, 'Approved', { candidateId });
    await expectJudgedEnrolled(session);
  });

  test('when two looks run at once', async () => {
    const session = newSession();
    const [candidateId] = await Promise.all([
      world.keep(session, judgedFace),
      world.keep(session, otherFace),
      world.keep(session, otherFace),
    ]);
    await world.enter(session, 'Approved', { candidateId });
    await expectJudgedEnrolled(session);
  });

  test('after a resubmission, whatever order its statuses arrive in', async () => {
    const statuses = (before: string, judged: string) => [
      { status: 'In Review', candidateId: before, sequence: 3n },
      { status: 'Approved', candidateId: before, sequence: 4n },
      { status: 'Resubmitted', candidateId: '', sequence: 5n },
      { status: 'Approved', candidateId: judged, sequence: 7n },
    ];
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 1, 0, 3],
      [1, 3, 0, 2],
      [0, 3, 1, 2, 3, 1, 0],
    ]) {
      const session = newSession();
      const before = await world.keep(session, otherFace);
      const told = statuses(before, await world.keep(session, judgedFace));
      for (const { status, ...more } of order.flatMap((index) => told[index] ?? [])) {
        await world.enter(session, status, more);
      }
      await expectJudgedEnrolled(session);
    }
  });
});

describe('a session that is declined after its approval', () => {
  test('takes the template along that it had enrolled, however often it is told', async () => {
    const session = newSession();
    const candidateId = await world.keep(session, 'img/p04_1.jpg');
    await world.enter(session, 'Approved', { candidateId, sequence: 3n });
    expect(await exists(session)).toBe(true);
    await world.enter(session, 'Declined', { candidateId, sequence: 4n });
    expect(await world.kept(session)).toEqual([]);
    await world.enter(session, 'Declined', { candidateId, sequence: 4n });
    await world.enter(session, 'Approved', { candidateId, sequence: 3n });
    expect(await exists(session)).toBe(false);
  });

  test('enrols nothing when it hears of the refusal first', async () => {
    const session = newSession();
    const candidateId = await world.keep(session, 'img/p04_1.jpg');
    await world.enter(session, 'Declined', { candidateId, sequence: 4n });
    await world.enter(session, 'Approved', { candidateId, sequence: 3n });
    expect(await world.kept(session)).toEqual([]);
  });

  test('also when the refusal is that of another look', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const session = newSession();
      const told = [
        { status: 'Approved', candidateId: await world.keep(session, 'img/p04_1.jpg'), sequence: 3n },
        { status: 'Declined', candidateId: await world.keep(session, 'img/p05_1.jpg'), sequence: 6n },
      ];
      for (const { status, ...more } of order.flatMap((index) => told[index] ?? [])) {
        await world.enter(session, status, more);
      }
      expect(await world.kept(session)).toEqual([]);
    }
  });

  test('leaves a template that another session has enrolled since', async () => {
    const session = newSession();
    const candidateId = await world.keep(session, 'img/p04_1.jpg');
    await world.enter(session, 'Approved', { candidateId });
    await world.enrol(returning(session), 'img/p04_3.jpg');
    await world.enter(session, 'Declined', { candidateId });
    expect(await exists(session)).toBe(true);
  });
});

describe('a candidate', () => {
  const hours = async (candidateId: string) => {
    const row = await world.db
      .selectFrom('templates')
      .select(['created_at', 'expires_at'])
      .where('owner', '=', candidateId)
      .executeTakeFirstOrThrow();
    return Math.round((Number(row.expires_at) - Number(row.created_at)) / 3_600_000);
  };

  test('waits a day to be named, a month for a person, an hour beside another one that was', async () => {
    const session = newSession();
    const other = await world.keep(session, 'img/p05_1.jpg');
    const candidateId = await world.keep(session, 'img/p04_1.jpg');
    expect([await hours(candidateId), await hours(other)]).toEqual([24, 24]);
    await world.enter(session, 'In Review', { candidateId });
    expect([await hours(candidateId), await hours(other)]).toEqual([30 * 24, 1]);
    await world.enter(session, 'Resubmitted');
    expect([await hours(candidateId), await hours(other)]).toEqual([1, 1]);
  });

  test.each(['In Review', 'Resubmitted', 'In Progress', 'Not Finished', 'Abandoned'])(
    'survives %s',
    async (status) => {
      const session = newSession();
      const candidateId = await world.keep(session, 'img/p04_1.jpg');
      await world.enter(session, status, { candidateId });
      expect(await world.kept(session)).toEqual(['candidate']);
      await world.enter(session, 'Approved', { candidateId });
      expect(await world.kept(session)).toEqual(['subject']);
    },
  );

  test('is dropped by Declined, also when a person approves the session later', async () => {
    const session = newSession();
    const candidateId = await world.keep(session, 'img/p04_1.jpg');
    await world.enter(session, 'Declined', { candidateId });
    expect(await world.kept(session)).toEqual([]);
    await world.enter(session, 'Approved', { candidateId });
    expect(await exists(session)).toBe(false);
  });

  test('that has expired is enrolled by no verdict', async () => {
    const patient = await openWorld();
    try {
      const session = newSession();
      const candidateId = await patient.keep(session, 'img/p04_1.jpg');
      await patient.db
        .updateTable('templates')
        .set({ expires_at: new Date(0) })
        .execute();
      await patient.enter(session, 'Approved', { candidateId });
      expect(await patient.kept(session)).not.toContain('subject');
    } finally {
      await patient.close();
    }
  });

  test('is kept only on request, with vendor data, and of a frame without a problem', async () => {
    const session = newSession();
    const looks = [
      await world.verify(session, 'img/p04_1.jpg'),
      await world.verify({ ...session, vendorData: '' }, 'img/p04_1.jpg', { keepCandidate: true }),
      await world.verify(session, 'edge/group.jpg', { keepCandidate: true }),
      await world.verify(session, 'edge/masked.jpg', { keepCandidate: true }),
    ];
    // Good enough to compare, not to become a template: the user is asked for a better one.
    expect(looks.at(-1)?.problem).toBe(FaceProblem.COVERED);
    expect(looks.map((evidence) => evidence.candidateId)).toEqual(['', '', '', '']);
    expect(await world.kept(session)).toEqual([]);
  });
});

test('a look that was under way when its session was deleted leaves nothing', async () => {
  const session = newSession();
  const bystander = newSession({ applicationId: session.applicationId });
  await world.enrol(session, 'img/p04_1.jpg');
  await world.deleteSession(session);
  await world.keep(session, 'img/p04_1.jpg');
  const judged = await world.keep(session, 'img/p05_1.jpg');
  await world.keep(bystander, 'img/p05_1.jpg');
  await world.enter(session, 'Approved', { candidateId: judged });
  await waitFor('the late candidates are gone', async () => (await world.kept(session)).length === 2);
  expect(await world.kept(session)).toEqual(['candidate', 'subject']);
});

test("a deleted session takes its own along; the subject's template stays", async () => {
  const session = newSession();
  await world.enrol(session, 'img/p04_1.jpg');
  await world.keep(session, 'img/p04_1.jpg');
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

test('a template that does not open compares with nothing and is mended by enrolling anew', async () => {
  const session = newSession();
  await world.enrol(session, 'img/p04_1.jpg');
  await world.db
    .updateTable('templates')
    .set({ sealed: Buffer.alloc(284) })
    .where('application_id', '=', session.applicationId)
    .execute();
  const unopenable = { code: 'template_unopenable' };
  await expect(compareWithSubject(returning(session), 'img/p04_1.jpg')).rejects.toMatchObject(unopenable);
  const pass = returning(session);
  const request = { keepCandidate: true, reference: ReferenceKind.SUBJECT };
  await expect(world.verify(pass, 'img/p04_1.jpg', request)).rejects.toMatchObject(unopenable);

  const { candidateId, enrolledUnreadable } = await world.verify(pass, 'img/p04_1.jpg', {
    keepCandidate: true,
  });
  expect(enrolledUnreadable).toBe(true);
  await world.enter(pass, 'Approved', { candidateId });
  const after = await compareWithSubject(returning(session), 'img/p04_3.jpg');
  expect(after.similarityScore).toBeGreaterThan(90);
  expect(world.logged.join('')).toContain("a subject's template does not open");
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
  await world.keep(returning(session), 'img/p04_1.jpg');
  await world.keep(waiting, 'img/p05_1.jpg');
  const { numUpdatedRows } = await world.db
    .updateTable('templates')
    .set({ expires_at: new Date(Date.now() - 1_000) })
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'candidate')
    .where('session_id', '!=', waiting.sessionId)
    .executeTakeFirst();
  expect(numUpdatedRows).toBe(1n);
  await waitFor('the expired candidate is gone', async () => (await world.kept(session)).length === 2);
  expect(await world.kept(session)).toEqual(['candidate', 'subject']);
});
