import { randomUUID } from 'node:crypto';
import { StepUpAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import { sweepOverdueSessions } from '../src/sweeper.ts';
import { ordinaryVisit } from './fraud-signals.ts';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Four bytes a character, and six where JSON escapes them: what a bound in characters lets through. */
const wide = (length: number) => '😀'.repeat(length);
const escaped = (length: number) => '\u0001'.repeat(length);

/** The largest request that is accepted. */
const largest = {
  workflow_id: 'wf_reauth',
  portrait_image: portrait,
  callback: `https://a.example/${wide(2030)}`,
  metadata: { text: 'x'.repeat(32 * 1024 - 11) },
  contact_details: { email: `a@${escaped(250)}.x`, phone: '+34600000000', email_lang: 'en' },
  expected_details: {
    first_name: escaped(255),
    last_name: escaped(255),
    company_name: escaped(255),
    identification_number: escaped(255),
    address: escaped(1000),
    country: 'ESP',
    registry_country: escaped(10),
    registration_number: escaped(100),
  },
};

async function createLargest(changes = {}) {
  return world.demo.create({ ...largest, vendor_data: `${randomUUID()}${wide(220)}`, ...changes });
}

async function addNotes(sessionId: string, comment: string): Promise<void> {
  const rows = Array.from({ length: 100 }, (_, index) => ({
    id: randomUUID(),
    session_id: sessionId,
    activity_type: 'COMMENT',
    actor_type: 'API_KEY',
    actor: 'API Client',
    previous_status: null,
    new_status: null,
    comment,
    metadata: null,
    created_at: new Date(Date.now() - 1000 + index),
  }));
  await world.database.db.insertInto('reviews').values(rows).execute();
}

describe.each([
  ['multi-byte', wide(5000)],
  ['escaped', escaped(5000)],
])('the largest session with a hundred of the longest %s notes', (_, comment) => {
  it('gets its verdict and can be decided by hand', async () => {
    const created = await createLargest();
    const { session_id } = created;
    await addNotes(session_id, comment);
    await world.look(created, { similarityScore: 1, livenessScore: 1, faceCount: 2, faceQuality: 1 });
    const declined = await world.announced(session_id, 'Declined');
    expect(JSON.parse(declined.decisionJson).reviews).toHaveLength(1);

    const path = `/v3/session/${session_id}`;
    const change = await world.demo.call('PATCH', `${path}/update-status/`, {
      new_status: 'Approved',
      comment,
    });
    expect(change.status).toBe(200);
    const { reviews } = JSON.parse((await world.announced(session_id, 'Approved')).decisionJson);
    expect(reviews).toEqual([expect.objectContaining({ new_status: 'Approved' })]);
    expect(comment.startsWith(reviews[0].comment.replace(/…$/, ''))).toBe(true);

    const decision = await world.demo.call('GET', `${path}/decision/`);
    expect(decision.body.reviews).toHaveLength(100);
    expect(decision.body.reviews.at(-1)).toMatchObject({ new_status: 'Approved', comment });
    const back = { new_status: 'Resubmitted', nodes_to_resubmit: ['feature_liveness_1'], comment };
    expect((await world.demo.call('PATCH', `${path}/update-status/`, back)).status).toBe(200);
    await world.announced(session_id, 'Resubmitted');
    expect(await world.settled()).toBe(0);
  });

  it('is ended by the sweeper', async () => {
    const created = await createLargest();
    await addNotes(created.session_id, comment);
    await world.rpc.openSession({ tokenSha256: secretDigest(created.session_token) });
    await world.database.db
      .updateTable('sessions')
      .set({ expires_at: new Date(0) })
      .where('id', '=', created.session_id)
      .execute();
    expect(await sweepOverdueSessions(world.context)).toBe(1);
    await world.announced(created.session_id, 'Abandoned');
  });
});

it('so many others on the same device and address fit as there is room for; the decision shows all', async () => {
  const others = await Promise.all(Array.from({ length: 15 }, () => createLargest()));
  const created = await createLargest({ workflow_id: 'wf_adaptive' });
  await addNotes(created.session_id, escaped(5000));
  const matches = others.map(({ session_id }) => ({
    sessionId: session_id,
    matchType: 'ip_address',
    matchSource: 'ip_address',
    matchMode: 'co_occurrence',
    isOtherSubject: true,
    device: { model: 'x'.repeat(200), browserFamily: 'x'.repeat(200) },
    network: { city: 'x'.repeat(200), country: 'x'.repeat(200) },
  }));
  const because = Array.from({ length: 10 }, () => 'x'.repeat(120));
  const stepUp = { name: 'x'.repeat(60), action: StepUpAction.ACTIVE_3D, because };
  await world.look(created, { livenessScore: 1 }, { ...ordinaryVisit, matches, stepUp });
  const event = await world.announced(created.session_id, 'Declined');
  const [told] = JSON.parse(event.decisionJson).ip_analyses;
  expect(told.matches.length).toBeGreaterThan(0);
  expect(told.matches.length).toBeLessThan(15);
  const { body } = await world.demo.call('GET', `/v3/session/${created.session_id}/decision/`);
  expect(body.ip_analyses[0].matches).toHaveLength(15);
  expect(await world.settled()).toBe(0);
});

it('short notes travel in full, oldest first', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_liveness' });
  const { session_id } = created;
  for (const comment of ['first', 'second']) {
    await world.demo.call('POST', `/v3/sessions/${session_id}/reviews/`, { comment });
  }
  await world.look(created);
  const { reviews } = JSON.parse((await world.announced(session_id, 'Approved')).decisionJson);
  expect(reviews.map((review: { comment: string }) => review.comment)).toEqual(['first', 'second']);
});
