import { expect, test } from 'vitest';
import { settleArrivals } from './order.ts';

test.each([
  ['nothing is ahead', 3, [], 3, []],
  ['a gap stays', 3, [5, 6], 3, [5, 6]],
  ['what closes a gap takes all behind it along', 3, [6, 4, 5, 8], 6, [8]],
  ['repetitions count once', 3, [4, 4, 3], 4, []],
])('%s', (_, contiguous, ahead, reached, left) => {
  expect(settleArrivals({ contiguous, ahead })).toEqual({ contiguous: reached, ahead: left });
});
