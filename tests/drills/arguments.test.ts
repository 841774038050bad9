import { expect, it } from 'vitest';
import { allDrills } from './all-drills.ts';
import { readWish } from './arguments.ts';

it('a name stands for the drills that begin with it, no name for all, and nothing is dropped unsaid', () => {
  const names = (...line: string[]) => {
    const wish = readWish(line);
    return wish?.kind === 'drills' ? wish.drills.map(({ name }) => name) : wish;
  };
  const all = allDrills.map(({ name }) => name);
  expect(names()).toEqual(all);
  expect(names('postgres', 'nats')).toEqual(all.filter((name) => /^(postgres|nats)/.test(name)));
  expect(names('postgres', 'postgrse')).toBeNull();
  expect(readWish(['drain'])).toEqual({ kind: 'drain', times: 20, replicas: 2, atOnce: 3 });
  expect(readWish(['drain', 'postgres'])).toBeNull();
  expect(readWish(['postgres', 'drain'])).toBeNull();
  expect(readWish(['--seconds', 'soon'])).toBeNull();
});
