import { randomBytes, randomUUID } from 'node:crypto';
import { ChallengeMethod } from '@selfsame/contracts/biometrics/v1/evidence';
import { ListKind, RiskLevel, StepUpAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import { Failure } from '@selfsame/runtime/errors';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deviceToken } from '../src/domain/device-token.ts';
import { secretDigest } from '../src/domain/secrets.ts';
import { visitNonce } from '../src/domain/visit-nonce.ts';
import { originOf } from '../src/lockouts.ts';
import type { WireAssessment } from './fraud-signals.ts';
import { ordinaryVisit } from './fraud-signals.ts';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => world.fraudSignals.answer({}));
afterAll(() => world.close());

type Created = { session_id: string; session_token: string };
type Body = Record<string, unknown>;

const away = new Failure('unavailable', 'away', 'Nobody is there.');
const blocked = { kind: ListKind.BLOCKLIST, entryType: 'ip_address', listId: 'l', entryId: 'e' };
const because = ['usr_device_known = true', 'usr_ip_known = true'];

/** A visit for which the rules say this. */
function visit(action: StepUpAction, changes: WireAssessment = {}): WireAssessment {
  const name = action === StepUpAction.SKIP ? 'known device on a known network' : 'new device';
  return { ...ordinaryVisit, stepUp: { rule: 0, name, action, because }, ...changes };
}

const known = {
  ...ordinaryVisit.device,
  isKnown: true,
  isNetworkKnown: true,
  isProved: true,
};
const skip = (changes: WireAssessment = {}) => visit(StepUpAction.SKIP, { device: known, ...changes });

const someone = () => `someone-${randomUUID()}`;
const create = (body: Body = {}): Promise<Created> =>
  world.demo.create({
    workflow_id: 'wf_adaptive',
    vendor_data: someone(),
    portrait_image: portrait,
    ...body,
  });

/** A workflow like wf_adaptive, but for what is given. */
async function workflow(adaptive: Body | null, body: Body = {}): Promise<string> {
  const answer = await world.demo.call('POST', '/v3/workflows/', {
    features: [{ feature: 'LIVENESS' }],
    ...(adaptive === null ? {} : { adaptive: { enabled: true, ...adaptive } }),
    ...body,
  });
  expect(answer.status).toBe(201);
  return answer.body.uuid;
}

/** What is unusual about an opening. */
interface Opening {
  /** What the page has signed; null: nothing */
  readonly nonce?: string | null;
  /** The user has pressed to go on without a selfie. */
  readonly continues?: boolean;
  readonly ipAddress?: string;
  /** Digest of the cookie that it brings. */
  readonly cookie?: Buffer;
}

/** Opens a page as its browser does. */
async function open(created: Created, opening: Opening = {}) {
  const { nonce, continues = false, ipAddress = '203.0.113.7', cookie = secretDigest('a cookie') } = opening;
  const tokenSha256 = secretDigest(created.session_token);
  const read = await world.rpc.readSession({ tokenSha256 });
  const keySha256 = nonce === null ? Buffer.alloc(0) : secretDigest('a key');
  const { session } = await world.rpc.openSession({
    tokenSha256,
    observation: {
      ipAddress,
      device: { keySha256, cookieSha256: cookie },
      facts: [{ name: 'http.http_version', value: { $case: 'text', value: '2' } }],
    },
    visitNonce: nonce === null ? '' : (nonce ?? read.session?.visitNonce ?? ''),
    continues,
  });
  if (session === undefined) throw new Error('no session was answered');
  return session;
}

/** Opens it and goes on without a selfie. */
async function openAndContinue(created: Created, opening: Opening = {}) {
  expect(await open(created, opening)).toMatchObject({ status: 'In Progress', offersSkip: true });
  return open(created, { ...opening, continues: true });
}

const decision = async ({ session_id }: Created) =>
  (await world.demo.call('GET', `/v3/session/${session_id}/decision/`)).body;
const walk = async ({ session_id }: Created) => {
  await world.settled();
  return world.events(session_id).map(({ status }) => status);
};

