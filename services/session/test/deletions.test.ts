import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { sessionDeleted } from '@selfsame/contracts/catalog';
import { Failure } from '@selfsame/runtime/errors';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deletionBatch } from '../src/deletions.ts';
import { forgetDueFaces } from '../src/upkeep.ts';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => world.biometrics.answer({}));
afterAll(() => world.close());

const away = new Failure('unavailable', 'biometrics_away', 'not here');
const path = (id: string) => `/v3/session/${id}/delete/`;
const remove = (id: string, body?: unknown) => world.demo.call('DELETE', path(id), body);
const decision = async (id: string) => (await world.demo.call('GET', `/v3/session/${id}/decision/`)).status;

async function create(vendorData: string | undefined, isEnrolled = false): Promise<string> {
  if (isEnrolled && vendorData !== undefined) world.biometrics.enrolled.add(vendorData);
  const body = { workflow_id: 'wf_reauth', portrait_image: portrait, callback: 'https://app.example/x' };
  return (
    await world.demo.create({ ...body, ...(vendorData === undefined ? {} : { vendor_data: vendorData }) })
  ).session_id;
}

const toldDeleted = async (id: string) => {
  const rows = await world.database.db
    .selectFrom('outbox' as never)
    .select('payload' as never)
    .where('subject' as never, '=', sessionDeleted.subject as never)
    .execute();
  return (rows as { payload: Buffer }[]).filter(({ payload }) => payload.includes(id)).length;
};

