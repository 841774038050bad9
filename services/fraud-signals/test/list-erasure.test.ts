import { randomUUID } from 'node:crypto';
import { FaceListKind } from '@selfsame/contracts/biometrics/v1/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepFaces } from '../src/lists/face-sweeper.ts';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

async function listOf(listType: string, entryType: string): Promise<string> {
  if (listType === 'blocklist') {
    const query = `?list_type=blocklist&entry_type=${entryType}`;
    return (await world.call('GET', `/v3/lists/${query}`)).body.results[0].uuid;
  }
  const list = { name: 'L', list_type: listType, entry_type: entryType };
  return (await world.call('POST', '/v3/lists/', list)).body.uuid;
}

function newSession(vendorData: string): string {
  const sessionId = randomUUID();
  world.neighbours.sessions.set(sessionId, { sessionNumber: 5n, vendorData, email: '', phone: '' });
  return sessionId;
}

async function add(listType: string, entryType: string, fields: object) {
  const path = `/v3/lists/${await listOf(listType, entryType)}/entries/`;
  const { status, body } = await world.call('POST', path, fields);
  expect(status, JSON.stringify(body)).toBe(201);
  return { path: `${path}${body.uuid}/`, uuid: body.uuid };
}

describe('a person who was erased', () => {
  it('is still found on blocklists, of which nothing can be read, and is on no other list', async () => {
    const person = `person-${randomUUID()}`;
    const reference_session_id = newSession(person);
    const words = { display_label: `label of ${person}`, comment: 'why', metadata: { case: person } };
    const named = await add('blocklist', 'user', { value: person.toUpperCase(), ...words });
    const mail = { value: `${person}@example.org`, reference_session_id, ...words };
    const mailed = await add('blocklist', 'email', mail);
    const faced = await add('blocklist', 'face', { reference_session_id });
    const trusted = await add('allowlist', 'user', { value: person });
    const custom = await add('custom', 'email', mail);
    const staff = await add('allowlist', 'face', { reference_session_id });
    const neighbour = await add('blocklist', 'user', {
      value: 'somebody else',
      ...words,
      display_label: 'x',
    });

    await world.tellErased(person);
    await world.settled();

    const emptied = {
      value: null,
      display_label: null,
      comment: null,
      metadata: null,
      reference_session_id: null,
    };
    for (const { path } of [named, mailed, faced]) {
      expect(await world.call('GET', path)).toMatchObject({ status: 200, body: emptied });
    }
    for (const { path } of [trusted, custom, staff]) expect((await world.call('GET', path)).status).toBe(404);
    expect((await world.call('GET', neighbour.path)).body).toMatchObject({ value: 'somebody else' });
    await sweepFaces(world.context);
    expect(world.neighbours.droppedFaces).toMatchObject([{ entryId: staff.uuid }]);
    expect(world.neighbours.putFaces.map(({ kind }) => kind)).toContain(FaceListKind.BLOCKLIST);

    const { listHits } = await world.assess({
      session: { vendorData: person, email: `${person}@example.org` },
    });
    expect(listHits.map(({ entryId }) => entryId).toSorted()).toEqual([named.uuid, mailed.uuid].toSorted());
    expect((await world.call('DELETE', named.path)).status).toBe(204);
    await world.call('DELETE', neighbour.path);
    const { lists = '', list_entries = '' } = Object.fromEntries(await world.dump());
    expect(`${lists}${list_entries}`.toLowerCase()).not.toContain(person);
    expect(world.logged()).not.toContain(person);
  });

  it('of another application stays', async () => {
    const { path } = await add('blocklist', 'user', { value: 'shared-name' });
    await world.tellErased('shared-name', world.otherApplication.id);
    await world.settled();
    expect((await world.call('GET', path)).body.value).toBe('shared-name');
  });
});

describe('a session that was deleted', () => {
  it('is named by no entry, and the entries stay', async () => {
    const reference_session_id = newSession('v-1');
    const { path } = await add('blocklist', 'ip_address', { value: '192.0.2.44', reference_session_id });
    await world.tellDeleted(reference_session_id);
    await world.settled();
    expect((await world.call('GET', path)).body).toMatchObject({
      value: '192.0.2.44',
      reference_session_id: null,
      reference_session_number: null,
    });
  });
});
