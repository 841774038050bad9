import { randomBytes, randomUUID } from 'node:crypto';
import { SearchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import { sweepRecords } from '../src/outbound/lockout-store.ts';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const wrong = { similarityScore: 12 };

/** A session that is compared with a portrait of its own. */
async function open(vendorData: string | null, workflow = 'wf_reauth') {
  const created = await world.demo.create({
    workflow_id: workflow,
    portrait_image: portrait,
    ...(vendorData === null ? {} : { vendor_data: vendorData }),
  });
  const tokenSha256 = secretDigest(created.session_token);
  return { id: created.session_id as string, tokenSha256 };
}
type Opened = Awaited<ReturnType<typeof open>>;
type Digests = { deviceSha256?: Buffer; networkSha256?: Buffer };

const begin = (session: Opened, digests: Digests = {}, attemptId: string = randomUUID()) =>
  world.rpc.beginAttempt({ tokenSha256: session.tokenSha256, attemptId, ...digests });

/** One look in a session of its own that ends as it must. */
async function look(vendorData: string | null, evidence = {}, digests: Digests = {}, status = 'Declined') {
  const session = await open(vendorData);
  const attemptId = randomUUID();
  await begin(session, digests, attemptId);
  await world.report(session.id, attemptId, evidence);
  await world.announced(session.id, status);
}
const times = async (count: number, act: () => Promise<void>) => {
  for (let turn = 0; turn < count; turn += 1) await act();
};

/** Sessions of one subject that wait at the same time: one for each of so many workflows. */
async function sideBySide(vendorData: string, count: number): Promise<Opened[]> {
  const sessions: Opened[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const features = [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }];
    const workflow = await world.demo.call('POST', '/v3/workflows/', { features });
    sessions.push(await open(vendorData, workflow.body.uuid));
    await world.demo.call('DELETE', `/v3/workflows/${workflow.body.uuid}/`);
  }
  return sessions;
}

async function refusal(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error('this should have been refused');
  return error;
}

