import { expect, it } from 'vitest';
import { offsetIn } from './delivery.ts';

it('an upload goes on only from a place within it', () => {
  expect(offsetIn('70000', 90_000)).toBe(70_000);
  expect(offsetIn('90000', 90_000)).toBe(0);
  expect(offsetIn('-5', 90_000)).toBe(0);
  expect(offsetIn('7e4', 90_000)).toBe(0);
  expect(offsetIn('', 90_000)).toBe(0);
  expect(offsetIn(null, 90_000)).toBe(0);
});