describe('deleting a session', () => {
  it('answers 204 without a body, leaves the face, and cannot be done twice', async () => {
    const id = await create('plain', true);
    const answer = await remove(id);
    expect([answer.status, answer.body]).toEqual([204, null]);
    expect(world.biometrics.forgotten).toEqual([]);
    expect((await remove(id)).body).toEqual({ detail: 'Session not found.' });
    expect((await remove(id, {})).status).toBe(404);
    expect((await remove(randomUUID())).status).toBe(404);
    expect(await toldDeleted(id)).toBe(1);
  });

  it('leaves nothing of its person', async () => {
    const created = await world.demo.create({
      workflow_id: 'wf_reauth',
      portrait_image: portrait,
      vendor_data: 'emptied',
      metadata: { note: 'emptied metadata' },
      contact_details: { email: 'emptied@example.org' },
      expected_details: { first_name: 'Emptied' },
      language: 'fr',
      callback: 'https://app.example/emptied',
    });
    await world.look(created, { similarityScore: 65 });
    await world.announced(created.session_id, 'In Review');
    await world.demo.call('POST', `/v3/sessions/${created.session_id}/reviews/`, { comment: 'emptied note' });
    expect((await remove(created.session_id)).status).toBe(204);
    const { db } = world.database;
    const row = await db
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', created.session_id)
      .executeTakeFirstOrThrow();
    const stays = {
      id: row.id,
      application_id: row.application_id,
      session_number: row.session_number,
      token_sha256: row.token_sha256,
      session_type: 'HOSTED',
      workflow_id: row.workflow_id,
      workflow_version_id: row.workflow_version_id,
      workflow_version: 1,
      definition_id: row.definition_id,
      status: 'In Review',
      sequence: row.sequence,
      callback_method: 'initiator',
      created_at: row.created_at,
      status_changed_at: row.status_changed_at,
      expires_at: row.expires_at,
      deleted_at: expect.any(Date),
    };
    const filled = Object.entries(row).filter(
      ([, value]) =>
        value !== null &&
        value !== false &&
        (!Array.isArray(value) || Buffer.isBuffer(value) || value.length > 0),
    );
    expect(Object.fromEntries(filled)).toEqual(stays);
    for (const table of ['attempts', 'challenges', 'reviews'] as const) {
      const left = await db
        .selectFrom(table)
        .select('session_id')
        .where('session_id', '=', created.session_id)
        .execute();
      expect(left, table).toEqual([]);
    }
  });

  it('does to the face what is asked, and says so', async () => {
    const outcome = async (id: string, body: object) => {
      const { status, body: answer } = await remove(id, body);
      expect(status, JSON.stringify(answer)).toBe(200);
      return answer;
    };
    const first = await create('face', true);
    expect(await outcome(first, {})).toEqual({
      session_id: first,
      session_number: expect.any(Number),
      face_retention_outcome: 'retained_with_user',
      biometric_template_uuid: null,
      face_retention_deadline: null,
      instruction_id: null,
      erasure_id: null,
    });
    const forget = { retain_face_embeddings: false, instruction_id: 'ticket 7' };
    expect(await outcome(await create('face', true), forget)).toMatchObject({
      face_retention_outcome: 'deleted',
      instruction_id: 'ticket 7',
    });
    expect(world.biometrics.forgotten).toEqual(['face']);
    expect(await outcome(await create('face'), forget)).toMatchObject({ face_retention_outcome: 'none' });
    expect(await outcome(await create('face'), {})).toMatchObject({ face_retention_outcome: 'none' });
    expect(await outcome(await create(undefined), {})).toMatchObject({
      face_retention_outcome: 'ineligible_no_vendor_user',
    });
  });

  it('does nothing while biometrics is away', async () => {
    const id = await create('waits', true);
    world.biometrics.answer({ forget: away });
    expect((await remove(id, { retain_face_embeddings: false })).status).toBe(503);
    expect(await decision(id)).toBe(200);
    world.biometrics.answer({});
    expect((await remove(id, { retain_face_embeddings: false })).status).toBe(200);
  });

  it('refuses what makes no sense', async () => {
    const id = await create('nonsense');
    const soon = new Date(Date.now() + 60_000).toISOString();
    const refused: [object, string][] = [
      [{ retain_face_embeddings: 'perhaps' }, 'retain_face_embeddings'],
      [{ face_retention_days: 0 }, 'face_retention_days'],
      [{ face_retention_days: 3651 }, 'face_retention_days'],
      [{ face_retention_deadline: 'tomorrow' }, 'face_retention_deadline'],
      [{ face_retention_deadline: '2020-01-01T00:00:00Z' }, 'face_retention_deadline'],
      [{ face_retention_days: 3, face_retention_deadline: soon }, 'face_retention_deadline'],
      [{ retain_face_embeddings: false, face_retention_days: 3 }, 'face_retention_days'],
      [{ deletion_instruction: 'shred' }, 'deletion_instruction'],
      [{ deletion_instruction: 'privacy_erasure', retain_face_embeddings: true }, 'retain_face_embeddings'],
      [{ instruction_id: 'x'.repeat(129) }, 'instruction_id'],
    ];
    for (const [body, field] of refused) {
      const answer = await remove(id, body);
      expect([answer.status, Object.keys(answer.body)], JSON.stringify(body)).toEqual([400, [field]]);
    }
    expect(await decision(id)).toBe(200);
  });

  it('lets a face stay for a time, and no longer, unless its user is back', async () => {
    const { db } = world.database;
    const stays = async (vendorData: string, days: number) => {
      const answer = await remove(await create(vendorData, true), { face_retention_days: days });
      return new Date(answer.body.face_retention_deadline).getTime();
    };
    expect(await stays('for-a-time', 2)).toBeGreaterThan(Date.now() + 47 * 3_600_000);
    await stays('comes-back', 2);
    const forgottenBefore = world.biometrics.forgotten.length;
    expect(await forgetDueFaces(world.context)).toBe(0);
    await db
      .updateTable('face_retentions')
      .set({ forget_at: new Date(0) })
      .execute();
    const back = await create('comes-back');
    await db
      .updateTable('sessions')
      .set({ enrols: true, status: 'Approved', status_changed_at: new Date() })
      .where('id', '=', back)
      .execute();
    world.biometrics.answer({ forget: away });
    await expect(forgetDueFaces(world.context)).rejects.toThrow();
    world.biometrics.answer({});
    await forgetDueFaces(world.context);
    expect(world.biometrics.forgotten.slice(forgottenBefore)).toEqual(['for-a-time']);
    expect(await db.selectFrom('face_retentions').select('vendor_data').execute()).toEqual([]);
  });
});

it('lets a face that was enrolled anew stay as long as was asked for it', async () => {
  const vendorData = 'enrols-again';
  const asked = async (id: string, days: number) =>
    new Date((await remove(id, { face_retention_days: days })).body.face_retention_deadline);
  const kept = () =>
    world.database.db
      .selectFrom('face_retentions')
      .select('forget_at')
      .where('vendor_data', '=', vendorData)
      .executeTakeFirst();
  const early = await asked(await create(vendorData, true), 2);
  await asked(await create(vendorData), 30);
  expect((await kept())?.forget_at).toEqual(early); // the same face
  const again = await world.demo.create({ workflow_id: 'wf_first_verification', vendor_data: vendorData });
  await world.look(again);
  await world.announced(again.session_id, 'Approved');
  expect(await kept()).toBeUndefined();
  const late = await asked(again.session_id, 30);
  expect((await kept())?.forget_at).toEqual(late);
});

