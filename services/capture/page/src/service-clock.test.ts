import { expect, it } from 'vitest';
import { learnClock, minutesUntil } from './service-clock.ts';

const until = '2026-05-01T12:30:00.000Z';
const at = (time: string) => Date.parse(`2026-05-01T${time}Z`);

it('a wait is told in begun minutes until it is over', () => {
  expect(minutesUntil(until, at('12:00:00.000'))).toBe(30);
  expect(minutesUntil(until, at('12:00:00.001'))).toBe(30);
  expect(minutesUntil(until, at('12:29:59.999'))).toBe(1);
  expect(minutesUntil(until, at('12:30:00.000'))).toBe(0);
  expect(minutesUntil('', at('12:00:00.000'))).toBe(0);
});

it('a wait is that of the service, however wrong the clock of the device', () => {
  learnClock('Fri, 01 May 2026 12:00:00 GMT', at('17:41:00.000'));
  expect(minutesUntil(until, at('17:41:00.000'))).toBe(30);
  learnClock(null, at('18:00:00.000'));
  learnClock('not a time', at('18:00:00.000'));
  expect(minutesUntil(until, at('18:11:00.000'))).toBe(0);
  learnClock('Fri, 01 May 2026 12:00:00 GMT', at('12:00:00.000'));
});
