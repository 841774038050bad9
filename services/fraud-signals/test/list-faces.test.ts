import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceListKind } from '@selfsame/contracts/biometrics/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { facePath } from '@selfsame/testing/assets';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sweepFaces } from '../src/lists/face-sweeper.ts';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());
beforeEach(() => {
  world.neighbours.faceAnswer = FaceProblem.UNSPECIFIED;
  world.neighbours.putFaces.length = 0;
  world.neighbours.droppedFaces.length = 0;
});

const photo = readFileSync(facePath('img/p01_1.jpg'));
const away = new Failure('unavailable', 'unavailable', 'Away.');

async function faceList(): Promise<string> {
  const list = { name: 'Staff', list_type: 'allowlist', entry_type: 'face' };
  return `/v3/lists/${(await world.call('POST', '/v3/lists/', list)).body.uuid}/`;
}

function newSession(vendorData = ''): string {
  const sessionId = randomUUID();
  world.neighbours.sessions.set(sessionId, { sessionNumber: 9n, vendorData, email: '', phone: '' });
  return sessionId;
}

const upload = (list: string, fields: object = {}) =>
  world.call('POST', `${list}entries/face-upload/`, { image: photo.toString('base64'), ...fields });

const rows = async (list: string) =>
  await world.context.database.db
    .selectFrom('list_entries')
    .select(['id', 'state'])
    .where('list_id', '=', list.split('/')[3] ?? '')
    .execute();

/** As if the time in which somebody may still be at work were over. */
const sweepAll = async () => {
  await sql`UPDATE list_entries SET due_at = now() WHERE due_at IS NOT NULL`.execute(
    world.context.database.db,
  );
  return sweepFaces(world.context);
};

describe('a face on a list', () => {
  it('is that of a session, once, and goes from both stores when it is deleted', async () => {
    const list = await faceList();
    const reference_session_id = newSession();
    const add = () => world.call('POST', `${list}entries/`, { reference_session_id, comment: 'cleaner' });
    const first = await add();
    expect(first).toMatchObject({
      status: 201,
      body: { value: null, comment: 'cleaner', reference_session_number: 9 },
    });
    expect(await add()).toMatchObject({ status: 200, body: first.body });
    const face = {
      applicationId: world.application.id,
      listId: list.split('/')[3],
      entryId: first.body.uuid,
    };
    expect(world.neighbours.putFaces).toMatchObject([
      { ...face, kind: FaceListKind.ALLOWLIST, sessionId: reference_session_id },
    ]);
    expect((await world.call('DELETE', `${list}entries/${first.body.uuid}/`)).status).toBe(204);
    expect(world.neighbours.droppedFaces).toMatchObject([face]);
    expect(await rows(list)).toEqual([]);
    expect((await add()).status).toBe(201);
  });

  it('may come as a picture, of which nothing is kept or logged', async () => {
    const { body } = await world.call('GET', '/v3/lists/?list_type=blocklist&entry_type=face');
    const list = `/v3/lists/${body.results[0].uuid}/`;
    const { status, body: entry } = await upload(list, { comment: 'seen twice' });
    expect(status).toBe(201);
    expect(entry).toMatchObject({ value: null, comment: 'seen twice', reference_session_id: null });
    expect(world.neighbours.putFaces[0]?.kind).toBe(FaceListKind.BLOCKLIST);
    expect(Buffer.from(world.neighbours.putFaces[0]?.image ?? []).equals(photo)).toBe(true);
    const kept = [...(await world.dump()).values(), world.logged()].join('\n');
    const part = photo.subarray(200, 230);
    for (const trace of [part.toString('hex'), photo.toString('base64').slice(200, 240)]) {
      expect(kept).not.toContain(trace);
    }
  });

  it.each<[string, FaceProblem | Failure, string]>([
    ['no face', FaceProblem.NO_FACE, 'No face detected in the image.'],
    ['two faces', FaceProblem.MULTIPLE_FACES, 'More than one face'],
    ['a face turned away', FaceProblem.TURNED_AWAY, 'turned away'],
    ['a problem of a later version', 99 as unknown as FaceProblem, 'not clear enough'],
    ['bytes that are none', new Failure('invalid', 'image_invalid', 'x'), 'could not be decoded'],
  ])('with %s is refused in words, and leaves nothing', async (_, answer, sentence) => {
    const list = await faceList();
    world.neighbours.faceAnswer = answer;
    const { status, body } = await upload(list);
    expect(status).toBe(400);
    expect(body.image[0]).toContain(sentence);
    expect(await rows(list)).toEqual([]);
  });

  it.each([
    ['', 'Invalid base64 image.'],
    ['no base64', 'Invalid base64 image.'],
    [Buffer.from('GIF89a').toString('base64'), 'Unsupported image format'],
    ['A'.repeat(6_990_512), 'File size should not exceed 5 MB'],
  ])('that is no picture does not reach biometrics', async (image, sentence) => {
    const { status, body } = await upload(await faceList(), { image });
    expect(status).toBe(400);
    expect(body.image[0]).toContain(sentence);
    expect(world.neighbours.putFaces).toEqual([]);
  });

  it('of a session that has none is refused', async () => {
    const list = await faceList();
    world.neighbours.faceAnswer = new Failure('not_found', 'face_not_found', 'x');
    const refused = await world.call('POST', `${list}entries/`, { reference_session_id: newSession() });
    expect(refused.body).toEqual({ reference_session_id: ['No face of this session is kept.'] });
    const nameless = await world.call('POST', `${list}entries/`, { value: 'x' });
    expect(nameless.body).toHaveProperty('reference_session_id');
  });
});