describe('a known device on a known network', () => {
  it('is let in without a selfie when its user goes on: approved, with a decision that says why', async () => {
    world.fraudSignals.answer({ assess: skip() });
    const created = await create();
    const session = await openAndContinue(created);
    expect(session).toMatchObject({ status: 'Approved', skippedSelfie: true, wantsProofAgain: false });
    expect(session.offersSkip).toBe(false);
    const event = await world.announced(created.session_id, 'Approved');
    expect(await walk(created)).toEqual(['Not Started', 'In Progress', 'Approved']);
    expect(event).toMatchObject({ attemptId: '', enrols: false, candidateId: '' });
    const told = JSON.parse(event.decisionJson);
    expect(told).toMatchObject({
      status: 'Approved',
      liveness_checks: null,
      face_matches: null,
      ip_analyses: [{ status: 'Approved', ip_address: '203.0.113.7' }],
      adaptive: {
        action: 'SKIP',
        rule: 'known device on a known network',
        because,
        assessment_id: ordinaryVisit.assessmentId,
        skipped_selfie: true,
        skip_refused: null,
      },
    });
    expect(await decision(created)).toMatchObject({ adaptive: told.adaptive, device_token: null });
    const again = await world.rpc.readSession({ tokenSha256: secretDigest(created.session_token) });
    expect(again.session).toMatchObject({ status: 'Approved', skippedSelfie: true });
    // Nothing is left to prove.
    const over = await open(created, { nonce: 'over' });
    expect(over).toMatchObject({ status: 'Approved', wantsProofAgain: false, offersSkip: false });
  });

  it('is not approved by opening its page, however often, and may show a face instead', async () => {
    world.fraudSignals.answer({ assess: skip() });
    const created = await create();
    const tokenSha256 = secretDigest(created.session_token);
    for (let visits = 0; visits < 3; visits += 1) {
      expect(await open(created)).toMatchObject({
        status: 'In Progress',
        offersSkip: true,
        skippedSelfie: false,
        livenessMethod: 'PASSIVE',
      });
      expect((await world.rpc.readSession({ tokenSha256 })).session?.offersSkip).toBe(false);
    }
    expect((await decision(created)).adaptive).toMatchObject({
      action: 'SKIP',
      skipped_selfie: false,
      skip_refused: null,
    });
    await world.look(created, {}, skip());
    const event = await world.announced(created.session_id, 'Approved');
    expect(event.attemptId).not.toBe('');
    expect(JSON.parse(event.decisionJson).adaptive).toMatchObject({ skipped_selfie: false });
  });

  it('is not approved by a press that its key has not signed', async () => {
    world.fraudSignals.answer({ assess: skip() });
    const created = await create();
    await open(created);
    const over = await open(created, { continues: true, nonce: 'over' });
    expect(over).toMatchObject({ status: 'In Progress', wantsProofAgain: true, offersSkip: false });
    expect(await open(created, { continues: true })).toMatchObject({ status: 'Approved' });
    const unsigned = await create();
    await open(unsigned);
    const session = await open(unsigned, { continues: true, nonce: null });
    expect(session).toMatchObject({ status: 'In Progress', offersSkip: false });
    expect((await decision(unsigned)).adaptive).toMatchObject({ skip_refused: 'device_not_proved' });
    expect(await open(unsigned, { continues: true })).toMatchObject({ status: 'In Progress' });
  });

  it('is looked at once more when its user goes on: what does not hold any more asks for a face', async () => {
    const changes: [WireAssessment | Failure, Body][] = [
      [visit(StepUpAction.ACTIVE_3D), { action: 'ACTIVE_3D', skip_refused: null }],
      [skip({ failures: ['history'] }), { action: 'SKIP', skip_refused: 'assessment_failed' }],
      [skip({ listHits: [blocked] }), { action: 'SKIP', skip_refused: 'listed' }],
      [away, { action: 'PASSIVE', assessment_id: null }],
    ];
    for (const [assess, adaptive] of changes) {
      const created = await create();
      world.fraudSignals.answer({ assess: skip() });
      expect(await open(created)).toMatchObject({ offersSkip: true });
      world.fraudSignals.answer({ assess });
      world.fraudSignals.assessed.length = 0;
      const session = await open(created, { continues: true });
      expect(session).toMatchObject({ status: 'In Progress', offersSkip: false, skippedSelfie: false });
      expect(world.fraudSignals.assessed).toHaveLength(1);
      expect((await decision(created)).adaptive).toMatchObject({ ...adaptive, skipped_selfie: false });
      world.fraudSignals.answer({ assess: skip() });
      expect(await open(created, { continues: true })).toMatchObject({ status: 'In Progress' });
    }
  });

  it('is asked after with the session, its rules and what the browser showed', async () => {
    const created = await create({
      contact_details: { email: 'a@b.example', phone: '+34600000000' },
      expected_details: { ip_address: '203.0.113.7' },
      metadata: { device_id: 'device-0001', from_ip: '2001:db8::1' },
    });
    world.fraudSignals.assessed.length = 0;
    await open(created);
    const [request] = world.fraudSignals.assessed;
    expect(request?.observation?.device?.keySha256).toEqual(secretDigest('a key'));
    expect(request?.session).toMatchObject({
      sessionId: created.session_id,
      email: 'a@b.example',
      phone: '+34600000000',
      expectedIpAddress: '203.0.113.7',
      applicationDeviceId: 'device-0001',
      applicationIpAddress: '2001:db8::1',
      rules: [{ action: StepUpAction.SKIP }, {}, { logic: 'or', action: StepUpAction.ACTIVE_3D }, {}],
    });
    expect(request?.session?.facts.map(({ name }) => name)).toEqual([
      'session.attempts',
      'session.age_ms',
      'session.since_attempt_ms',
    ]);
  });

  const v6 = { ipAddress: '2001:db8:0:7::1' };
  const refusals: [string, string, () => Promise<Created>, WireAssessment, Opening?][] = [
    ['that did not sign', 'device_not_proved', create, skip(), { nonce: null }],
    [
      'elsewhere than its application names',
      'other_address',
      () => create({ metadata: { from_ip: '203.0.113.8' } }),
      skip(),
    ],
    [
      'elsewhere than its application expects',
      'other_address',
      () => create({ expected_details: { ip_address: '203.0.113.8' } }),
      skip(),
    ],
    [
      'in another /64 than its application names',
      'other_address',
      () => create({ metadata: { from_ip: '2001:db8:0:8::1' } }),
      skip(),
      v6,
    ],
    [
      'that nobody has seen the address of',
      'other_address',
      () => create({ metadata: { from_ip: '203.0.113.7' } }),
      skip(),
      { ipAddress: '' },
    ],
    ['that was never approved', 'device_not_known', create, skip({ device: { ...known, isKnown: false } })],
    ['while a part of it failed', 'assessment_failed', create, skip({ failures: ['history'] })],
    ['that is on a blocklist', 'listed', create, skip({ listHits: [blocked] })],
    [
      'in a workflow that does not allow it',
      'not_allowed',
      async () => create({ workflow_id: await workflow({ allow_skip: false }) }),
      skip(),
    ],
    [
      'in a session that does not allow it',
      'not_allowed',
      () => create({ adaptive: { allow_skip: false } }),
      skip(),
    ],
    [
      'in a workflow that enrols, unless it says so',
      'not_allowed',
      async () => create({ workflow_id: await workflow({}, { workflow_type: 'kyc' }) }),
      skip(),
    ],
    [
      'where a step on device and network is not satisfied',
      'not_approved',
      async () => {
        const ip = { feature: 'IP_ANALYSIS', config: { vpn_detection_action: 'REVIEW' } };
        return create({ workflow_id: await workflow({}, { features: [{ feature: 'LIVENESS' }, ip] }) });
      },
      skip({ network: { ...ordinaryVisit.network, isVpnOrTor: true } }),
    ],
  ];
  it.each(refusals)('shows a face %s', async (_, refusal, make, assess, opening = {}) => {
    const created = await make();
    world.fraudSignals.answer({ assess });
    expect(await open(created, { ...opening, continues: true })).toMatchObject({
      status: 'In Progress',
      skippedSelfie: false,
      offersSkip: false,
      livenessMethod: 'PASSIVE',
    });
    const { adaptive } = await decision(created);
    expect(adaptive).toMatchObject({ action: 'SKIP', skipped_selfie: false, skip_refused: refusal });
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:DB8:0:7:ffff::', '2001:db8:0:7::1'],
  ])('on the address that its application names is let in: %s', async (address, ipAddress) => {
    world.fraudSignals.answer({ assess: skip() });
    const created = await create({
      metadata: { from_ip: address },
      expected_details: { ip_address: address },
    });
    expect(await openAndContinue(created, { ipAddress })).toMatchObject({ status: 'Approved' });
  });

  it('shows a face after what was decided last about its user, until that is better', async () => {
    const vendor_data = someone();
    const last = await create({ vendor_data });
    await world.look(last, {}, visit(StepUpAction.PASSIVE));
    await world.announced(last.session_id, 'Approved');
    world.fraudSignals.answer({ assess: skip() });
    expect(await openAndContinue(await create({ vendor_data }))).toMatchObject({ status: 'Approved' });
    const decide = (new_status: string) =>
      world.demo.call('PATCH', `/v3/session/${last.session_id}/update-status/`, { new_status });
    expect((await decide('Declined')).status).toBe(200);
    const created = await create({ vendor_data });
    expect(await open(created)).toMatchObject({ status: 'In Progress', offersSkip: false });
    const { adaptive } = await decision(created);
    expect(adaptive).toMatchObject({ skip_refused: 'last_session_not_approved' });
    // Neither is it approved before there is a page, and others are not concerned.
    const device = { metadata: { device_id: 'device-0001' } };
    expect(await create({ vendor_data, ...device })).toMatchObject({ status: 'Not Started' });
    expect(await create({ ...device })).toMatchObject({ status: 'Approved' });
    expect((await decide('Approved')).status).toBe(200);
    expect(await create({ vendor_data, ...device })).toMatchObject({ status: 'Approved' });
  });

  it('shows a face where one was asked for: before, after a look, after steps were sent back', async () => {
    const asked = await create();
    world.fraudSignals.answer({ assess: visit(StepUpAction.PASSIVE) });
    await open(asked);
    world.fraudSignals.answer({ assess: skip() });
    expect(await open(asked)).toMatchObject({ status: 'In Progress' });

    const looked = await create();
    const tokenSha256 = secretDigest(looked.session_token);
    await world.rpc.beginAttempt({ tokenSha256, attemptId: randomUUID() });
    expect(await open(looked)).toMatchObject({ status: 'In Progress' });

    const skipped = await create();
    await openAndContinue(skipped);
    const path = `/v3/session/${skipped.session_id}/update-status/`;
    const back = await world.demo.call('PATCH', path, { new_status: 'Resubmitted' });
    expect(back.status).toBe(200);
    const { adaptive } = await decision(skipped);
    expect(adaptive).toMatchObject({ skipped_selfie: false, skip_refused: 'selfie_asked_before' });
    expect(await open(skipped)).toMatchObject({ status: 'In Progress', skippedSelfie: false });
    await world.rpc.leaveSession({ tokenSha256: secretDigest(skipped.session_token) });
    expect(await open(skipped)).toMatchObject({ status: 'In Progress' });
    await world.look(skipped, {}, visit(StepUpAction.PASSIVE));
    await world.announced(skipped.session_id, 'Approved');
  });

  it('shows a face while its subject is locked out', async () => {
    const vendor_data = someone();
    const workflow_id = await workflow({}, { lockout: { failures: 1 } });
    const failing = await create({ vendor_data, workflow_id });
    await world.look(failing, { livenessScore: 1 }, ordinaryVisit);
    await world.announced(failing.session_id, 'Declined');
    const created = await create({ vendor_data });
    world.fraudSignals.answer({ assess: skip() });
    expect(await open(created, { continues: true })).toMatchObject({ status: 'In Progress' });
    expect((await decision(created)).adaptive).toMatchObject({ skip_refused: 'locked_out' });
  });

  it('shows a face while its device or its network is locked out', async () => {
    const cookie = secretDigest('a cookie of its own');
    const { applicationId } = world.demo;
    // As capture names them with a look.
    const origin = originOf(world.context, applicationId, {
      deviceSha256: cookie,
      networkSha256: secretDigest('network 2001:db8:0:9'),
    });
    const until = new Date(Date.now() + 3_600_000);
    for (const kind of ['device', 'network'] as const) {
      await world.database.db
        .insertInto('lockouts')
        .values({
          application_id: applicationId,
          kind,
          key_sha256: origin[kind] ?? Buffer.alloc(0),
          failures: [],
          locked_until: until,
          expires_at: until,
        })
        .execute();
    }
    world.fraudSignals.answer({ assess: skip() });
    const locked: Opening[] = [{ cookie }, { ipAddress: '2001:db8:0:9::77' }];
    for (const opening of locked) {
      const created = await create();
      expect(await open(created, opening)).toMatchObject({ status: 'In Progress', offersSkip: false });
      expect((await decision(created)).adaptive).toMatchObject({ skip_refused: 'locked_out' });
    }
    const from_ip = '2001:db8:0:9::78';
    const named = { metadata: { device_id: 'device-0001', from_ip } };
    expect(await create(named)).toMatchObject({ status: 'Not Started' });
    expect(await openAndContinue(await create())).toMatchObject({ status: 'Approved' });
  });

  it('of a workflow that is not adaptive shows a face, and is assessed all the same', async () => {
    const created = await create({ workflow_id: 'wf_liveness' });
    world.fraudSignals.answer({ assess: skip() });
    world.fraudSignals.assessed.length = 0;
    expect(await open(created)).toMatchObject({ status: 'In Progress' });
    expect(world.fraudSignals.assessed).toMatchObject([{ session: { rules: [] } }]);
    expect((await decision(created)).adaptive).toBeNull();
  });
});

