import { randomBytes, randomUUID } from 'node:crypto';
import { FaceProblem, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApplication } from '../src/applications.ts';
import { secretDigest } from '../src/domain/secrets.ts';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function create(body: Record<string, unknown> = {}) {
  const created = await world.demo.create({ workflow_id: 'wf_liveness', ...body });
  return { id: String(created.session_id), tokenSha256: secretDigest(created.session_token), created };
}

describe('API keys', () => {
  it('are found by their digest', async () => {
    const answer = await world.rpc.authenticateKey({ keySha256: secretDigest(world.demo.apiKey) });
    expect(answer).toMatchObject({
      applicationId: world.demo.applicationId,
      slug: 'demo',
      environment: 'live',
    });
  });

  it('are NOT_FOUND when unknown or revoked', async () => {
    const spare = await world.client('demo');
    const keySha256 = secretDigest(spare.apiKey);
    await world.database.db
      .updateTable('api_keys')
      .set({ revoked_at: new Date() })
      .where('key_sha256', '=', keySha256)
      .execute();
    await expect(world.rpc.authenticateKey({ keySha256 })).rejects.toMatchObject({ kind: 'not_found' });
    expect((await spare.call('GET', '/v3/sessions/')).status).toBe(401);
    const unknown = world.rpc.authenticateKey({ keySha256: randomBytes(32) });
    await expect(unknown).rejects.toMatchObject({ kind: 'not_found', code: 'key_unknown' });
  });
});

describe('the hosted page', () => {
  it('reads a session without changing it', async () => {
    const { id, tokenSha256 } = await create({ language: 'de', callback: 'https://app.example/' });
    const { session } = await world.rpc.readSession({ tokenSha256 });
    expect(session).toEqual({
      sessionId: id,
      applicationId: world.demo.applicationId,
      applicationName: 'demo',
      status: 'Not Started',
      language: 'de',
      callback: 'https://app.example/',
      workflowType: 'biometric_authentication',
      enrols: false,
      matches: false,
      retainsImages: false,
      livenessMethod: 'PASSIVE',
      attemptsLeft: 3,
      expiresAt: expect.any(Date),
      otherMethods: [],
      callbackMethod: 'initiator',
      isDesktopAllowed: true,
      fallbackUrl: '',
      allowedOrigins: [],
      visitNonce: expect.stringMatching(/^[\w-]{40}$/),
      offersSkip: false,
      skippedSelfie: false,
      wantsProofAgain: false,
    });
    await world.settled();
    expect(world.events(id)).toHaveLength(1);
  });

  it('gets NOT_FOUND for an unknown token', async () => {
    const call = world.rpc.readSession({ tokenSha256: randomBytes(32) });
    await expect(call).rejects.toMatchObject({ kind: 'not_found', code: 'session_not_found' });
  });

  it('opens, leaves and opens again: the same link works', async () => {
    const { id, tokenSha256 } = await create();
    expect((await world.rpc.openSession({ tokenSha256 })).session?.status).toBe('In Progress');
    expect((await world.rpc.leaveSession({ tokenSha256 })).status).toBe('Not Finished');
    expect((await world.rpc.leaveSession({ tokenSha256 })).status).toBe('Not Finished');
    expect((await world.rpc.openSession({ tokenSha256 })).session?.status).toBe('In Progress');
    await world.settled();
    const walk = world
      .events(id)
      .map((event) => [Number(event.sequence), event.previousStatus, event.status]);
    expect(walk).toEqual([
      [1, '', 'Not Started'],
      [2, 'Not Started', 'In Progress'],
      [3, 'In Progress', 'Not Finished'],
      [4, 'Not Finished', 'In Progress'],
    ]);
  });

  it('leaving is Abandoned for an application with strict statuses, and the link still works', async () => {
    const strict = (strictStatuses: boolean) =>
      createApplication(world.database, { slug: 'demo', name: 'demo', environment: 'live', strictStatuses });
    const { tokenSha256 } = await create();
    await strict(true);
    await world.rpc.openSession({ tokenSha256 });
    expect((await world.rpc.leaveSession({ tokenSha256 })).status).toBe('Abandoned');
    expect((await world.rpc.openSession({ tokenSha256 })).session?.status).toBe('In Progress');
    await strict(false);
  });
});

