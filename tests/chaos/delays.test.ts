import { expect, it } from 'vitest';
import { delaysOf } from './delays.ts';

const way = { committedAtMs: 1_000, arrivedAtMs: 3_000 };

it.each([
  ['without trouble from the commit', [], 2_000],
  ['from the end of the trouble in its way', [{ fromMs: 900, untilMs: 2_500 }], 500],
  [
    'from the end of the last trouble',
    [
      { fromMs: 900, untilMs: 2_500 },
      { fromMs: 1_500, untilMs: 2_900 },
    ],
    100,
  ],
  ['and not of one that was over before', [{ fromMs: 100, untilMs: 900 }], 2_000],
  ['nor of one that outlasted it', [{ fromMs: 1_500, untilMs: 9_000 }], 2_000],
])('a delay counts %s', (_, troubles, sinceWellMs) => {
  expect(delaysOf([way], troubles)).toEqual([{ sinceCommitMs: 2_000, sinceWellMs }]);
});
