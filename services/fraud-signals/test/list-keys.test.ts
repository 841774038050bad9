import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileProvider } from '@selfsame/keys/file';
import { rotateDataKeys } from '@selfsame/keys/rotation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyedHash } from '../src/domain/keyed-hash.ts';
import { openSignalsKeyring } from '../src/lists/keyring.ts';
import { rekeyLists, requireMatchingListKey } from '../src/lists/keys.ts';
import { resealEntries } from '../src/lists/reseal.ts';
import { findHashKey } from '../src/outbound/hash-key-store.ts';
import { openWorld, type World } from './harness.ts';

let world: World;
let directory: string;
let keyFile: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'selfsame-list-keys-'));
  keyFile = join(directory, 'keys.json');
  const content = { current: '1', keys: { '1': randomBytes(32).toString('base64') } };
  await writeFile(keyFile, JSON.stringify(content), { mode: 0o600 });
  world = await openWorld({ KEY_PROVIDER: 'file', KEY_FILE: keyFile });
});
afterAll(async () => {
  await world?.close();
  await rm(directory, { recursive: true, force: true });
});

const words = {
  display_label: 'Readable label',
  comment: 'Readable reason',
  metadata: { case: 'Readable 77' },
};

async function newList(call = world.call) {
  const { body } = await call('POST', '/v3/lists/', { name: 'L', list_type: 'custom', entry_type: 'user' });
  return { id: String(body.uuid), path: `/v3/lists/${body.uuid}/entries/` };
}

