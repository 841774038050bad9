import { expect, it } from 'vitest';
import { clockTime } from './clock-time.ts';

it('a time is told as people write it, with the weekday when it is not today', () => {
  const now = new Date(2026, 4, 1, 14, 0);
  expect(clockTime(new Date(2026, 4, 1, 14, 35).toISOString(), now, 'de')).toBe('14:35');
  expect(clockTime(new Date(2026, 4, 2, 9, 5).toISOString(), now, 'de')).toMatch(/^Samstag.* 09:05/);
  expect(clockTime('soon', now, 'en')).toBe('soon');
});
