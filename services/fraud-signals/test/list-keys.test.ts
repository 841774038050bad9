import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKeyedHash } from '../src/domain/keyed-hash.ts';
import { rekeyLists, requireMatchingListKey } from '../src/lists/keys.ts';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

it('lists are not asked under another key, until they are taken over to it', async () => {
  const { context } = world;
  const other = { ...context, hash: createKeyedHash(randomBytes(32)) };
  await requireMatchingListKey(other);
  const list = { name: 'L', list_type: 'custom', entry_type: 'user' };
  const { body } = await world.call('POST', '/v3/lists/', list);
  const path = `/v3/lists/${body.uuid}/entries/`;
  const file = `value\n${Array.from({ length: 2_300 }, (_, index) => `user-${index}`).join('\n')}`;
  await world.call('POST', `${path}import/`, file, { 'content-type': 'text/csv' });

  await requireMatchingListKey(context);
  await expect(requireMatchingListKey(other)).rejects.toMatchObject({ code: 'signals_key_mismatch' });
  expect(await rekeyLists(other)).toBe(2_300);
  await requireMatchingListKey(other);
  await expect(requireMatchingListKey(context)).rejects.toMatchObject({ code: 'signals_key_mismatch' });
  expect((await world.call('GET', `${path}?value=user-2299`)).body.count).toBe(0);
  expect(await rekeyLists(context)).toBe(2_300);
  expect((await world.call('GET', `${path}?value=USER-2299`)).body.count).toBe(1);
});