/** An entry as it lies. */
function row(id: string) {
  return world.context.database.db
    .selectFrom('list_entries')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/** As the releases before keyrings wrote an entry. */
async function unseal(id: string, value: string): Promise<void> {
  await sql`
    UPDATE list_entries SET sealed = NULL, value = ${value}, display_label = 'Readable label', comment = 'Readable reason',
      metadata = '{"case": "Readable 77"}' WHERE id = ${id}`.execute(world.context.database.db);
}

const letTheRolloutEnd = () =>
  sql`UPDATE data_keys SET created_at = created_at - interval '2 hours'`.execute(world.context.database.db);

describe('the text of entries', () => {
  it('cannot be read in a dump', async () => {
    const { path } = await newList();
    const value = `readable-${randomUUID()}`;
    const { body } = await world.call('POST', path, { value, ...words });
    await world.call('POST', `${path}import/`, `value,display_label\n${value}-2,Readable label`, {
      'content-type': 'text/csv',
    });
    expect(body).toMatchObject({ value, ...words });
    expect((await world.call('GET', `${path}?value=${value}-2`)).body.results).toMatchObject([
      { value: `${value}-2`, display_label: 'Readable label' },
    ]);
    const dump = [...(await world.dump()).values()].join('\n');
    for (const text of [value, 'Readable']) {
      expect(dump).not.toContain(text);
      expect(dump).not.toContain(Buffer.from(text).toString('hex'));
    }
  });

  it('that is moved to another tenant, list or entry is read by nobody', async () => {
    const stranger = world.as(world.otherApplication);
    const [own, second, foreign] = [await newList(), await newList(), await newList(stranger)];
    const add = async (path: string, call = world.call) =>
      (await call('POST', path, { value: randomUUID(), ...words })).body.uuid;
    const [entry, sibling, elsewhere] = [
      await add(own.path),
      await add(second.path),
      await add(foreign.path, stranger),
    ];
    const { sealed } = await row(entry);
    for (const id of [sibling, elsewhere]) {
      await world.context.database.db
        .updateTable('list_entries')
        .set({ sealed })
        .where('id', '=', id)
        .execute();
    }
    expect((await world.call('GET', `${own.path}${entry}/`)).status).toBe(200);
    expect((await world.call('GET', `${second.path}${sibling}/`)).status).toBe(500);
    expect((await stranger('GET', `${foreign.path}${elsewhere}/`)).status).toBe(500);
    // The whole row too.
    const moved = { application_id: world.otherApplication.id, list_id: foreign.id };
    await world.context.database.db.updateTable('list_entries').set(moved).where('id', '=', entry).execute();
    expect((await stranger('GET', `${foreign.path}${entry}/`)).status).toBe(500);
    const theirs = world.context.database.db
      .deleteFrom('list_entries')
      .where('id', 'in', [entry, sibling, elsewhere]);
    await theirs.execute();
  });

  it('of before there were keyrings is read, and sealed once the former release is gone', async () => {
    const { path } = await newList();
    const value = randomUUID();
    const { body } = await world.call('POST', path, { value });
    await unseal(body.uuid, value);
    expect((await world.call('GET', `${path}${body.uuid}/`)).body).toMatchObject({ value, ...words });
    expect(await resealEntries(world.context)).toBe(0);
    await letTheRolloutEnd();
    expect(await resealEntries(world.context)).toBe(1);
    expect(await row(body.uuid)).toMatchObject({
      value: null,
      display_label: null,
      comment: null,
      metadata: null,
    });
    expect((await world.call('GET', `${path}${body.uuid}/`)).body).toMatchObject({ value, ...words });
  });

  it('comes under the newest data key after a rotation', async () => {
    const { path } = await newList();
    const lines = Array.from({ length: 1_200 }, (_, index) => `rotated-${index}`).join('\n');
    await world.call('POST', `${path}import/`, `value\n${lines}`, { 'content-type': 'text/csv' });
    await rotateDataKeys(world.context.database, fileProvider(keyFile));
    expect(await resealEntries(world.context)).toBeGreaterThanOrEqual(1_200);
    expect(await resealEntries(world.context)).toBe(0);
    expect((await world.call('GET', `${path}?value=rotated-1199`)).body.results).toMatchObject([
      { value: 'rotated-1199' },
    ]);
  });
});

describe('the key that lists are asked by', () => {
  it('can be replaced: entries are taken over to a new one that nobody has to keep', async () => {
    const { context } = world;
    const key = randomBytes(32);
    const other = { ...context, hash: createKeyedHash(key) };
    const { path } = await newList();
    const file = `value\n${Array.from({ length: 2_300 }, (_, index) => `user-${index}`).join('\n')}`;
    await world.call('POST', `${path}import/`, file, { 'content-type': 'text/csv' });

    await requireMatchingListKey(context);
    await expect(requireMatchingListKey(other)).rejects.toMatchObject({ code: 'signals_key_mismatch' });
    expect(await rekeyLists(context, key)).toBeGreaterThanOrEqual(2_300);
    expect(await findHashKey(context.database.db, context.keyring)).toEqual(key);
    await requireMatchingListKey(other);
    await expect(requireMatchingListKey(context)).rejects.toMatchObject({ code: 'signals_key_mismatch' });
    expect((await world.call('GET', `${path}?value=user-2299`)).body.count).toBe(0);
    await rekeyLists(context, context.keyring.root);
    expect((await world.call('GET', `${path}?value=USER-2299`)).body.count).toBe(1);
    const dump = [...(await world.dump()).values()].join('\n');
    for (const secret of [key, context.keyring.root]) expect(dump).not.toContain(secret.toString('hex'));
  });

  it('is taken over from SIGNALS_KEY, and no other key becomes it', async () => {
    const { database, config, log, keyring } = world.context;
    const { path } = await newList();
    const { body } = await world.call('POST', path, { value: 'known before' });
    await unseal(body.uuid, 'known before');
    await sql`DELETE FROM data_keys`.execute(database.db);
    const open = (signalsKey: Buffer | undefined) =>
      openSignalsKeyring({ config: { ...config, signalsKey }, database, log });
    await expect(open(randomBytes(32))).rejects.toMatchObject({ code: 'first_key_mismatch' });
    await expect(open(undefined)).rejects.toMatchObject({
      message: expect.stringContaining('set SIGNALS_KEY'),
    });
    const taken = await open(config.signalsKey);
    expect(taken.root).toEqual(keyring.root);
    taken.close();
  });
});
