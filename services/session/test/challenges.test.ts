import { randomBytes, randomUUID } from 'node:crypto';
import { ChallengeFailure, ChallengeMethod } from '@selfsame/contracts/biometrics/v1/evidence';
import type { BeginChallengeResponse } from '@selfsame/contracts/session/v1/service';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import { sweepChallenges } from '../src/outbound/challenge-store.ts';
import type { Evidence, World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function open(workflow = 'wf_flashing', body: Record<string, unknown> = {}) {
  const created = await world.demo.create({ workflow_id: workflow, ...body });
  return { id: String(created.session_id), tokenSha256: secretDigest(created.session_token) };
}
type Opened = Awaited<ReturnType<typeof open>>;

/** A workflow of its own with one liveness step. */
async function workflow(config: Record<string, unknown>, features: object[] = []): Promise<string> {
  const answer = await world.demo.call('POST', '/v3/workflows/', {
    features: [{ feature: 'LIVENESS', config }, ...features],
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.uuid;
}

const challenge = ({ tokenSha256 }: Opened, attemptId: string = randomUUID(), method = '') =>
  world.rpc.beginChallenge({ tokenSha256, attemptId, method });

/** One upload; `pictures` tells those that differ apart, null: nobody tells. */
/** What is told for an assessment has the time in it: it is no part of the grant. */
const begin = async (
  { tokenSha256 }: Opened,
  attemptId: string,
  nonce = '',
  pictures: string | null = attemptId,
  deviceSha256 = Buffer.alloc(0),
) => {
  const picturesSha256 = pictures === null ? Buffer.alloc(0) : secretDigest(pictures);
  const look = { tokenSha256, attemptId, nonce, picturesSha256, deviceSha256 };
  const { assessed: _, ...grant } = await world.rpc.beginAttempt(look);
  return grant;
};

/** Challenges of a session as they are stored. */
const stored = ({ id }: Opened) =>
  world.database.db.selectFrom('challenges').selectAll().where('session_id', '=', id).execute();

/** As if so much time had passed since the session's challenges were issued; nonces name that time, so it stays. */
const age = ({ id }: Opened, seconds: number) =>
  sql`UPDATE challenges SET drawn_at = drawn_at - make_interval(secs => ${seconds}),
      expires_at = expires_at - make_interval(secs => ${seconds}),
      used_at = used_at - make_interval(secs => ${seconds})
    WHERE session_id = ${id}`.execute(world.database.db);

const stepsOf = (issued: BeginChallengeResponse) => JSON.stringify(issued.challenge);

/** What biometrics says of a challenge. */
function performed(method: ChallengeMethod, failures: ChallengeFailure[] = [], score = 90): Evidence {
  return { challenge: { method, passed: failures.length === 0, score, failures } };
}

/** Takes one look of a session and reports it. */
async function look(session: Opened, method: string, evidence: Evidence = {}): Promise<void> {
  const attemptId = randomUUID();
  const { nonce } = await challenge(session, attemptId, method);
  await begin(session, attemptId, nonce);
  await world.report(session.id, attemptId, evidence);
}

const stale = { kind: 'precondition', code: 'challenge_stale' };
/** Not now; the page shows from when on. */
const pause = { kind: 'precondition', code: 'locked_out', retryAfterMs: expect.any(Number) };

describe('a challenge', () => {
  it('is what the workflow asks for, for ninety seconds', async () => {
    const asked = async (slug: string) => {
      const issued = await challenge(await open(slug));
      const [kind, steps] = [issued.challenge?.kind?.$case, issued.challenge?.kind?.value.steps.length];
      expect(issued.nonce).toMatch(/^[\w-]{32}$/);
      return [issued.method, kind, steps];
    };
    expect(await asked('wf_flashing')).toEqual(['FLASHING', 'flash', 6]);
    expect(await asked('wf_active_3d')).toEqual(['ACTIVE_3D', 'motion', 6]);
    expect(await asked('wf_liveness')).toEqual(['PASSIVE', undefined, undefined]);
    const rows = await world.database.db.selectFrom('challenges').selectAll().execute();
    for (const { drawn_at, expires_at } of rows) {
      expect(expires_at.getTime() - drawn_at.getTime()).toBe(90_000);
    }
  });

  it('is the same when it is asked for again, also by many at once', async () => {
    const session = await open();
    const attemptId = randomUUID();
    const first = await challenge(session, attemptId);
    const again = await Promise.all(
      Array.from({ length: 8 }, () => challenge(session, attemptId.toUpperCase())),
    );
    for (const each of again) expect(each).toEqual(first);
    expect(await stored(session)).toHaveLength(1);
    const fresh = await open();
    const at = await Promise.all(Array.from({ length: 8 }, () => challenge(fresh, attemptId)));
    expect(new Set(at.map(({ nonce }) => nonce)).size).toBe(1);
    expect(at[0]?.nonce).not.toBe(first.nonce);
  });

  it('is issued thirty times in ten minutes, however many ask at once; then one is told when to ask again', async () => {
    const session = await open('wf_liveness');
    const calls = await Promise.allSettled(Array.from({ length: 36 }, () => challenge(session)));
    const refused = calls.filter((call) => call.status === 'rejected');
    expect(refused).toHaveLength(6);
    for (const { reason } of refused) expect(reason).toMatchObject(pause);
    expect(await stored(session)).toHaveLength(30);
    await sql`UPDATE sessions SET challenges_issued = ARRAY(
        SELECT at - interval '10 minutes' FROM unnest(challenges_issued) AS at ORDER BY at)
      WHERE id = ${session.id}`.execute(world.database.db);
    await challenge(session);
  });

  it('is of a method that the session offers', async () => {
    const session = await open('wf_flashing');
    const read = async (slug: string) =>
      (await world.rpc.readSession({ tokenSha256: (await open(slug)).tokenSha256 })).session;
    expect(await read('wf_flashing')).toMatchObject({
      livenessMethod: 'FLASHING',
      otherMethods: ['ACTIVE_3D', 'PASSIVE'],
    });
    expect(await read('wf_active_3d')).toMatchObject({ otherMethods: ['FLASHING', 'PASSIVE'] });
    for (const method of ['ACTIVE_3D', 'PASSIVE', 'FLASHING']) {
      expect(await challenge(session, randomUUID(), method)).toMatchObject({ method });
    }
    const refusal = { kind: 'invalid', code: 'method_not_offered' };
    await expect(challenge(session, randomUUID(), 'BLINKING')).rejects.toMatchObject(refusal);
    await expect(challenge(await open('wf_liveness'), randomUUID(), 'FLASHING')).rejects.toMatchObject(
      refusal,
    );
    await expect(challenge(session, 'first')).rejects.toMatchObject({ code: 'attempt_id_invalid' });
  });

  it('asks the same, of whatever attempt, for as long as it is worth beginning with, and never lives longer', async () => {
    const session = await open('wf_flashing');
    const attemptId = randomUUID();
    const first = await challenge(session, attemptId);
    await challenge(session, randomUUID(), 'ACTIVE_3D');
    const second = await challenge(session);
    expect(stepsOf(second)).toBe(stepsOf(first));
    expect(second.nonce).not.toBe(first.nonce);
    expect(second.expiresAt).toEqual(first.expiresAt);
    // Forty-five seconds are left of it or less.
    await age(session, 60);
    const renewed = await challenge(session, attemptId);
    expect(stepsOf(renewed)).not.toBe(stepsOf(first));
    expect((await begin(session, attemptId, renewed.nonce)).attemptsLeft).toBe(2);
  });

  it('asks six different things in ten minutes: nobody asks until it fits a recording', async () => {
    const session = await open('wf_flashing');
    for (let turn = 0; turn < 6; turn += 1) {
      await challenge(session, randomUUID(), turn % 2 === 0 ? 'FLASHING' : 'ACTIVE_3D');
      await age(session, 60);
    }
    await expect(challenge(session)).rejects.toMatchObject(pause);
    // Another way stays open.
    await challenge(session, randomUUID(), 'PASSIVE');
    const { session: hosted } = await world.rpc.readSession({ tokenSha256: session.tokenSha256 });
    expect(hosted).toMatchObject({ attemptsLeft: 3, status: 'Not Started' });
  });

  it('is refused to whoever gets no look: finished, expired, void or unknown', async () => {
    const done = await open('wf_flashing');
    await look(done, 'FLASHING', performed(ChallengeMethod.FLASHING));
    await world.announced(done.id, 'Approved');
    await expect(challenge(done)).rejects.toMatchObject({ code: 'session_finished' });
    const late = await open();
    await sql`UPDATE sessions SET expires_at = now() WHERE id = ${late.id}`.execute(world.database.db);
    await expect(challenge(late)).rejects.toMatchObject({ code: 'session_expired' });
    const spent = await open();
    const id = randomUUID();
    await sql`UPDATE sessions SET void_attempts = ${[id]}::uuid[] WHERE id = ${spent.id}`.execute(
      world.database.db,
    );
    await expect(challenge(spent, id)).rejects.toMatchObject({ code: 'attempt_void' });
    await expect(challenge({ id: '', tokenSha256: Buffer.alloc(32) })).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  it('is refused under a lock, as looks are', async () => {
    const features = [{ feature: 'FACE_MATCH' }];
    const workflow_id = await workflow({ face_liveness_method: 'ACTIVE_3D' }, features);
    const locked = { vendor_data: 'locked', portrait_image: portrait };
    for (let turn = 0; turn < 5; turn += 1) {
      const session = await open(workflow_id, locked);
      await look(session, '', { ...performed(ChallengeMethod.ACTIVE_3D), similarityScore: 5 });
      await world.announced(session.id, 'Declined');
    }
    const refused = challenge(await open(workflow_id, locked));
    await expect(refused).rejects.toMatchObject({ kind: 'precondition', code: 'locked_out' });
  });
});

describe('a look of an active method', () => {
  it('answers the challenge that was issued for it', async () => {
    const session = await open('wf_active_3d');
    const attemptId = randomUUID();
    const issued = await challenge(session, attemptId);
    const grant = await begin(session, attemptId, issued.nonce);
    expect(grant).toMatchObject({ attemptsLeft: 2, retriesUncertain: true });
    expect(grant.challenge).toMatchObject({
      method: 'ACTIVE_3D',
      challenge: issued.challenge,
      issuedAt: expect.any(Date),
      nonceMatches: true,
    });
  });

  it('is refused without one, with the nonce of another one, and when it is over: nothing is used up', async () => {
    const session = await open('wf_flashing');
    const [one, other] = [randomUUID(), randomUUID()];
    await expect(begin(session, one)).rejects.toMatchObject(stale);
    const issued = await challenge(session, one);
    const foreign = await challenge(session, other);
    await expect(begin(session, one)).rejects.toMatchObject(stale);
    await expect(begin(session, one, foreign.nonce)).rejects.toMatchObject(stale);
    await expect(begin(session, randomUUID(), issued.nonce)).rejects.toMatchObject(stale);
    const elsewhere = await open('wf_flashing');
    await expect(begin(elsewhere, one, issued.nonce)).rejects.toMatchObject(stale);
    await age(session, 120);
    await expect(begin(session, one, issued.nonce)).rejects.toMatchObject(stale);
    const { session: hosted } = await world.rpc.readSession({ tokenSha256: session.tokenSha256 });
    expect(hosted).toMatchObject({ attemptsLeft: 3, status: 'Not Started' });
    const renewed = await challenge(session, one);
    expect(renewed.nonce).not.toBe(issued.nonce);
    expect((await begin(session, one, renewed.nonce)).attemptsLeft).toBe(2);
  });

  it('keeps its grant and its challenge when it is sent again, and not for ever', async () => {
    const session = await open('wf_flashing');
    const attemptId = randomUUID();
    const { nonce } = await challenge(session, attemptId);
    const grants = await Promise.all(Array.from({ length: 4 }, () => begin(session, attemptId, nonce)));
    for (const grant of grants) expect(grant).toEqual(grants[0]);
    await age(session, 120);
    expect(await begin(session, attemptId, nonce)).toMatchObject({ attemptsLeft: 2 });
    await age(session, 300);
    await expect(begin(session, attemptId, nonce)).rejects.toMatchObject(stale);
  });

  it('is the only one that its challenge takes: other pictures are stale, and so are those that nobody names', async () => {
    const session = await open('wf_flashing');
    const attemptId = randomUUID();
    const { nonce } = await challenge(session, attemptId);
    const grant = await begin(session, attemptId, nonce, 'first');
    for (const pictures of ['second', null]) {
      await expect(begin(session, attemptId, nonce, pictures)).rejects.toMatchObject(stale);
    }
    expect(await begin(session, attemptId, nonce, 'first')).toEqual(grant);
    const unnamed = randomUUID();
    const other = await challenge(session, unnamed);
    await begin(session, unnamed, other.nonce, null);
    await expect(begin(session, unnamed, other.nonce, null)).rejects.toMatchObject(stale);
    await expect(begin(session, unnamed, other.nonce, 'first')).rejects.toMatchObject(stale);
  });

  it('with other pictures is another try under whatever id; a stale one was none', async () => {
    const session = await open('wf_active_3d');
    const attemptId = randomUUID();
    const left: number[] = [];
    for (const pictures of ['first', 'second', 'third', 'fourth']) {
      await expect(begin(session, attemptId, 'x'.repeat(32), `${pictures}, stale`)).rejects.toMatchObject(
        stale,
      );
      const { nonce } = await challenge(session, attemptId);
      left.push((await begin(session, attemptId, nonce, pictures)).attemptsLeft);
      left.push((await begin(session, attemptId, nonce, pictures)).attemptsLeft);
    }
    // The last look is open until it decides.
    expect(left).toEqual([2, 2, 1, 1, 0, 0, 0, 0]);
  });

  it('is no dead end when the page was reloaded in the last attempt: the same id gets a new challenge', async () => {
    const session = await open(
      await workflow({ face_liveness_method: 'FLASHING', face_liveness_max_attempts: 1 }),
    );
    const attemptId = randomUUID();
    const lost = await challenge(session, attemptId);
    expect((await begin(session, attemptId, lost.nonce)).attemptsLeft).toBe(0);
    const next = await challenge(session, attemptId, 'PASSIVE');
    const grant = await begin(session, attemptId, next.nonce, 'after the reload');
    expect(grant.challenge).toMatchObject({ method: 'PASSIVE' });
    await world.report(session.id, attemptId);
    await world.announced(session.id, 'In Review');
  });

  it('uses an order up: the same one, issued to another device, is stale', async () => {
    const session = await open('wf_active_3d');
    const [one, other] = [randomUUID(), randomUUID()];
    const first = await challenge(session, one);
    const second = await challenge(session, other);
    expect(stepsOf(second)).toBe(stepsOf(first));
    const both = await Promise.allSettled([
      begin(session, one, first.nonce),
      begin(session, other, second.nonce),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((each) => each.status === 'rejected')?.reason).toMatchObject(stale);
  });
});

describe('a look of a passive workflow', () => {
  it('is granted without a challenge, and says so of one that does not fit', async () => {
    const session = await open('wf_liveness');
    const attemptId = randomUUID();
    expect((await begin(session, attemptId)).challenge).toBeUndefined();
    const { nonce } = await challenge(session, attemptId);
    const grant = await begin(session, attemptId, nonce);
    expect(grant.challenge).toMatchObject({ method: 'PASSIVE', nonceMatches: true });
    expect(grant.challenge?.challenge).toBeUndefined();
    expect((await begin(session, attemptId, 'x'.repeat(32))).challenge?.nonceMatches).toBe(false);
    expect(await begin(session, attemptId, nonce, 'other')).toMatchObject({
      attemptsLeft: 1,
      challenge: { nonceMatches: false },
    });
    const late = randomUUID();
    const overdue = await challenge(session, late);
    await age(session, 120);
    expect((await begin(session, late, overdue.nonce)).challenge?.nonceMatches).toBe(false);
  });

  it('of two devices at once is granted to both', async () => {
    const session = await open('wf_liveness');
    const ids = [randomUUID(), randomUUID()];
    const issued = await Promise.all(ids.map((id) => challenge(session, id)));
    const grants = await Promise.all(ids.map((id, at) => begin(session, id, issued[at]?.nonce)));
    expect(grants.map((grant) => grant.challenge?.nonceMatches)).toEqual([true, true]);
  });
});

describe('a verdict', () => {
  async function judged(workflow: string, method: string, evidence: Evidence, status: string) {
    const session = await open(workflow);
    await look(session, method, evidence);
    const event = await world.announced(session.id, status);
    const { liveness_checks } = JSON.parse(event.decisionJson);
    const [{ method: shown, warnings }] = liveness_checks;
    const risks = warnings.map((each: { risk: string; log_type: string }) => `${each.risk}/${each.log_type}`);
    return [shown, ...risks].join(' ');
  }
  const flashing = (...rest: [ChallengeFailure[]?, number?]) => performed(ChallengeMethod.FLASHING, ...rest);
  const motion = (...rest: [ChallengeFailure[]?, number?]) => performed(ChallengeMethod.ACTIVE_3D, ...rest);

  it('shows the method that was performed: the one that was asked for, or the other active one', async () => {
    expect(await judged('wf_flashing', '', flashing(), 'Approved')).toBe('FLASHING');
    expect(await judged('wf_flashing', 'ACTIVE_3D', motion(), 'Approved')).toBe('ACTIVE_3D');
    expect(await judged('wf_active_3d', 'FLASHING', flashing(), 'Approved')).toBe('FLASHING');
    const flat = motion([ChallengeFailure.FLAT_MOTION], 20);
    expect(await judged('wf_flashing', 'ACTIVE_3D', flat, 'Declined')).toContain(
      'LIVENESS_FACE_ATTACK/error',
    );
  });

  it('on a passive picture instead of an active method is at best a review', async () => {
    const told = await judged('wf_flashing', 'PASSIVE', {}, 'In Review');
    expect(told).toBe('PASSIVE LIVENESS_METHOD_REPLACED/warning');
    const worse = await judged('wf_active_3d', 'PASSIVE', { livenessScore: 10 }, 'Declined');
    expect(worse).toContain('LIVENESS_METHOD_REPLACED/warning');
  });

  it('does not take a passive picture, or another challenge, for the one that was issued', async () => {
    const missing = 'LOW_LIVENESS_SCORE/error';
    expect(await judged('wf_flashing', '', {}, 'Declined')).toBe(`PASSIVE ${missing}`);
    expect(await judged('wf_flashing', 'FLASHING', motion(), 'Declined')).toContain(missing);
    expect(await judged('wf_active_3d', 'ACTIVE_3D', flashing(), 'Declined')).toContain(missing);
  });

  it('is about the look that was taken, also when its page was reloaded meanwhile', async () => {
    const session = await open('wf_flashing');
    const attemptId = randomUUID();
    const { nonce } = await challenge(session, attemptId, 'ACTIVE_3D');
    await begin(session, attemptId, nonce);
    await challenge(session, attemptId, 'ACTIVE_3D');
    await challenge(session, attemptId, 'FLASHING');
    await world.report(session.id, attemptId, motion());
    await world.announced(session.id, 'Approved');
  });

  it('is the same when the very same pictures come once more, from a page that was reloaded and asked for another way', async () => {
    const session = await open('wf_flashing');
    const attemptId = randomUUID();
    const { nonce } = await challenge(session, attemptId, 'ACTIVE_3D');
    const grant = await begin(session, attemptId, nonce);
    await challenge(session, attemptId, 'FLASHING');
    await challenge(session, attemptId, 'PASSIVE');
    expect(await begin(session, attemptId, nonce)).toEqual(grant);
    // Once the page has another plan of the same kind, the old pictures are stale: nothing is used up or decided by them.
    await challenge(session, attemptId, 'ACTIVE_3D');
    await expect(begin(session, attemptId, nonce)).rejects.toMatchObject(stale);
    await world.report(session.id, attemptId, motion());
    await world.report(session.id, attemptId, motion());
    const event = await world.announced(session.id, 'Approved');
    const [{ method, warnings }] = JSON.parse(event.decisionJson).liveness_checks;
    expect([method, warnings]).toEqual(['ACTIVE_3D', []]);
  });

  it('declines flashes that cannot be told where the workflow is strict, and only flashes', async () => {
    const bright = [ChallengeFailure.TOO_MUCH_LIGHT];
    const strict = await workflow({ face_liveness_method: 'FLASHING', face_liveness_flash_mode: '1' });
    expect(await judged('wf_flashing', '', flashing(bright, 60), 'In Review')).toContain('/warning');
    expect(await judged(strict, '', flashing(bright, 60), 'Declined')).toContain('/error');
    expect(await judged(strict, 'ACTIVE_3D', motion([ChallengeFailure.POSE], 60), 'In Review')).toContain(
      '/warning',
    );
  });
});

describe('a challenge that is missed leads to no verdict', () => {
  const person = () => ({ vendor_data: randomUUID(), deviceSha256: randomBytes(32) });
  type Person = ReturnType<typeof person>;
  /** A look in the session that waits for this person: what the page missed is tried again, so nothing is reported. */
  async function miss({ vendor_data, deviceSha256 }: Person) {
    const session = await open('wf_active_3d', { vendor_data });
    const attemptId = randomUUID();
    const { nonce } = await challenge(session, attemptId);
    const { attemptsLeft } = await begin(session, attemptId, nonce, attemptId, deviceSha256);
    return { session, attemptId, attemptsLeft };
  }

  it('and locks nobody who misses it twice and passes the third time, and does so again', async () => {
    const honest = person();
    for (let visit = 0; visit < 2; visit += 1) {
      for (const left of [2, 1]) expect((await miss(honest)).attemptsLeft).toBe(left);
      const { session, attemptId } = await miss(honest);
      await world.report(session.id, attemptId, performed(ChallengeMethod.ACTIVE_3D));
      await world.announced(session.id, 'Approved');
    }
  });

  it('but who goes on missing it is locked out, person and device: it is no oracle without end', async () => {
    const tuning = person();
    /** How many failures each lock that is in force rests on. */
    const locks = async () => {
      const rows = await world.database.db
        .selectFrom('lockouts')
        .select('failures')
        .where('locked_until', 'is not', null)
        .execute();
      return rows.map(({ failures }) => failures.length);
    };
    const before = await locks();
    // The last look of each session waits for its verdict; seven misses are five that were followed by another.
    for (let turn = 0; turn < 7; turn += 1) await miss(tuning);
    await expect(miss(tuning)).rejects.toMatchObject(pause);
    expect((await locks()).sort()).toEqual([...before, 5, 5].sort());
    // The refused look was none, and what was counted is not counted again.
    await expect(miss(tuning)).rejects.toMatchObject(pause);
    expect((await locks()).sort()).toEqual([...before, 5, 5].sort());
    const other = await open('wf_active_3d', { vendor_data: randomUUID() });
    const attemptId = randomUUID();
    const { nonce } = await challenge(other, attemptId);
    await expect(begin(other, attemptId, nonce, attemptId, tuning.deviceSha256)).rejects.toMatchObject(pause);
    await begin(other, attemptId, nonce);
  });

  it('and counts not where a picture was merely sent again, or nothing was asked of it', async () => {
    const { vendor_data, deviceSha256 } = person();
    const session = await open('wf_liveness', { vendor_data });
    for (const attemptId of [randomUUID(), randomUUID()])
      await begin(session, attemptId, '', attemptId, deviceSha256);
    const active = await open('wf_active_3d', { vendor_data });
    const attemptId = randomUUID();
    const { nonce } = await challenge(active, attemptId);
    for (let turn = 0; turn < 3; turn += 1) await begin(active, attemptId, nonce, 'same', deviceSha256);
    const rows = await world.database.db
      .selectFrom('attempts')
      .select('counted_at')
      .where('session_id', 'in', [session.id, active.id])
      .execute();
    expect(rows.map(({ counted_at }) => counted_at)).toEqual([null, null, null]);
  });
});

it('whether an uncertain challenge is tried again, the workflow says', async () => {
  const never = await workflow({
    face_liveness_method: 'ACTIVE_3D',
    face_liveness_uncertain_retry_enabled: false,
  });
  const session = await open(never);
  const attemptId = randomUUID();
  const { nonce } = await challenge(session, attemptId);
  expect((await begin(session, attemptId, nonce)).retriesUncertain).toBe(false);
});

it('no nonce lies in a table or a log', async () => {
  const session = await open('wf_flashing');
  const attemptId = randomUUID();
  const { nonce } = await challenge(session, attemptId);
  await begin(session, attemptId, nonce);
  const rows = JSON.stringify(await stored(session));
  expect(rows).toContain(attemptId);
  for (const text of [rows, world.logged()]) expect(text.includes(nonce)).toBe(false);
});

it('challenges go with their session, and are swept when they are of no use', async () => {
  const [deleted, unused, used] = [await open(), await open(), await open()];
  await challenge(deleted);
  await challenge(unused);
  const attemptId = randomUUID();
  await begin(used, attemptId, (await challenge(used, attemptId)).nonce);
  await world.demo.call('DELETE', `/v3/session/${deleted.id}/delete/`);
  expect(await stored(deleted)).toEqual([]);
  const sweep = (hours: number) =>
    sweepChallenges(world.database.db, new Date(Date.now() + hours * 3_600_000), 10_000);
  expect(await sweep(0.9)).toBe(0);
  expect(await sweep(1.1)).toBeGreaterThan(0);
  expect([...(await stored(unused)), ...(await stored(used))]).toEqual([]);
});
