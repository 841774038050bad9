import { randomUUID } from 'node:crypto';
import { FaceProblem, MatchOutcome, SearchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { seriesOf, sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import { countOpenSessions } from '../src/outbound/open-session-store.ts';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const reauth = { workflow_id: 'wf_reauth', portrait_image: portrait };

describe('a look becomes a verdict', () => {
  it('with the decision of the contract in the event, without the link', async () => {
    const created = await world.demo.create({ ...reauth, vendor_data: 'decided', metadata: { a: 1 } });
    const attemptId = await world.look(created);
    const event = await world.announced(created.session_id, 'Approved');
    expect(event).toMatchObject({
      sequence: 3n,
      previousStatus: 'In Progress',
      workflowVersion: 1,
      workflowType: 'biometric_authentication',
      metadataJson: '{"a":1}',
      enrols: false,
      captureReceivedAt: expect.any(Date),
    });
    const decision = JSON.parse(event.decisionJson);
    expect(decision.session_url).toBeNull();
    const read = await world.demo.call('GET', `/v3/session/${created.session_id}/decision/`);
    expect(read.body).toEqual({ ...decision, session_url: created.url, device_token: null });
    expect(read.body).toEqual({
      session_id: created.session_id,
      session_kind: 'user',
      shared_from_session: null,
      session_number: created.session_number,
      session_url: created.url,
      status: 'Approved',
      environment: 'live',
      workflow_id: created.workflow_id,
      features: ['LIVENESS', 'FACE_MATCH'],
      vendor_data: 'decided',
      metadata: { a: 1 },
      callback: null,
      expected_details: null,
      contact_details: null,
      id_verifications: null,
      nfc_verifications: null,
      liveness_checks: [
        {
          node_id: 'feature_liveness_1',
          status: 'Approved',
          method: 'PASSIVE',
          score: 97.12,
          reference_image: null,
          video_url: null,
          age_estimation: null,
          face_quality: 61.5,
          face_luminance: 52.25,
          matches: [],
          warnings: [],
        },
      ],
      face_matches: [
        {
          node_id: 'feature_face_match_1',
          status: 'Approved',
          score: 96.13,
          reference: 'portrait',
          source_image_session_id: created.session_id,
          source_image: null,
          target_image: null,
          warnings: [],
        },
      ],
      phone_verifications: null,
      email_verifications: null,
      poa_verifications: null,
      document_ai_documents: null,
      questionnaire_responses: null,
      aml_screenings: null,
      ip_analyses: null,
      database_validations: null,
      id_verification: null,
      liveness: { status: 'Approved', method: 'PASSIVE', score: 97.12 },
      face: { status: 'Approved', similarity_score: 0.9613 },
      ip_analysis: null,
      adaptive: null,
      device_token: null,
      reviews: [],
      created_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
    });
    const attempt = await world.database.db
      .selectFrom('attempts')
      .selectAll()
      .where('attempt_id', '=', attemptId)
      .executeTakeFirstOrThrow();
    expect(attempt).toMatchObject({ verdict: 'Approved', evidence: { face: { pipelineVersion: 'test-1' } } });
  });

  it('that declines another person and sends a doubtful one to review', async () => {
    for (const [similarityScore, status] of [
      [12, 'Declined'],
      [65, 'In Review'],
    ] as const) {
      const created = await world.demo.create(reauth);
      await world.look(created, { similarityScore });
      const event = await world.announced(created.session_id, status);
      const { face_matches } = JSON.parse(event.decisionJson);
      expect(face_matches[0].warnings[0]).toMatchObject({
        feature: 'FACEMATCH',
        risk: 'LOW_FACE_MATCH_SIMILARITY',
      });
    }
  });

  it('that declines a spoof, an empty frame and a missing reference', async () => {
    const cases = [
      [{ livenessScore: 4 }, 'LIVENESS_FACE_ATTACK'],
      [{ faceCount: 0, problem: FaceProblem.NO_FACE, livenessScore: undefined }, 'NO_FACE_DETECTED'],
      [{ matchOutcome: MatchOutcome.NO_REFERENCE, similarityScore: undefined }, 'NO_REFERENCE_IMAGE'],
    ] as const;
    for (const [evidence, risk] of cases) {
      const created = await world.demo.create(reauth);
      await world.look(created, evidence);
      expect((await world.announced(created.session_id, 'Declined')).decisionJson).toContain(risk);
    }
  });

  it('that names the enrolment on approval', async () => {
    const created = await world.demo.create({ workflow_id: 'wf_first_verification', vendor_data: 'new' });
    await world.look(created, { candidateId: 'c1' });
    expect(await world.announced(created.session_id, 'Approved')).toMatchObject({
      enrols: true,
      vendorData: 'new',
      candidateId: 'c1',
    });
  });
});

describe('the face that was judged', () => {
  const named = (sessionId: string) =>
    world.events(sessionId).map(({ status, candidateId }) => `${status} ${candidateId}`.trim());
  const set = (id: string, body: unknown) =>
    world.demo.call('PATCH', `/v3/session/${id}/update-status/`, body);

  it('is named by every status that rests on it, and a later look names none', async () => {
    const created = await world.demo.create(reauth);
    const { session_id } = created;
    const tokenSha256 = secretDigest(created.session_token);
    const [first, second] = [randomUUID(), randomUUID()];
    for (const attemptId of [first, second]) await world.rpc.beginAttempt({ tokenSha256, attemptId });
    await world.report(session_id, second, { candidateId: 'judged', similarityScore: 65 });
    await world.announced(session_id, 'In Review');
    await world.report(session_id, first, { candidateId: 'other' });
    await world.settled();
    await set(session_id, { new_status: 'Approved' });
    await set(session_id, { new_status: 'Declined' });
    await world.announced(session_id, 'Declined');
    expect(named(session_id)).toEqual([
      'Not Started',
      'In Progress',
      'In Review judged',
      'Approved judged',
      'Declined judged',
    ]);
  });

  it('is erased with the look that a resubmission erases', async () => {
    const created = await world.demo.create(reauth);
    const { session_id } = created;
    await world.look(created, { candidateId: 'former', similarityScore: 65 });
    await world.announced(session_id, 'In Review');
    await set(session_id, { new_status: 'Resubmitted' });
    await world.announced(session_id, 'Resubmitted');
    await world.look(created, { candidateId: 'latter' });
    await world.announced(session_id, 'Approved');
    expect(named(session_id)).toEqual([
      'Not Started',
      'In Progress',
      'In Review former',
      'Resubmitted',
      'In Progress',
      'Approved latter',
    ]);
  });
});

describe('what does not change a session', () => {
  it('evidence that comes twice, or of a second look after the verdict', async () => {
    const created = await world.demo.create(reauth);
    const tokenSha256 = secretDigest(created.session_token);
    const second = randomUUID();
    await world.rpc.openSession({ tokenSha256 });
    await world.rpc.beginAttempt({ tokenSha256, attemptId: second });
    const first = await world.look(created);
    await world.announced(created.session_id, 'Approved');
    await world.report(created.session_id, first, { similarityScore: 1 });
    await world.report(created.session_id, second, { similarityScore: 1 });
    await world.settled();
    expect(world.events(created.session_id).map((event) => event.status)).toEqual([
      'Not Started',
      'In Progress',
      'Approved',
    ]);
  });

  it('two looks at the same time: one verdict', async () => {
    const sessions = await Promise.all(Array.from({ length: 8 }, () => world.demo.create(reauth)));
    const looks = sessions.flatMap((created) =>
      [95, 5].map((score) => ({ created, score, attemptId: randomUUID() })),
    );
    for (const { created, attemptId } of looks) {
      await world.rpc.beginAttempt({ tokenSha256: secretDigest(created.session_token), attemptId });
    }
    await Promise.all(
      looks.map(({ created, score, attemptId }) =>
        world.report(created.session_id, attemptId, { similarityScore: score }),
      ),
    );
    expect(await world.settled()).toBe(0);
    for (const { session_id } of sessions) {
      expect(world.events(session_id).map((event) => Number(event.sequence))).toEqual([1, 2, 3]);
    }
  });

  it('one event delivered twice under its id', async () => {
    const created = await world.demo.create(reauth);
    const tokenSha256 = secretDigest(created.session_token);
    const attemptId = randomUUID();
    await world.rpc.beginAttempt({ tokenSha256, attemptId });
    const sessionId: string = created.session_id;
    const { applicationId } = world.demo;
    const message = { sessionId, applicationId, attemptId, evidence: { faceCount: 1 } };
    await Promise.all([1, 2, 3].map(() => world.publish(message, attemptId)));
    await world.announced(sessionId, 'Declined');
    await world.settled();
    expect(world.events(sessionId)).toHaveLength(3);
  });

  it('evidence before the page was opened, or without a grant', async () => {
    const created = await world.demo.create(reauth);
    await world.report(created.session_id, randomUUID());
    const tokenSha256 = secretDigest(created.session_token);
    await world.rpc.openSession({ tokenSha256 });
    await world.report(created.session_id, randomUUID());
    await world.settled();
    expect(world.events(created.session_id).at(-1)?.status).toBe('In Progress');
    await world.look(created);
    await world.announced(created.session_id, 'Approved');
  });

  it('evidence of another application, of an unknown session and after the deletion', async () => {
    const created = await world.demo.create(reauth);
    const tokenSha256 = secretDigest(created.session_token);
    const attemptId = randomUUID();
    await world.rpc.beginAttempt({ tokenSha256, attemptId });
    await world.publish({
      sessionId: created.session_id,
      applicationId: randomUUID(),
      attemptId,
      evidence: { faceCount: 1 },
    });
    await world.report(randomUUID(), attemptId);
    await world.demo.call('DELETE', `/v3/session/${created.session_id}/delete/`);
    await world.report(created.session_id, attemptId);
    await world.settled();
    expect(world.events(created.session_id).at(-1)?.status).toBe('In Progress');
  });

  it('a verdict that arrives after the user has closed the page counts', async () => {
    const created = await world.demo.create(reauth);
    const tokenSha256 = secretDigest(created.session_token);
    const attemptId = randomUUID();
    await world.rpc.beginAttempt({ tokenSha256, attemptId });
    await world.rpc.leaveSession({ tokenSha256 });
    await world.report(created.session_id, attemptId);
    await world.announced(created.session_id, 'Approved');
  });

  it('a verdict and a deletion at the same time: either the one or the other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const created = await world.demo.create(reauth);
      const tokenSha256 = secretDigest(created.session_token);
      const attemptId = randomUUID();
      await world.rpc.beginAttempt({ tokenSha256, attemptId });
      const [deleted] = await Promise.all([
        world.demo.call('DELETE', `/v3/session/${created.session_id}/delete/`),
        world.report(created.session_id, attemptId),
      ]);
      expect(deleted.status).toBe(204);
    }
    expect(await world.settled()).toBe(0);
  });
});