describe('a user', () => {
  it('is locked out after five failed looks, whatever the session, and others are not', async () => {
    await times(5, () => look('guessed', wrong));
    const session = await open('guessed');
    await world.rpc.openSession({ tokenSha256: session.tokenSha256 });
    const refused = await refusal(begin(session));
    expect(refused).toMatchObject({ kind: 'precondition', code: 'locked_out', retryable: false });
    expect(refused.retryAfterMs).toBeGreaterThan(1_700_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(1_800_000);
    const { session: hosted } = await world.rpc.readSession({ tokenSha256: session.tokenSha256 });
    expect(hosted).toMatchObject({ status: 'In Progress', attemptsLeft: 3, lockedUntil: expect.any(Date) });
    await look('somebody else', {}, {}, 'Approved');
    await look(null, {}, {}, 'Approved');
    expect(world.logged()).toContain('locked out after too many failed looks');
  });

  it('may try again when the lock has ended', async () => {
    await times(5, () => look('patient', wrong));
    const session = await open('patient');
    expect((await refusal(begin(session))).code).toBe('locked_out');
    await world.database.db
      .updateTable('lockouts')
      .set({ locked_until: new Date(Date.now() - 1) })
      .execute();
    await begin(session);
    expect(
      (await world.rpc.readSession({ tokenSha256: session.tokenSha256 })).session?.lockedUntil,
    ).toBeUndefined();
  });

  it('who is sent to review for a score is counted, for anything else not', async () => {
    await times(6, () => look('no luck', { searchOutcome: SearchOutcome.UNAVAILABLE }, {}, 'In Review'));
    await times(5, () => look('nearly', { similarityScore: 65 }, {}, 'In Review'));
    await begin(await open('no luck'));
    expect((await refusal(begin(await open('nearly')))).code).toBe('locked_out');
  });

  it('gets no more verdicts from looks at the same time than from one after the other', async () => {
    const sessions = await sideBySide('hasty', 12);
    const attempts = await Promise.all(
      sessions.map(async (session) => {
        const attemptId = randomUUID();
        await begin(session, {}, attemptId);
        return { session, attemptId };
      }),
    );
    await Promise.all(attempts.map(({ session, attemptId }) => world.report(session.id, attemptId, wrong)));
    expect(await world.settled()).toBe(0);
    const statuses = sessions.map(({ id }) => world.events(id).at(-1)?.status);
    expect(statuses.filter((status) => status === 'Declined')).toHaveLength(5);
    expect(statuses.filter((status) => status === 'In Progress')).toHaveLength(7);
    const waiting = sessions.find(({ id }) => world.events(id).at(-1)?.status === 'In Progress');
    if (waiting === undefined) throw new Error('no session waits');
    // A look that nobody was told of is no attempt.
    const { session } = await world.rpc.readSession({ tokenSha256: waiting.tokenSha256 });
    expect(session?.attemptsLeft).toBe(3);
  });

  it('is not approved either by a look that was under way', async () => {
    const [early] = await sideBySide('found out', 1);
    if (early === undefined) throw new Error('no session');
    const attemptId = randomUUID();
    await begin(early, {}, attemptId);
    await times(5, () => look('found out', wrong));
    await world.report(early.id, attemptId);
    await world.settled();
    expect(world.events(early.id).at(-1)?.status).toBe('In Progress');
    expect(world.logged()).toContain('"reason":"locked_out"');
  });
});

it('a look that a lock took back is followed by one with a new id, even where one attempt is all', async () => {
  const features = [
    { feature: 'LIVENESS', config: { face_liveness_max_attempts: 1 } },
    { feature: 'FACE_MATCH' },
  ];
  const workflow = await world.demo.call('POST', '/v3/workflows/', { features });
  const session = await open('unlucky', workflow.body.uuid);
  const attemptId = randomUUID();
  await begin(session, {}, attemptId);
  await times(5, () => look('unlucky', wrong));
  await world.report(session.id, attemptId);
  await world.settled();
  // Whatever became of the look of an id: a lock is a lock.
  expect((await refusal(begin(session, {}, attemptId))).code).toBe('locked_out');
  await world.database.db
    .updateTable('lockouts')
    .set({ locked_until: new Date(Date.now() - 1) })
    .execute();
  // The browser that comes back remembers the id that was never answered.
  const refused = await refusal(begin(session, {}, attemptId));
  expect(refused).toMatchObject({ kind: 'precondition', code: 'attempt_void', retryable: false });
  const { session: waiting } = await world.rpc.readSession({ tokenSha256: session.tokenSha256 });
  expect(waiting?.attemptsLeft).toBe(1);
  const next = randomUUID();
  await begin(session, {}, next);
  await world.report(session.id, next);
  await world.announced(session.id, 'Approved');
});

describe('a device', () => {
  it('is locked out after five failed looks at whatever users, and its network is not', async () => {
    const device = { deviceSha256: randomBytes(32), networkSha256: randomBytes(32) };
    await times(5, () => look(randomUUID(), wrong, device));
    expect((await refusal(begin(await open(randomUUID()), device))).code).toBe('locked_out');
    await begin(await open(randomUUID()), { ...device, deviceSha256: randomBytes(32) });
    await begin(await open(randomUUID()));
  });

  it('that forgets who it is is locked out by its network', async () => {
    const workflow = await world.demo.call('POST', '/v3/workflows/', {
      features: [{ feature: 'LIVENESS' }],
      lockout: { failures: 1 },
    });
    const networkSha256 = randomBytes(32);
    const guess = async () => {
      const session = await open(null, workflow.body.uuid);
      const attemptId = randomUUID();
      await begin(session, { networkSha256, deviceSha256: randomBytes(32) }, attemptId);
      await world.report(session.id, attemptId, { livenessScore: 1 });
      await world.announced(session.id, 'Declined');
    };
    await times(20, guess);
    expect((await refusal(guess())).code).toBe('locked_out');
  });

  it('leaves nothing behind that names it', async () => {
    const digests = { deviceSha256: randomBytes(32), networkSha256: randomBytes(32) };
    const session = await open('traced');
    const attemptId = randomUUID();
    await begin(session, digests, attemptId);
    const kept = () =>
      world.database.db
        .selectFrom('attempts')
        .select(['device_sha256', 'network_sha256'])
        .where('session_id', '=', session.id)
        .executeTakeFirstOrThrow();
    const waiting = await kept();
    expect(waiting.device_sha256).toHaveLength(32);
    expect(waiting.device_sha256?.equals(digests.deviceSha256)).toBe(false);
    expect(waiting.network_sha256?.equals(digests.networkSha256)).toBe(false);
    await world.report(session.id, attemptId, wrong);
    await world.announced(session.id, 'Declined');
    expect(await kept()).toEqual({ device_sha256: null, network_sha256: null });
    const records = await world.database.db.selectFrom('lockouts').select('key_sha256').execute();
    expect(records.some(({ key_sha256 }) => key_sha256.equals(secretDigest('traced')))).toBe(false);
  });
});

it('records are swept when they say nothing any more', async () => {
  const count = async () => (await world.database.db.selectFrom('lockouts').select('kind').execute()).length;
  const before = await count();
  expect(before).toBeGreaterThan(0);
  expect(await sweepRecords(world.database.db, new Date(), 1_000)).toBe(0);
  expect(await sweepRecords(world.database.db, new Date(Date.now() + 86_400_000), 1_000)).toBe(before);
  expect(await count()).toBe(0);
});

describe('a workflow', () => {
  it('says how many failures lock for how long, in whole or in part', async () => {
    const features = [{ feature: 'LIVENESS' }];
    const made = await world.demo.call('POST', '/v3/workflows/', { features });
    expect(made.body.lockout).toEqual({ failures: 5, window_seconds: 180, lock_seconds: 1_800 });
    const path = `/v3/workflows/${made.body.uuid}/`;
    const changed = await world.demo.call('PATCH', path, { lockout: { failures: 3, window_seconds: 3_600 } });
    expect(changed.body.lockout).toEqual({ failures: 3, window_seconds: 3_600, lock_seconds: 1_800 });
    expect((await world.demo.call('PATCH', path, { workflow_label: 'Other' })).body.lockout.failures).toBe(3);
  });

  it.each([
    [null, 'Lock-outs cannot be switched off'],
    [{ failures: 0 }, 'failures: Ensure this value is greater than or equal to 1.'],
    [{ lock_seconds: 1 }, 'lock_seconds: Ensure this value is greater than or equal to 60.'],
    [{ window_seconds: 90_000 }, 'window_seconds: Ensure this value is less than or equal to 86400.'],
    [{ forever: true }, 'forever: this field is not accepted.'],
    ['off', 'Expected a dictionary.'],
  ])('that wants %j is refused', async (lockout, text) => {
    const answer = await world.demo.call('POST', '/v3/workflows/', {
      features: [{ feature: 'LIVENESS' }],
      lockout,
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body.lockout)).toContain(text);
  });

  it('says whether a face is searched for', async () => {
    const scope = async (config: Record<string, unknown>) => {
      const features = [{ feature: 'LIVENESS', config }];
      const made = await world.demo.call('POST', '/v3/workflows/', { features });
      return (await begin(await open(null, made.body.uuid))).search;
    };
    expect(await scope({})).toBe(FaceSearchScope.OTHERS);
    expect(await scope({ face_search_enabled: false })).toBe(FaceSearchScope.NONE);
  });
});
