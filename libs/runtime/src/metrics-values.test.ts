import { expect, test } from 'vitest';
import { cachedReadings } from './metrics.ts';

test('whoever asks while a count is under way, or shortly after, gets the same count', async () => {
  let counts = 0;
  const under = Promise.withResolvers<number>();
  const read = cachedReadings(() => {
    counts += 1;
    return under.promise;
  });
  const asked = [read(), read()];
  under.resolve(7);
  expect(await Promise.all([...asked, read()])).toEqual([7, 7, 7]);
  expect(counts).toBe(1);
});

test('a count is made anew when it is old, and when the last one failed', async () => {
  let counts = 0;
  const read = cachedReadings(async () => {
    counts += 1;
    if (counts === 1) throw new Error('no database');
    return counts;
  }, 0);
  await expect(read()).rejects.toThrow('no database');
  expect([await read(), await read()]).toEqual([2, 3]);
});