describe('what can be watched', () => {
  it('counts statuses, creations, looks and their scores once, however often the news comes', async () => {
    const before = (await exposeMetrics()).text;
    const created = await world.demo.create({ ...reauth, vendor_data: 'watched' });
    const tokenSha256 = secretDigest(created.session_token);
    const attemptId = randomUUID();
    await world.rpc.openSession({ tokenSha256 });
    await world.rpc.beginAttempt({ tokenSha256, attemptId });
    const message = {
      sessionId: created.session_id,
      applicationId: world.demo.applicationId,
      attemptId,
      receivedAt: new Date(Date.now() - 1_200),
      evidence: {
        faceCount: 1,
        livenessScore: 91,
        faceQuality: 60,
        faceLuminance: 50,
        searchOutcome: SearchOutcome.SEARCHED,
        matchOutcome: MatchOutcome.COMPARED,
        similarityScore: 83,
        pipelineVersion: 'test-1',
      },
    };
    const eventId = randomUUID();
    for (let time = 0; time < 3; time += 1) await world.publish(message, eventId);
    await waitFor('the verdict', () => world.events(created.session_id).length === 3);
    // The same look under another event, and one that nobody granted.
    await world.publish(message);
    await world.report(created.session_id, randomUUID());
    await world.settled();
    const late = { tokenSha256, attemptId: randomUUID() };
    await expect(world.rpc.beginAttempt(late)).rejects.toMatchObject({ code: 'session_finished' });

    const { text } = await exposeMetrics();
    const risen = (name: string, labels = {}) => sumOf(text, name, labels) - sumOf(before, name, labels);
    const environment = 'live';
    const application = 'demo';
    const workflow = 'wf_reauth@1';
    expect(risen('selfsame_sessions_created_total', { application, environment })).toBe(1);
    expect(risen('selfsame_session_status_changes_total', { environment })).toBe(3);
    expect(risen('selfsame_session_status_changes_total', { status: 'Approved', environment })).toBe(1);
    expect(risen('selfsame_liveness_score_count', { application, workflow })).toBe(1);
    expect(risen('selfsame_liveness_score_sum', { workflow })).toBeCloseTo(91);
    expect(risen('selfsame_face_match_score_bucket', { workflow, le: '80' })).toBe(0);
    expect(risen('selfsame_face_match_score_bucket', { workflow, le: '85' })).toBe(1);
    expect(risen('selfsame_verdict_seconds_count')).toBe(1);
    expect(risen('selfsame_verdict_seconds_sum')).toBeGreaterThan(1.1);
    expect(risen('selfsame_session_attempts_refused_total', { reason: 'session_finished' })).toBe(1);
    expect(risen('selfsame_session_attempts_refused_total')).toBe(1);
    expect(seriesOf(text).filter(({ name }) => name === 'selfsame_sessions_open')).toHaveLength(6);

    const { session_id, session_token, workflow_id } = created;
    const secrets = [session_id, session_token, workflow_id, attemptId, eventId, 'watched'];
    expect(
      [...secrets, world.demo.applicationId, world.demo.apiKey].filter((one) => text.includes(one)),
    ).toEqual([]);
  });

  it('a look without a face, or by a clock that runs ahead, skews nothing', async () => {
    const before = (await exposeMetrics()).text;
    const created = await world.demo.create(reauth);
    const tokenSha256 = secretDigest(created.session_token);
    const attemptId = randomUUID();
    await world.rpc.beginAttempt({ tokenSha256, attemptId });
    await world.publish({
      sessionId: created.session_id,
      applicationId: world.demo.applicationId,
      attemptId,
      receivedAt: new Date(Date.now() + 60_000),
      evidence: { faceCount: 0, problem: FaceProblem.NO_FACE },
    });
    await world.announced(created.session_id, 'Declined');
    const { text } = await exposeMetrics();
    const risen = (name: string, labels = {}) => sumOf(text, name, labels) - sumOf(before, name, labels);
    expect(risen('selfsame_liveness_score_count')).toBe(0);
    expect(risen('selfsame_face_match_score_count')).toBe(0);
    expect(risen('selfsame_verdict_seconds_bucket', { le: '0.025' })).toBe(1);
    expect(risen('selfsame_verdict_seconds_sum')).toBe(0);
  });

  it('open sessions are counted in every status that somebody has something to do in', async () => {
    const counted = () => countOpenSessions(world.database.db);
    const before = await counted();
    expect([...before.keys()]).toHaveLength(6);
    const waiting = await world.demo.create(reauth);
    const reviewed = await world.demo.create(reauth);
    await world.demo.create(reauth);
    await world.rpc.openSession({ tokenSha256: secretDigest(waiting.session_token) });
    await world.look(reviewed, { similarityScore: 65 });
    await world.announced(reviewed.session_id, 'In Review');
    const after = await counted();
    const risen = [...after].filter(([status, count]) => count !== before.get(status));
    expect(risen.map(([status]) => status)).toEqual(['Not Started', 'In Progress', 'In Review']);
  });
});
