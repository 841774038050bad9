import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import type { Evidence, World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function decided(status: string, evidence: Evidence = {}) {
  const created = await world.demo.create({ workflow_id: 'wf_reauth', portrait_image: portrait });
  await world.look(created, evidence);
  await world.announced(created.session_id, status);
  return created;
}

const set = (id: string, body: unknown) => world.demo.call('PATCH', `/v3/session/${id}/update-status/`, body);

describe('deciding by hand', () => {
  it('changes the status, writes the review and tells it', async () => {
    const { session_id } = await decided('In Review', { similarityScore: 65 });
    const answer = await set(session_id, { new_status: 'Approved', comment: 'Looked at it' });
    expect([answer.status, answer.body]).toEqual([200, { session_id }]);
    const event = await world.announced(session_id, 'Approved');
    expect(event).toMatchObject({ sequence: 4n, previousStatus: 'In Review', resubmitInfoJson: '' });
    expect(event.captureReceivedAt).toBeUndefined();
    const review = {
      user: 'API Client',
      new_status: 'Approved',
      comment: 'Looked at it',
      created_at: expect.stringMatching(/Z$/),
    };
    expect(JSON.parse(event.decisionJson).reviews).toEqual([review]);
    const decision = await world.demo.call('GET', `/v3/session/${session_id}/decision/`);
    expect(decision.body.reviews).toEqual([review]);
    expect((await set(session_id, { new_status: 'Declined' })).status).toBe(200);
  });

  it('looks at the session before the body', async () => {
    const created = await world.demo.create({ workflow_id: 'wf_liveness' });
    const answer = await set(created.session_id, { new_status: 'nonsense' });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain(
      'Approved, Declined, In Review, Kyc Expired, Abandoned, Resubmitted',
    );
    expect(answer.body.detail).toContain('Not Started');
  });

  it('refuses what it cannot do, in the shapes of the contract', async () => {
    const { session_id } = await decided('Declined', { similarityScore: 1 });
    const refused: [unknown, unknown][] = [
      [{}, { new_status: ['This field is required.'] }],
      [{ new_status: 'In Review' }, { new_status: ['"In Review" is not a valid choice.'] }],
      [{ new_status: 'Declined' }, [expect.stringContaining('Declined')]],
      [{ new_status: 'Approved', send_email: true }, { email_address: [expect.any(String)] }],
      [
        { new_status: 'Resubmitted', nodes_to_resubmit: ['nope'] },
        { nodes_to_resubmit: expect.stringContaining('nope') },
      ],
      [
        { new_status: 'Resubmitted', nodes_to_resubmit: [{ node_id: 'feature_liveness_1', feature: 'KYB' }] },
        { nodes_to_resubmit: 'KYB cannot be resubmitted.' },
      ],
      [
        {
          new_status: 'Resubmitted',
          nodes_to_resubmit: [{ node_id: 'feature_liveness_1', feature: 'FACE_MATCH' }],
        },
        { nodes_to_resubmit: expect.any(String) },
      ],
    ];
    for (const [body, expected] of refused) {
      const answer = await set(session_id, body);
      expect([answer.status, answer.body]).toEqual([400, expected]);
    }
    expect((await set(randomUUID(), { new_status: 'Approved' })).status).toBe(404);
  });

  it('records a notification that was asked for', async () => {
    const { session_id } = await decided('Declined', { similarityScore: 1 });
    const body = {
      new_status: 'Approved',
      send_email: true,
      email_address: 'a@example.com',
      email_language: 'xx',
    };
    expect((await set(session_id, body)).status).toBe(200);
    const feed = await world.demo.call('GET', `/v3/sessions/${session_id}/reviews/`);
    expect(feed.body[0].metadata).toEqual({ email_address: 'a@example.com', email_language: 'en' });
  });
});

describe('sending steps back', () => {
  it('erases them, gives time and attempts anew, and the same link works', async () => {
    const created = await decided('Declined', { similarityScore: 1 });
    const { session_id } = created;
    const before = (await world.demo.call('GET', `/v3/session/${session_id}/decision/`)).body;
    await world.database.db
      .updateTable('sessions')
      .set({ expires_at: new Date(0) })
      .where('id', '=', session_id)
      .execute();
    expect((await set(session_id, { new_status: 'Resubmitted' })).status).toBe(200);
    const event = await world.announced(session_id, 'Resubmitted');
    expect(JSON.parse(event.resubmitInfoJson)).toEqual({
      nodes_to_resubmit: [
        { node_id: 'feature_liveness_1', feature: 'LIVENESS' },
        { node_id: 'feature_face_match_1', feature: 'FACE_MATCH' },
      ],
      reasons: ['LOW_FACE_MATCH_SIMILARITY'],
    });
    const after = (await world.demo.call('GET', `/v3/session/${session_id}/decision/`)).body;
    expect(after.expires_at > before.created_at).toBe(true);
    expect(after.face_matches).toEqual([
      expect.objectContaining({ status: 'Resub Requested', score: null, warnings: [] }),
    ]);
    const tokenSha256 = secretDigest(created.session_token);
    expect((await world.rpc.openSession({ tokenSha256 })).session).toMatchObject({
      status: 'In Progress',
      attemptsLeft: 3,
    });
    await world.look(created);
    await world.announced(session_id, 'Approved');
  });

  it('takes bare ids, objects and aliases; steps of one frame go together', async () => {
    for (const nodes of [
      ['feature_liveness_1'],
      [{ node_id: 'feature_liveness_1', feature: 'FACE' }],
      [{ node_id: 'feature_face_match_1', feature: 'FACE_MATCH' }],
    ]) {
      const { session_id } = await decided('Approved');
      expect((await set(session_id, { new_status: 'Resubmitted', nodes_to_resubmit: nodes })).status).toBe(
        200,
      );
      const { resubmitInfoJson } = await world.announced(session_id, 'Resubmitted');
      expect(JSON.parse(resubmitInfoJson).nodes_to_resubmit).toHaveLength(2);
    }
  });

  it('has nothing to send back when every step was approved', async () => {
    const { session_id } = await decided('Approved');
    const answer = await set(session_id, { new_status: 'Resubmitted' });
    expect([answer.status, answer.body]).toEqual([400, { nodes_to_resubmit: expect.any(String) }]);
  });

  it('evidence of the earlier look does not count any more', async () => {
    const created = await world.demo.create({ workflow_id: 'wf_liveness' });
    const attemptId = await world.look(created, { livenessScore: 60 });
    await world.announced(created.session_id, 'In Review');
    await set(created.session_id, { new_status: 'Resubmitted' });
    await world.rpc.openSession({ tokenSha256: secretDigest(created.session_token) });
    await world.report(created.session_id, attemptId);
    expect(await world.settled()).toBe(0);
    expect(world.events(created.session_id).at(-1)?.status).toBe('In Progress');
  });
});

describe('correcting a step', () => {
  it('changes the step and not the session', async () => {
    const { session_id } = await decided('In Review', { similarityScore: 65 });
    const path = `/v3/session/${session_id}/features/feature_face_match_1/update-status/`;
    const answer = await world.demo.call('PATCH', path, { new_status: 'Approved', comment: 'same person' });
    expect(answer.body).toEqual({
      session_id,
      node_id: 'feature_face_match_1',
      feature_type: 'FACE_MATCH',
      new_status: 'Approved',
    });
    const decision = (await world.demo.call('GET', `/v3/session/${session_id}/decision/`)).body;
    expect([decision.status, decision.face.status]).toEqual(['In Review', 'Approved']);
    const again = await world.demo.call('PATCH', path, { new_status: 'Approved' });
    expect([again.status, again.body]).toEqual([400, [expect.any(String)]]);
    const unknown = path.replace('feature_face_match_1', 'other');
    expect((await world.demo.call('PATCH', unknown, { new_status: 'Approved' })).status).toBe(404);
  });
});

describe('deleting', () => {
  it('ends the session and its link, and keeps nothing personal', async () => {
    const created = await decided('Approved');
    const path = `/v3/session/${created.session_id}`;
    const deleted = await world.demo.call('DELETE', `${path}/delete/`);
    expect([deleted.status, deleted.body]).toEqual([204, null]);
    const second = await world.demo.call('DELETE', `${path}/delete/`);
    expect([second.status, second.body]).toEqual([404, { detail: 'Session not found.' }]);
    expect((await world.demo.call('GET', `${path}/decision/`)).status).toBe(404);
    const gone = world.rpc.readSession({ tokenSha256: secretDigest(created.session_token) });
    await expect(gone).rejects.toMatchObject({ kind: 'not_found' });
    const row = await world.database.db
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', created.session_id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ vendor_data: null, metadata: null, reports: null, contact_details: null });
  });

  it('is told to the other services', async () => {
    const created = await world.demo.create({ workflow_id: 'wf_liveness' });
    await world.demo.call('DELETE', `/v3/session/${created.session_id}/delete/`);
    const rows = await world.database.db
      .withTables<{ outbox: { subject: string; payload: Buffer } }>()
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', 'selfsame.session.deleted')
      .execute();
    expect(rows.some((row) => row.payload.includes(created.session_id))).toBe(true);
  });
});

describe('two applications of one change', () => {
  it('agree on one', async () => {
    const { session_id } = await decided('Declined', { similarityScore: 1 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => set(session_id, { new_status: 'Approved' })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400, 400, 400]);
    await world.settled();
    expect(world.events(session_id)).toHaveLength(4);
  });
});