describe('what a page has signed', () => {
  it('is good for its session and ten minutes; else the page may sign once more, and nothing is assessed', async () => {
    const created = await create();
    const other = await create();
    const { tokenKey } = world.context.links;
    const ago = (ms: number, id = created.session_id) => visitNonce(tokenKey, id, new Date(Date.now() - ms));
    const stale = [
      ago(600_000),
      ago(-120_000),
      ago(0, other.session_id),
      visitNonce(randomBytes(32), created.session_id, new Date()),
      `${ago(0)}x`,
      'x',
      '',
    ];
    world.fraudSignals.answer({ assess: skip() });
    world.fraudSignals.assessed.length = 0;
    for (const nonce of stale) {
      const session = await open(created, { nonce, continues: true });
      expect(session).toMatchObject({ status: 'In Progress', wantsProofAgain: true });
    }
    expect(world.fraudSignals.assessed).toEqual([]);
    const session = await openAndContinue(created, { nonce: ago(400_000) });
    expect(session).toMatchObject({ status: 'Approved', skippedSelfie: true });
  });

  it('and what names a device later are in no event and in no log', async () => {
    const created = await create({ workflow_id: 'wf_reauth' });
    const { visitNonce: nonce } = await open(created);
    await world.look(created, {}, ordinaryVisit);
    await world.announced(created.session_id, 'Approved');
    const { device_token: token } = await decision(created);
    expect(token).toMatch(/^[\w-]{71}$/);
    await world.settled();
    const everything = JSON.stringify(world.events(created.session_id), (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    for (const secret of [nonce, token]) {
      expect(everything).not.toContain(secret);
      expect(world.logged()).not.toContain(secret);
    }
    expect(everything).not.toContain('device_token');
  });
});

describe('a visit that has to show more', () => {
  it('is asked for it on every way, and what was asked for once stays', async () => {
    const created = await create();
    world.fraudSignals.answer({ assess: visit(StepUpAction.ACTIVE_3D) });
    expect(await open(created)).toMatchObject({
      livenessMethod: 'ACTIVE_3D',
      otherMethods: ['FLASHING', 'PASSIVE'],
    });
    world.fraudSignals.answer({ assess: visit(StepUpAction.PASSIVE) });
    expect(await open(created)).toMatchObject({ livenessMethod: 'ACTIVE_3D' });
    const tokenSha256 = secretDigest(created.session_token);
    const attemptId = randomUUID();
    const stale = world.rpc.beginAttempt({ tokenSha256, attemptId });
    await expect(stale).rejects.toMatchObject({ code: 'challenge_stale' });
    const { method, nonce } = await world.rpc.beginChallenge({ tokenSha256, attemptId });
    expect(method).toBe('ACTIVE_3D');
    await world.rpc.beginAttempt({ tokenSha256, attemptId, nonce });
    const challenge = { method: ChallengeMethod.ACTIVE_3D, passed: true, score: 95, failures: [] };
    await world.report(created.session_id, attemptId, { challenge }, visit(StepUpAction.PASSIVE));
    const { decisionJson } = await world.announced(created.session_id, 'Approved');
    expect(JSON.parse(decisionJson)).toMatchObject({
      liveness_checks: [{ method: 'ACTIVE_3D', warnings: [] }],
      adaptive: { action: 'ACTIVE_3D', skipped_selfie: false },
    });
  });

  it('goes to review when it shows less, by the method that was asked for', async () => {
    const created = await create();
    world.fraudSignals.answer({ assess: visit(StepUpAction.ACTIVE_3D) });
    await open(created);
    const tokenSha256 = secretDigest(created.session_token);
    const attemptId = randomUUID();
    const { nonce } = await world.rpc.beginChallenge({ tokenSha256, attemptId, method: 'PASSIVE' });
    await world.rpc.beginAttempt({ tokenSha256, attemptId, nonce });
    await world.report(created.session_id, attemptId, {}, visit(StepUpAction.PASSIVE));
    const { decisionJson } = await world.announced(created.session_id, 'In Review');
    expect(risks(JSON.parse(decisionJson))).toEqual(['LIVENESS_METHOD_REPLACED', 'STEP_UP_NOT_PERFORMED']);
  });

  it('goes to review when only the look calls for more, which the next look then has to show', async () => {
    const created = await create();
    world.fraudSignals.answer({ assess: visit(StepUpAction.PASSIVE) });
    await open(created);
    const attemptId = await world.look(created, {}, visit(StepUpAction.FLASHING));
    const event = await world.announced(created.session_id, 'In Review');
    expect(event.attemptId).toBe(attemptId);
    const told = JSON.parse(event.decisionJson);
    expect(risks(told)).toEqual(['STEP_UP_NOT_PERFORMED']);
    expect(told.ip_analyses[0].warnings[0].additional_data).toEqual({
      asked: 'FLASHING',
      performed: 'PASSIVE',
      rule: 'new device',
      because,
    });
    await world.report(created.session_id, attemptId, {}, visit(StepUpAction.PASSIVE));
    await world.settled();
    expect((await decision(created)).status).toBe('In Review');
    const path = `/v3/session/${created.session_id}/update-status/`;
    await world.demo.call('PATCH', path, {
      new_status: 'Resubmitted',
      nodes_to_resubmit: ['feature_liveness_1'],
    });
    expect(await open(created)).toMatchObject({ livenessMethod: 'FLASHING' });
  });

  it('never shows less than its workflow asks for', async () => {
    const workflow_id = await workflow(
      {},
      { features: [{ feature: 'LIVENESS', config: { face_liveness_method: 'FLASHING' } }] },
    );
    const created = await create({ workflow_id });
    world.fraudSignals.answer({ assess: visit(StepUpAction.PASSIVE) });
    expect(await open(created)).toMatchObject({ livenessMethod: 'FLASHING' });
  });
});

describe('without anybody to assess it', () => {
  it('a page opens, and its look goes to review where the workflow relies on an assessment', async () => {
    world.fraudSignals.answer({ assess: away });
    const adaptive = await workflow({});
    for (const workflow_id of ['wf_adaptive', adaptive]) {
      const created = await create({ workflow_id });
      expect(await open(created)).toMatchObject({ status: 'In Progress', livenessMethod: 'PASSIVE' });
      await world.look(created);
      const { decisionJson } = await world.announced(created.session_id, 'In Review');
      expect(risks(JSON.parse(decisionJson))).toEqual(['IP_ANALYSIS_FAILED']);
    }
    const plain = await create({ workflow_id: 'wf_liveness' });
    await open(plain);
    await world.look(plain);
    const { decisionJson } = await world.announced(plain.session_id, 'Approved');
    expect(JSON.parse(decisionJson).ip_analyses).toBeNull();
  });

  it('a look goes to review in every workflow of an application that has blocklists, as they were seen last', async () => {
    const { db } = world.database;
    const noted = async () => {
      const { demo } = world;
      const query = db
        .selectFrom('applications')
        .select('has_blocklists')
        .where('id', '=', demo.applicationId);
      return (await query.executeTakeFirstOrThrow()).has_blocklists;
    };
    const body = { workflow_id: 'wf_liveness' };
    const verdict = async (status: string) => {
      world.fraudSignals.answer({ assess: away });
      const created = await create(body);
      await world.look(created);
      return risks(JSON.parse((await world.announced(created.session_id, status)).decisionJson));
    };
    const listed = { ...ordinaryVisit, hasBlocklists: true };
    const unread = { ...ordinaryVisit, failures: ['lists'] };
    const looking = await create(body);
    const waiting = await create(body);
    for (const see of [() => create(body), () => open(waiting)]) {
      world.fraudSignals.answer({ assess: listed });
      await see();
      expect(await noted()).toBe(true);
      world.fraudSignals.answer({ assess: unread });
      await see();
      expect(await noted()).toBe(true);
      world.fraudSignals.answer({});
      await see();
      expect(await noted()).toBe(false);
    }
    await world.look(looking, {}, listed);
    await waitFor('a note of the blocklists', noted, { timeoutMs: 30_000 });
    expect(await verdict('In Review')).toEqual(['IP_ANALYSIS_FAILED']);
    world.fraudSignals.answer({});
    await create(body);
    expect(await verdict('Approved')).toEqual([]);
  });

  it('a look goes to review in every workflow where the lists could not be read', async () => {
    const created = await create({ workflow_id: 'wf_liveness' });
    await world.look(created, {}, { ...ordinaryVisit, failures: ['lists'] });
    const { decisionJson } = await world.announced(created.session_id, 'In Review');
    expect(risks(JSON.parse(decisionJson))).toEqual(['IP_ANALYSIS_FAILED']);
  });

  it('a session is created as ever, rules are not saved', async () => {
    world.fraudSignals.answer({ assess: away, check: away });
    const created = await create({ metadata: { device_id: 'device-0001' } });
    expect(created).toMatchObject({ status: 'Not Started', adaptive: null });
    const rules = [{ name: 'all', action: 'PASSIVE' }];
    for (const [method, path, body] of [
      ['POST', '/v3/workflows/', { features: [{ feature: 'LIVENESS' }], adaptive: { rules } }],
      ['PATCH', '/v3/workflows/wf_adaptive/', { adaptive: { rules } }],
      ['POST', '/v3/session/', { workflow_id: 'wf_adaptive', adaptive: { rules } }],
    ] as const) {
      const answer = await world.demo.call(method, path, body);
      expect(answer.status).toBe(503);
      expect(answer.body.detail).toMatch(/cannot be checked right now/);
    }
  });

  it('a device is not forgotten, and that is told', async () => {
    const created = await create({ vendor_data: 'forgettable' });
    const tokenSha256 = secretDigest(created.session_token);
    world.fraudSignals.answer({ forget: away });
    await expect(world.rpc.forgetDevice({ tokenSha256 })).rejects.toMatchObject({ kind: 'unavailable' });
    world.fraudSignals.answer({});
    await world.rpc.forgetDevice({ tokenSha256 });
    expect(world.fraudSignals.forgotten.at(-1)).toEqual({
      applicationId: world.demo.applicationId,
      vendorData: 'forgettable',
      sessionId: created.session_id,
      fingerprint: '',
    });
  });
});

describe('before there is a page', () => {
  const named = { metadata: { device_id: 'device-0001', from_ip: '203.0.113.7' } };

  it('a device that the application names is enough: approved in the answer, with two events', async () => {
    world.fraudSignals.answer({ assess: skip() });
    world.fraudSignals.assessed.length = 0;
    const created = await create(named);
    expect(created).toMatchObject({
      status: 'Approved',
      adaptive: { action: 'SKIP', skipped_selfie: true, because },
    });
    expect(world.fraudSignals.assessed).toMatchObject([
      { session: { sessionId: created.session_id, applicationDeviceId: 'device-0001' } },
    ]);
    await world.announced(created.session_id, 'Approved');
    expect(await walk(created)).toEqual(['Not Started', 'Approved']);
    expect(await open(created)).toMatchObject({ status: 'Approved', skippedSelfie: true });
  });

  it('a session that waits is left to whoever holds its link', async () => {
    const vendor_data = someone();
    const waiting = await create({ vendor_data, ...named });
    world.fraudSignals.answer({ assess: skip() });
    const approved = await create({ vendor_data, ...named });
    expect(approved).toMatchObject({ status: 'Approved' });
    expect(approved.session_id).not.toBe(waiting.session_id);
    expect((await decision(waiting)).status).toBe('Not Started');
    world.fraudSignals.answer({});
    expect((await create({ vendor_data, ...named })).session_id).toBe(waiting.session_id);
  });

  it.each([
    ['no device is named', {}, skip()],
    ['what is named is no device', { metadata: { device_id: 'short', from_ip: '203.0.113.7' } }, skip()],
    ['the device is not known', named, skip({ device: { ...known, isKnown: false } })],
    ['the rules ask for a picture', named, visit(StepUpAction.PASSIVE)],
    ['a part of it failed', named, skip({ failures: ['history'] })],
    ['the session forbids it', { ...named, adaptive: { allow_skip: false } }, skip()],
  ])('a session waits for its user when %s', async (_, body, assess) => {
    world.fraudSignals.answer({ assess });
    expect(await create(body)).toMatchObject({ status: 'Not Started', adaptive: null });
  });

  it('a workflow has to allow it', async () => {
    const workflow_id = await workflow({ allow_at_creation: false });
    world.fraudSignals.answer({ assess: skip() });
    world.fraudSignals.assessed.length = 0;
    expect(await create({ ...named, workflow_id })).toMatchObject({ status: 'Not Started' });
    expect(world.fraudSignals.assessed).toMatchObject([{ session: { rules: [] } }]);
  });

  it('nobody is asked about a user without a name', async () => {
    world.fraudSignals.assessed.length = 0;
    await world.demo.create({ workflow_id: 'wf_liveness', ...named });
    expect(world.fraudSignals.assessed).toEqual([]);
  });

  it('a blocked user gets no session; other lists decline later', async () => {
    const hit = (entryType: string) => ({ kind: ListKind.BLOCKLIST, entryType, listId: 'l', entryId: 'e' });
    const body = { workflow_id: 'wf_liveness', vendor_data: someone() };
    world.fraudSignals.answer({ assess: { ...ordinaryVisit, listHits: [hit('user')] } });
    const refused = await world.demo.call('POST', '/v3/session/', body);
    expect([refused.status, refused.body]).toEqual([400, { vendor_data: 'This user is blocked.' }]);
    world.fraudSignals.answer({ assess: { ...ordinaryVisit, listHits: [hit('email')] } });
    expect((await world.demo.call('POST', '/v3/session/', body)).status).toBe(201);
  });

  it('a token of an approved session vouches for its device: of this user, and for ninety days', async () => {
    const vendor_data = someone();
    const first = await create({ vendor_data });
    await open(first);
    await world.look(first, {}, visit(StepUpAction.PASSIVE));
    await world.announced(first.session_id, 'Approved');
    const { device_token } = await decision(first);
    const vouched = async (body: Body) => {
      world.fraudSignals.answer({
        assess: (request) => (request.vouchedDeviceId === '' ? visit(StepUpAction.PASSIVE) : skip()),
      });
      world.fraudSignals.assessed.length = 0;
      const { session_id, ...created } = await world.demo.create({
        workflow_id: 'wf_adaptive',
        portrait_image: portrait,
        ...body,
      });
      return [created.status, world.fraudSignals.assessed[0]?.vouchedDeviceId];
    };
    expect(await vouched({ vendor_data, device_token })).toEqual(['Approved', '0f'.repeat(16)]);
    expect(await vouched({ vendor_data: someone(), device_token })).toEqual(['Not Started', '']);
    const owner = { applicationId: world.demo.applicationId, vendorData: vendor_data };
    const name = `selfsame-fp-${'0f'.repeat(16)}`;
    const longAgo = new Date(Date.now() - 90 * 86_400_000 - 1_000);
    const key = world.context.links.tokenKey;
    const over = deviceToken(key, owner, name, longAgo, longAgo);
    const forged = deviceToken(randomBytes(32), owner, name, new Date(), new Date());
    for (const token of [over, forged]) {
      expect(await vouched({ vendor_data, device_token: token })).toEqual(['Not Started', '']);
    }
    const body = { workflow_id: 'wf_adaptive', vendor_data, portrait_image: portrait, device_token: 'x' };
    const refused = await world.demo.call('POST', '/v3/session/', body);
    expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['device_token']]);
  });

  it('only a device that proved itself gets a token', async () => {
    const created = await create({ workflow_id: 'wf_reauth' });
    const device = { ...ordinaryVisit.device, isProved: false };
    await world.look(created, {}, { ...ordinaryVisit, device });
    await world.announced(created.session_id, 'Approved');
    expect((await decision(created)).device_token).toBeNull();
  });
});

