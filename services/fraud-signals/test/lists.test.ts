import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemList } from '../src/lists/lists.ts';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const notFound = { status: 404, body: { detail: 'Not found.' } };

async function newList(fields: Record<string, unknown> = {}, call = world.call) {
  const list = { name: 'Offices', list_type: 'allowlist', entry_type: 'ip_address', ...fields };
  const { status, body } = await call('POST', '/v3/lists/', list);
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

const entriesOf = (list: { uuid: string }) => `/v3/lists/${list.uuid}/entries/`;

describe('lists of an application', () => {
  it('has a blocklist for each type from the start, which can be neither changed nor deleted', async () => {
    const { body } = await world.call('GET', '/v3/lists/?list_type=blocklist&ordering=name');
    expect(body.count).toBe(7);
    expect(body.results.map((list: { entry_type: string }) => list.entry_type).sort()).toEqual([
      'country',
      'device_fingerprint',
      'email',
      'face',
      'ip_address',
      'phone',
      'user',
    ]);
    for (const { uuid, is_system } of body.results) {
      expect(is_system).toBe(true);
      expect((await world.call('PATCH', `/v3/lists/${uuid}/`, { name: 'x' })).status).toBe(403);
      expect((await world.call('DELETE', `/v3/lists/${uuid}/`)).status).toBe(403);
    }
  });

  it('makes one set of blocklists when many ask for the first time at once', async () => {
    const applicationId = randomUUID();
    const all = await Promise.all(
      Array.from({ length: 12 }, () => systemList(world.context, applicationId, 'email')),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    const rows = await world.context.database.db
      .selectFrom('lists')
      .select('entry_type')
      .where('application_id', '=', applicationId)
      .execute();
    expect(rows).toHaveLength(7);
  });

  it('creates, reads, renames, lists and deletes a list', async () => {
    const made = await newList({ description: 'Where we sit' });
    expect(made).toMatchObject({ name: 'Offices', description: 'Where we sit', is_system: false });
    const path = `/v3/lists/${made.uuid}/`;
    expect((await world.call('GET', path)).body).toEqual(made);
    const changed = await world.call('PATCH', path, { name: 'Sites' });
    expect(changed.body).toMatchObject({ name: 'Sites', description: 'Where we sit' });

    const other = await newList({ name: 'Regulars', entry_type: 'user', list_type: 'custom' });
    const named = async (query: string) =>
      (await world.call('GET', `/v3/lists/?${query}`)).body.results.map(
        (list: { name: string }) => list.name,
      );
    expect(await named('list_type=custom')).toEqual(['Regulars']);
    expect(await named('entry_type=user&list_type=custom')).toEqual(['Regulars']);
    expect(await named('list_type=allowlist&entry_type=ip_address')).toEqual(['Sites']);
    const first = (await world.call('GET', '/v3/lists/?ordering=created_at&limit=7')).body;
    const last = (await world.call('GET', '/v3/lists/?ordering=-created_at&limit=1')).body;
    expect(last.results).toEqual([other]);
    expect(first.count).toBe(9);
    expect(first.next).toContain('offset=7');
    expect(
      (await world.call('GET', new URL(first.next).pathname + new URL(first.next).search)).body.results,
    ).toHaveLength(2);

    for (const { uuid } of [made, other]) {
      expect((await world.call('DELETE', `/v3/lists/${uuid}/`)).status).toBe(204);
      expect(await world.call('GET', `/v3/lists/${uuid}/`)).toMatchObject(notFound);
    }
  });

  it.each([
    [{ list_type: 'blocklist' }, 'list_type', 'There is one blocklist for each entry type'],
    [{ entry_type: 'wallet_address' }, 'entry_type', 'Nothing acts on entries of this type yet.'],
    [{ entry_type: 'shoe_size' }, 'entry_type', 'Must be one of: ip_address,'],
    [{ entry_type: 'face', list_type: 'custom' }, 'entry_type', 'Faces are looked for on blocklists'],
    [{ name: '' }, 'name', 'This field may not be blank.'],
  ])('refuses to create one of %j', async (fields, field, sentence) => {
    const list = { name: 'L', list_type: 'allowlist', entry_type: 'user', ...fields };
    const { status, body } = await world.call('POST', '/v3/lists/', list);
    expect(status).toBe(400);
    expect(body[field][0]).toContain(sentence);
  });

  it('has at most 200 of its own', async () => {
    const call = world.as(world.otherApplication);
    await world.context.database.db
      .insertInto('lists')
      .values(
        Array.from({ length: 199 }, (_, index) => ({
          id: randomUUID(),
          application_id: world.otherApplication.id,
          name: `List ${index}`,
          description: '',
          list_type: 'custom' as const,
          entry_type: 'user' as const,
          is_system: false,
        })),
      )
      .execute();
    const list = { name: 'One more', list_type: 'custom', entry_type: 'user' };
    const answers = await Promise.all(Array.from({ length: 3 }, () => call('POST', '/v3/lists/', list)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400]);
    expect(answers.find(({ status }) => status === 400)?.body).toEqual({
      detail: 'An application can have at most 200 lists of its own.',
    });
  });
});

describe('entries of a list', () => {
  it('are shown as they were typed, found in any spelling and deleted', async () => {
    const list = await newList({ entry_type: 'email' });
    const given = {
      value: ' Mallory@Example.ORG',
      display_label: 'M.',
      comment: 'chargebacks',
      metadata: { ticket: 7 },
      reference_object_uuid: randomUUID(),
    };
    const { status, body: made } = await world.call('POST', entriesOf(list), given);
    expect(status).toBe(201);
    expect(made).toMatchObject({ ...given, value: 'Mallory@Example.ORG', added_by: 'api' });
    expect(made).toMatchObject({ reference_session_id: null, reference_session_number: null });
    const path = `${entriesOf(list)}${made.uuid}/`;
    expect((await world.call('GET', path)).body).toEqual(made);
    const search = `${entriesOf(list)}?value=${encodeURIComponent('mallory@example.org')}`;
    expect((await world.call('GET', search)).body).toMatchObject({ count: 1, results: [made] });
    expect((await world.call('GET', `${entriesOf(list)}?value=nobody@example.org`)).body.count).toBe(0);
    expect((await world.call('DELETE', path)).status).toBe(204);
    expect(await world.call('GET', path)).toMatchObject(notFound);
    expect(await world.call('DELETE', path)).toMatchObject(notFound);
  });

  it('are there once, whatever the spelling: the second one is answered with the first', async () => {
    const list = await newList();
    const first = await world.call('POST', entriesOf(list), { value: '10.1.0.0/16', comment: 'first' });
    const again = await world.call('POST', entriesOf(list), { value: '::ffff:10.1.2.3/112', comment: 'x' });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    const many = await Promise.all(
      Array.from({ length: 8 }, () => world.call('POST', entriesOf(list), { value: '2001:db8::1' })),
    );
    expect(many.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect((await world.call('GET', entriesOf(list))).body.count).toBe(2);
  });

  it('name the session that gave reason for them', async () => {
    const list = await newList({ entry_type: 'user' });
    const sessionId = randomUUID();
    world.neighbours.sessions.set(sessionId, { sessionNumber: 42n, vendorData: 'v', email: '', phone: '' });
    const made = await world.call('POST', entriesOf(list), { value: 'u-1', reference_session_id: sessionId });
    expect(made.body).toMatchObject({ reference_session_id: sessionId, reference_session_number: 42 });
    const unknown = await world.call('POST', entriesOf(list), {
      value: 'u-2',
      reference_session_id: randomUUID(),
    });
    expect(unknown).toMatchObject({
      status: 400,
      body: { reference_session_id: ['This application has no such session.'] },
    });
  });

  it.each([
    ['ip_address', '300.1.1.1'],
    ['ip_address', '0.0.0.0/0'],
    ['email', 'nobody'],
    ['phone', '0800'],
    ['country', 'Mordor'],
    ['device_fingerprint', 'short'],
    ['user', ''],
  ])('of type %s cannot be %j', async (entry_type, value) => {
    const list = await newList({ entry_type });
    const { status, body } = await world.call('POST', entriesOf(list), { value });
    expect(status).toBe(400);
    expect(body.value).toHaveLength(1);
  });

  it('have bounded words', async () => {
    const list = await newList();
    const refused = await world.call('POST', entriesOf(list), {
      value: '192.0.2.1',
      comment: 'c'.repeat(1_001),
      display_label: 'd'.repeat(256),
    });
    expect(Object.keys(refused.body).sort()).toEqual(['comment', 'display_label']);
    const large = { value: '192.0.2.1', metadata: { text: 'm'.repeat(5_000) } };
    expect((await world.call('POST', entriesOf(list), large)).body).toHaveProperty('metadata');
  });

  it('are at most 100,000', async () => {
    const list = await newList({ entry_type: 'user' });
    await fillWithUsers(list.uuid, 99_999);
    const add = (value: string) => world.call('POST', entriesOf(list), { value });
    expect((await add('the last one')).status).toBe(201);
    expect(await add('one too many')).toMatchObject({
      status: 400,
      body: { detail: 'A list can have at most 100000 entries.' },
    });
    expect((await add('THE LAST ONE')).status).toBe(200);
    const file = 'value\nthe last one\none too many\n';
    const imported = await world.call('POST', `${entriesOf(list)}import/`, file, {
      'content-type': 'text/csv',
    });
    expect(imported).toMatchObject({
      status: 400,
      body: { detail: 'A list can have at most 100000 entries.' },
    });
  });

  /** In statements that end in time on a busy machine. */
  async function fillWithUsers(listId: string, count: number) {
    for (let done = 0; done < count; done += 25_000) {
      await sql`
        INSERT INTO list_entries (id, list_id, application_id, match_key, value, added_by, state)
        SELECT gen_random_uuid(), ${listId}, ${world.application.id}, uuid_send(gen_random_uuid()), 'x', 'api', 'active'
        FROM generate_series(1, ${Math.min(25_000, count - done)}::int)`.execute(world.context.database.db);
    }
  }
});

describe('another application', () => {
  it('sees, changes and deletes nothing', async () => {
    const list = await newList();
    const { body: entry } = await world.call('POST', entriesOf(list), { value: '192.0.2.7' });
    const stranger = world.as(world.otherApplication);
    const csv = { 'content-type': 'text/csv' };
    const answers = [
      await stranger('GET', `/v3/lists/${list.uuid}/`),
      await stranger('PATCH', `/v3/lists/${list.uuid}/`, { name: 'mine' }),
      await stranger('DELETE', `/v3/lists/${list.uuid}/`),
      await stranger('GET', entriesOf(list)),
      await stranger('GET', `${entriesOf(list)}${entry.uuid}/`),
      await stranger('DELETE', `${entriesOf(list)}${entry.uuid}/`),
      await stranger('POST', entriesOf(list), { value: '192.0.2.8' }),
      await stranger('POST', `${entriesOf(list)}import/`, 'value\n192.0.2.8\n', csv),
      await stranger('POST', `${entriesOf(list)}face-upload/`, { image: '/9j/4AAQSkZJRg==' }),
    ];
    for (const answer of answers) expect(answer).toMatchObject(notFound);
    const theirs = await newList({ name: 'Theirs' });
    expect(await stranger('GET', `${entriesOf(theirs)}${entry.uuid}/`)).toMatchObject(notFound);
    expect((await world.call('GET', entriesOf(list))).body.count).toBe(1);
  });

  it('without a key is nobody', async () => {
    const response = await fetch(`${world.url}/v3/lists/`);
    expect(response.status).toBe(401);
  });
});

describe('the older blocklist', () => {
  const session = () => {
    const sessionId = randomUUID();
    const person = { sessionNumber: 7n, vendorData: 'v-7', email: 'Eve@Example.org', phone: '+34611222333' };
    world.neighbours.sessions.set(sessionId, person);
    return { sessionId, person };
  };

  it('blocks what a session was about, shows it and lets it go', async () => {
    const { sessionId } = session();
    const added = await world.call('POST', '/v3/blocklist/add/', {
      session_id: sessionId,
      blocklist_face: true,
      blocklist_email: true,
      blocklist_phone: true,
    });
    expect(added.status).toBe(200);
    expect(added.body.entries).toMatchObject([
      { item_type: 'face', value: null, reference_session_id: sessionId, reference_session_number: 7 },
      { item_type: 'email', value: 'Eve@Example.org' },
      { item_type: 'phone', value: '+34611222333' },
    ]);
    const shown = await world.call('GET', `/v3/blocklist/?session_id=${sessionId}`);
    expect(shown.body.count).toBe(3);
    expect(
      (await world.call('GET', `/v3/blocklist/?session_id=${sessionId}&item_type=email`)).body.results,
    ).toMatchObject([{ item_type: 'email' }]);
    const remove = { session_id: sessionId, unblock_face: true, unblock_email: true };
    expect((await world.call('POST', '/v3/blocklist/remove/', remove)).body).toMatchObject({ removed: 2 });
    expect((await world.call('POST', '/v3/blocklist/remove/', remove)).body).toMatchObject({ removed: 0 });
    expect(world.neighbours.droppedFaces).toMatchObject([{ entryId: added.body.entries[0].uuid }]);
    expect((await world.call('GET', `/v3/blocklist/?session_id=${sessionId}`)).body.count).toBe(1);
  });

  it('says what it cannot do', async () => {
    const { sessionId, person } = session();
    const add = (flags: object) =>
      world.call('POST', '/v3/blocklist/add/', { session_id: sessionId, ...flags });
    expect((await add({})).body.detail).toContain('Say what of the session is meant');
    expect((await add({ blocklist_document: true })).body).toHaveProperty('blocklist_document');
    world.neighbours.sessions.set(sessionId, { ...person, email: '', phone: '' });
    expect((await add({ blocklist_phone: true })).body).toHaveProperty('phone');
    const nobody = { session_id: randomUUID(), blocklist_email: true };
    expect(await world.call('POST', '/v3/blocklist/add/', nobody)).toMatchObject(notFound);
  });
});