describe('deleting many sessions', () => {
  const removeAll = (client: World['demo'], body: unknown) =>
    client.call('POST', '/v3/sessions/delete/', body);

  it('takes numbers as digits or numbers, and says what became of each', async () => {
    const [one, two] = [await create('batch-1'), await create('batch-2')];
    const { db } = world.database;
    const number = async (id: string) =>
      (
        await db
          .selectFrom('sessions')
          .select('session_number')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).session_number;
    const [first, second] = [await number(one), await number(two)];
    const answer = await removeAll(world.demo, { session_numbers: [String(first), second, 999_999, first] });
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        results: [
          { session_number: first, session_id: one, status: 'deleted' },
          { session_number: second, session_id: two, status: 'deleted' },
          { session_number: 999_999, session_id: null, status: 'not_found' },
        ],
      },
    ]);
    expect(await decision(one)).toBe(404);
    expect(await toldDeleted(one)).toBe(1);
  });

  it('refuses what selects nothing, or too much', async () => {
    for (const body of [{}, { session_numbers: [] }, { delete_all: false }]) {
      const answer = await removeAll(world.demo, body);
      expect([answer.status, answer.body], JSON.stringify(body)).toEqual([400, [expect.any(String)]]);
    }
    for (const session_numbers of [
      ['x'],
      [-1],
      [1.5],
      [{}],
      Array.from({ length: 1_001 }, (_, n) => n + 1),
    ]) {
      expect((await removeAll(world.demo, { session_numbers })).body).toHaveProperty('session_numbers');
    }
    expect((await removeAll(world.demo, { session_numbers: [1], delete_all: true })).status).toBe(400);
  });

  it('takes all that there are, of this application and no other', async () => {
    const other = await world.client('everything');
    const kept = await create('kept');
    const { session_id } = await other.create({ workflow_id: await workflowOf(other) });
    const { db } = world.database;
    const like = await db
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', session_id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('sessions')
      .values(
        Array.from({ length: deletionBatch + 5 }, (_, index) => ({
          ...like,
          id: randomUUIDv7(),
          session_number: index + 2,
          token_sha256: randomBytes(32),
          metadata: null,
        })) as never,
      )
      .execute();
    await db
      .updateTable('applications')
      .set({ last_session_number: deletionBatch + 6 })
      .where('id', '=', other.applicationId)
      .execute();
    expect((await other.call('GET', '/v3/sessions/')).body.count).toBe(deletionBatch + 6);
    expect((await removeAll(other, { delete_all: true })).status).toBe(204);
    expect((await other.call('GET', '/v3/sessions/')).body.count).toBe(0);
    expect(await decision(kept)).toBe(200);
    const { deleting_through } = await world.database.db
      .selectFrom('applications')
      .select('deleting_through')
      .where('id', '=', other.applicationId)
      .executeTakeFirstOrThrow();
    expect(deleting_through).toBeNull();
  });

  const workflows = new Map<string, string>();
  async function workflowOf(client: World['demo']): Promise<string> {
    const known = workflows.get(client.applicationId);
    if (known !== undefined) return known;
    const made = await client.call('POST', '/v3/workflows/', {
      workflow_label: 'w',
      features: [{ feature: 'LIVENESS' }],
    });
    const id = made.body.uuid ?? made.body.workflow_id ?? made.body.id;
    workflows.set(client.applicationId, id);
    return id;
  }
});

it('evidence that comes after the deletion changes nothing, and is overwritten', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_reauth', portrait_image: portrait });
  await remove(created.session_id);
  const eventId = randomUUID();
  await world.publish(
    { sessionId: created.session_id, applicationId: world.demo.applicationId, attemptId: randomUUID() },
    eventId,
  );
  expect(await world.settled()).toBe(0);
  expect(await decision(created.session_id)).toBe(404);
  const handled = await world.database.db
    .selectFrom('inbox' as never)
    .select('stream_sequence' as never)
    .where('event_id' as never, '=', eventId as never)
    .executeTakeFirstOrThrow();
  const { stream_sequence: sequence } = handled as { stream_sequence: number };
  await waitFor(
    'it is gone',
    async () => (await world.context.bus.erase([created.session_id])) === 0 && sequence,
  );
});