describe('the two stores stay in step', () => {
  it('when biometrics is away: nothing is shown, and what may be there is taken off later', async () => {
    const list = await faceList();
    world.neighbours.faceAnswer = away;
    expect((await upload(list)).status).toBe(503);
    expect((await world.call('GET', `${list}entries/`)).body.count).toBe(0);
    expect(await rows(list)).toMatchObject([{ state: 'dropping' }]);
    await expect(sweepAll()).rejects.toThrow('Away.');
    expect(await rows(list)).toMatchObject([{ state: 'dropping' }]);
    world.neighbours.faceAnswer = FaceProblem.UNSPECIFIED;
    await sweepAll();
    expect(world.neighbours.droppedFaces).toHaveLength(1);
    expect(await rows(list)).toEqual([]);
  });

  it('when the process dies before biometrics has answered', async () => {
    const list = await faceList();
    const { body } = await upload(list);
    const dead = sql`UPDATE list_entries SET state = 'pending', due_at = now() WHERE id = ${body.uuid}`;
    await dead.execute(world.context.database.db);
    expect(await world.call('GET', `${list}entries/${body.uuid}/`)).toMatchObject({ status: 404 });
    expect(await sweepFaces(world.context)).toBe(1);
    expect(world.neighbours.droppedFaces).toMatchObject([{ entryId: body.uuid }]);
    expect(await rows(list)).toEqual([]);
  });

  it('when biometrics is away as an entry is deleted: it counts no more, and goes later', async () => {
    const list = await faceList();
    const { body } = await upload(list);
    world.neighbours.faceAnswer = away;
    expect((await world.call('DELETE', `${list}entries/${body.uuid}/`)).status).toBe(204);
    expect((await world.call('GET', `${list}entries/`)).body.count).toBe(0);
    world.neighbours.faceAnswer = FaceProblem.UNSPECIFIED;
    await sweepAll();
    expect(world.neighbours.droppedFaces).toMatchObject([{ entryId: body.uuid }]);
  });

  it('when their list is deleted: it is gone at once, and each face soon', async () => {
    const list = await faceList();
    const faces = [(await upload(list)).body.uuid, (await upload(list)).body.uuid];
    expect((await world.call('DELETE', list)).status).toBe(204);
    expect((await world.call('GET', list)).status).toBe(404);
    expect((await world.call('GET', `${list}entries/`)).status).toBe(404);
    await sweepAll();
    const dropped = world.neighbours.droppedFaces.map(({ entryId }) => entryId);
    expect(dropped.toSorted()).toEqual(faces.toSorted());
    const left = sql`SELECT FROM lists WHERE id = ${list.split('/')[3]}`.execute(world.context.database.db);
    expect((await left).rows).toEqual([]);
  });

  it('when many add the face of one session at once', async () => {
    const list = await faceList();
    const reference_session_id = newSession();
    const add = () => world.call('POST', `${list}entries/`, { reference_session_id });
    const answers = await Promise.all(Array.from({ length: 6 }, add));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const { status } of answers) expect([200, 201, 409]).toContain(status);
    expect(world.neighbours.putFaces).toHaveLength(1);
    expect(await rows(list)).toMatchObject([{ state: 'active' }]);
  });
});