it('a deleted session keeps nothing of its device, its rules and what it had to show', async () => {
  const created = await create({ adaptive: { rules: [{ name: 'everybody', action: 'PASSIVE' }] } });
  world.fraudSignals.answer({ assess: visit(StepUpAction.PASSIVE) });
  await open(created);
  await world.look(created, {}, visit(StepUpAction.PASSIVE));
  await world.announced(created.session_id, 'Approved');
  const kept = () =>
    world.database.db
      .selectFrom('sessions')
      .select(['adaptive', 'step_up', 'device_name', 'reports'])
      .where('id', '=', created.session_id)
      .executeTakeFirstOrThrow();
  expect(Object.values(await kept())).not.toContain(null);
  await world.demo.call('DELETE', `/v3/session/${created.session_id}/delete/`);
  expect(new Set(Object.values(await kept()))).toEqual(new Set([null]));
});

describe('what a session may change of its workflow', () => {
  it('are the rules, which are checked like those of a workflow and told to those who assess', async () => {
    const rules = [{ name: 'everybody', action: 'FLASHING' }];
    const created = await create({ adaptive: { rules } });
    world.fraudSignals.assessed.length = 0;
    await open(created);
    const tokenSha256 = secretDigest(created.session_token);
    const { assessed } = await world.rpc.beginAttempt({ tokenSha256, attemptId: randomUUID() });
    const told = [{ name: 'everybody', logic: 'and', conditions: [], action: StepUpAction.FLASHING }];
    expect(world.fraudSignals.assessed[0]?.session?.rules).toEqual(told);
    expect(assessed).toMatchObject({ sessionId: created.session_id, rules: told });
    world.fraudSignals.answer({ check: ['Rule 1 (everybody): no.'] });
    const refused = await world.demo.call('POST', '/v3/session/', {
      workflow_id: 'wf_adaptive',
      portrait_image: portrait,
      adaptive: { rules },
    });
    expect([refused.status, refused.body]).toEqual([400, { adaptive: ['Rule 1 (everybody): no.'] }]);
  });

  it('is never more than the workflow allows, and nothing is passed over in silence', async () => {
    const strict = await workflow({ allow_skip: false });
    const cases: [string, Body, RegExp][] = [
      [strict, { allow_skip: true }, /does not allow it/],
      ['wf_liveness', { allow_skip: false }, /is not enabled/],
      ['wf_adaptive', { enabled: true }, /enabled: this field is not accepted/],
      ['wf_adaptive', { allow_skip: 'no' }, /allow_skip: Must be a valid boolean/],
      ['wf_adaptive', { rules: [{ name: 'x', action: 'SLEEP' }] }, /Rule 1: action must be one of/],
    ];
    for (const [workflow_id, adaptive, words] of cases) {
      const body = { workflow_id, portrait_image: portrait, adaptive };
      const refused = await world.demo.call('POST', '/v3/session/', body);
      expect(refused.status).toBe(400);
      expect(refused.body.adaptive[0]).toMatch(words);
    }
    expect(await create({ adaptive: { allow_skip: true } })).toMatchObject({ status: 'Not Started' });
  });

  it('is never changed while it waits: who asks for another step-up gets another session', async () => {
    const vendor_data = someone();
    const rules = [
      {
        name: 'all',
        logic: 'and',
        rules: [{ field: 'ip_version', operator: 'equals', value: 4 }],
        action: 'FLASHING',
      },
    ];
    const bodies = [{}, { adaptive: { allow_skip: false } }, { adaptive: { rules } }];
    const ids = async () => {
      const created = await Promise.all(bodies.map((body) => create({ vendor_data, ...body })));
      return created.map(({ session_id }) => session_id);
    };
    const first = await ids();
    expect(new Set(first).size).toBe(3);
    expect(await ids()).toEqual(first);
  });
});

