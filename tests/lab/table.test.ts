import { expect, test } from 'vitest';
import { tableOf } from './table.ts';

test('columns line up, numbers to the right, what a row lacks is empty', () => {
  expect(
    tableOf([
      { kind: 'print', n: 80 },
      { kind: 'a', n: 3, note: 'x' },
    ]),
  ).toBe(
    [
      '| kind  |   n | note |',
      '| ----- | --: | ---- |',
      '| print |  80 |      |',
      '| a     |   3 | x    |',
    ].join('\n'),
  );
  expect(tableOf([])).toBe('');
});
