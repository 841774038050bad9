import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

it('answers', async () => {
  const a = await world.assess();
  expect(a.catalogueVersion).not.toBe('');
});