describe('attempts', () => {
  it('a repeated attempt is the same grant', async () => {
    const { tokenSha256 } = await create();
    await world.rpc.openSession({ tokenSha256 });
    const attemptId = randomUUID();
    const first = await world.rpc.beginAttempt({ tokenSha256, attemptId });
    const second = await world.rpc.beginAttempt({ tokenSha256, attemptId: attemptId.toUpperCase() });
    expect([first.attemptsLeft, second.attemptsLeft]).toEqual([2, 2]);
  });

  it('two attempts in turn end in a verdict', async () => {
    const { id, tokenSha256 } = await create();
    const ids = [randomUUID(), randomUUID()];
    let attemptId = '';
    let left = 3;
    for (let look = 0; left > 0; look += 1) {
      if (look === 100) throw new Error('looks without end');
      attemptId = ids[look % 2] ?? '';
      ({ attemptsLeft: left } = await world.rpc.beginAttempt({ tokenSha256, attemptId }));
    }
    const spent = world.rpc.beginAttempt({ tokenSha256, attemptId: randomUUID() });
    await expect(spent).rejects.toMatchObject({ kind: 'precondition', code: 'attempts_used_up' });
    await world.report(id, attemptId, { faceCount: 0, problem: FaceProblem.NO_FACE });
    await world.announced(id, 'Declined');
    const over = world.rpc.beginAttempt({ tokenSha256, attemptId });
    await expect(over).rejects.toMatchObject({ kind: 'precondition', code: 'session_finished' });
  });

  it('many devices at once never hold more grants than attempts', async () => {
    const { id, tokenSha256 } = await create();
    await world.rpc.openSession({ tokenSha256 });
    const calls = Array.from({ length: 10 }, () =>
      world.rpc.beginAttempt({ tokenSha256, attemptId: randomUUID() }),
    );
    const results = await Promise.allSettled(calls);
    const refusals = results.filter((result) => result.status === 'rejected');
    expect(refusals).toHaveLength(7);
    for (const refusal of refusals) {
      expect(refusal.reason).toMatchObject({ kind: 'precondition', code: 'attempts_used_up' });
    }
    const stored = await world.database.db
      .selectFrom('attempts')
      .selectAll()
      .where('session_id', '=', id)
      .execute();
    expect(stored).toHaveLength(3);
  });

  it('showing a face without opening is entering', async () => {
    const { id, tokenSha256 } = await create();
    await world.rpc.beginAttempt({ tokenSha256, attemptId: randomUUID() });
    await world.announced(id, 'In Progress');
  });

  it('are refused when the session is finished, over or the id is no UUID', async () => {
    const done = await create();
    await world.look(done.created);
    await world.announced(done.id, 'Approved');
    const begin = (tokenSha256: Buffer, attemptId: string = randomUUID()) =>
      world.rpc.beginAttempt({ tokenSha256, attemptId });
    await expect(begin(done.tokenSha256)).rejects.toMatchObject({
      kind: 'precondition',
      code: 'session_finished',
    });
    const late = await create();
    await world.database.db
      .updateTable('sessions')
      .set({ expires_at: new Date(0) })
      .where('id', '=', late.id)
      .execute();
    await expect(begin(late.tokenSha256)).rejects.toMatchObject({
      kind: 'precondition',
      code: 'session_expired',
    });
    expect((await world.rpc.openSession({ tokenSha256: late.tokenSha256 })).session?.status).toBe('Expired');
    await expect(begin((await create()).tokenSha256, 'first')).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('say what the face is compared with', async () => {
    world.biometrics.enrolled.add('known');
    const cases = [
      [{ workflow_id: 'wf_liveness', vendor_data: 'l' }, ReferenceKind.NONE, false],
      [{ workflow_id: 'wf_first_verification', vendor_data: 'k' }, ReferenceKind.NONE, true],
      [{ workflow_id: 'wf_first_verification' }, ReferenceKind.NONE, false],
      [{ workflow_id: 'wf_reauth', vendor_data: 'known' }, ReferenceKind.SUBJECT, false],
      [{ workflow_id: 'wf_reusable_kyc', vendor_data: 'known' }, ReferenceKind.SUBJECT, false],
      [{ workflow_id: 'wf_reauth', portrait_image: portrait }, ReferenceKind.SESSION, false],
      [{ workflow_id: 'wf_liveness', portrait_image: portrait }, ReferenceKind.NONE, false],
    ] as const;
    for (const [body, reference, enrols] of cases) {
      const { id, tokenSha256 } = await create(body);
      const grant = await world.rpc.beginAttempt({ tokenSha256, attemptId: randomUUID() });
      const vendorData = 'vendor_data' in body ? body.vendor_data : '';
      expect(grant).toMatchObject({ sessionId: id, reference, enrols, vendorData, attemptsLeft: 2 });
    }
  });
});