describe('the setting of a workflow', () => {
  it('is off, complete and without a question to anybody unless rules are given', async () => {
    world.fraudSignals.checked.length = 0;
    const read = async (ref: string) => (await world.demo.call('GET', `/v3/workflows/${ref}/`)).body.adaptive;
    expect(await read(await workflow(null))).toMatchObject({
      enabled: false,
      allow_skip: true,
      allow_at_creation: false,
      rules: [{ action: 'SKIP' }, { action: 'PASSIVE' }, { action: 'ACTIVE_3D' }, { action: 'PASSIVE' }],
    });
    const enrolling = await workflow({}, { workflow_type: 'kyc' });
    expect(await read(enrolling)).toMatchObject({ enabled: true, allow_skip: false });
    expect(world.fraudSignals.checked).toEqual([]);
    await world.demo.call('PATCH', `/v3/workflows/${enrolling}/`, { adaptive: { allow_skip: true } });
    expect(await read(enrolling)).toMatchObject({ enabled: true, allow_skip: true });
    const signIn = await workflow({});
    await world.demo.call('PATCH', `/v3/workflows/${signIn}/`, { workflow_type: 'kyc' });
    expect(await read(signIn)).toMatchObject({ enabled: true, allow_skip: false });
  });

  it('reads as off in definitions from before there was one', async () => {
    const ref = await workflow({});
    const { db } = world.database;
    const { definition_id } = await db
      .selectFrom('workflow_versions')
      .select('definition_id')
      .where('id', '=', ref)
      .executeTakeFirstOrThrow();
    const old = { workflow_type: 'kyc', steps: [] };
    await db
      .updateTable('workflow_definitions')
      .set({ definition: JSON.stringify(old) })
      .where('id', '=', definition_id)
      .execute();
    const { body } = await world.demo.call('GET', `/v3/workflows/${ref}/`);
    expect(body.adaptive).toMatchObject({ enabled: false, allow_skip: false });
  });

  it('is refused with every mistake, of its shape here and of its signals by those who know them', async () => {
    const save = (adaptive: unknown) =>
      world.demo.call('POST', '/v3/workflows/', { features: [{ feature: 'LIVENESS' }], adaptive });
    const condition = { field: 'usr_device_known', operator: 'equals', value: true };
    // 3.5 kB each.
    const large = (rules: number) =>
      Array.from({ length: rules }, (_, at) => ({
        name: `r${at}`,
        rules: [{ field: 'ip_city', operator: 'equals', value: 'é'.repeat(1_750) }],
        action: 'PASSIVE',
      }));
    const cases: [unknown, string[]][] = [
      [[], ['Invalid data. Expected a dictionary.']],
      [{ skip: true }, ['skip: this field is not accepted.']],
      [{ enabled: 1 }, ['enabled: Must be a valid boolean.']],
      [{ rules: {} }, ['rules: Expected a list of items.']],
      [
        { rules: Array.from({ length: 21 }, (_, at) => ({ name: `r${at}`, action: 'PASSIVE' })) },
        ['rules: There may be 20 rules at most.'],
      ],
      [{ rules: large(5) }, ['rules: All rules together may have 16384 bytes of JSON at most.']],
      [
        {
          rules: [
            { name: '', action: 'SKIP' },
            { name: 'x', action: 'SKIP', logic: 'xor' },
            { name: 'x', action: 'SKIP', goto: 'y', rules: [{ ...condition, score: 3 }, { field: 'f' }] },
            'rule',
          ],
        },
        [
          'Rule 1: name must be a text of 1 to 60 characters.',
          'Rule 2: logic must be and or or.',
          'Rule 3: goto: this field is not accepted.',
          'Rule 3: score: this field is not accepted.',
          'Rule 3: a condition needs a field and an operator.',
          'Rule 4: must be an object of name, logic, rules and action.',
        ],
      ],
    ];
    for (const [adaptive, words] of cases) {
      const refused = await save(adaptive);
      expect([refused.status, refused.body]).toEqual([400, { adaptive: words }]);
    }
    const session = { workflow_id: 'wf_adaptive', portrait_image: portrait, adaptive: { rules: large(5) } };
    expect((await world.demo.call('POST', '/v3/session/', session)).status).toBe(400);
    expect((await save({ rules: large(4) })).status).toBe(201);
    world.fraudSignals.checked.length = 0;
    world.fraudSignals.answer({ check: ['Rule 1 (x): no_such is not a signal.'] });
    const rules = [
      { name: 'x', rules: [{ field: 'no_such', operator: 'in', value: ['a'] }], action: 'SKIP' },
    ];
    expect((await save({ rules })).body).toEqual({ adaptive: ['Rule 1 (x): no_such is not a signal.'] });
    expect(world.fraudSignals.checked).toMatchObject([
      { rules: [{ logic: 'and', conditions: [{ field: 'no_such', operator: 'in', valueJson: '["a"]' }] }] },
    ]);
  });
});

it('a high risk says so in the decision', async () => {
  const created = await create();
  await world.look(created, {}, { ...ordinaryVisit, riskScore: 81.5, riskLevel: RiskLevel.HIGH });
  const { decisionJson } = await world.announced(created.session_id, 'Approved');
  expect(JSON.parse(decisionJson)).toMatchObject({
    ip_analysis: { status: 'Approved', risk_score: 81.5, risk_level: 'HIGH' },
    ip_analyses: [{ warnings: [{ risk: 'HIGH_RISK', log_type: 'information', feature: 'LOCATION' }] }],
  });
});

function risks(told: Record<string, { warnings: { risk: string; log_type: string }[] }[] | null>): string[] {
  return ['liveness_checks', 'face_matches', 'ip_analyses'].flatMap((key) =>
    (told[key] ?? []).flatMap(({ warnings }) =>
      warnings.filter(({ log_type }) => log_type !== 'information').map(({ risk }) => risk),
    ),
  );
}
