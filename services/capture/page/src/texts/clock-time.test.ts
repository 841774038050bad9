import { expect, it } from 'vitest';
import { clockTime, localeOf, waitingTime } from './clock-time.ts';
import { languages } from './language.ts';

it('a time is told as people write it, with the weekday when it is not today', () => {
  const now = new Date(2026, 4, 1, 8, 0);
  const today = new Date(2026, 4, 1, 9, 5).toISOString();
  expect(clockTime(today, now, 'en-US')).toMatch(/^9:05\sAM$/);
  expect(clockTime(today, now, 'es')).toBe('9:05');
  expect(clockTime(new Date(2026, 4, 1, 14, 35).toISOString(), now, 'de')).toBe('14:35');
  expect(clockTime(new Date(2026, 4, 2, 9, 5).toISOString(), now, 'de')).toMatch(/^Samstag.* 0?9:05/);
  expect(clockTime('soon', now, 'en')).toBe('soon');
});

it('a wait is told in minutes, a long one in hours', () => {
  expect(waitingTime(1, 'en')).toBe('in 1 minute');
  expect(waitingTime(28, 'de')).toBe('in 28 Minuten');
  expect(waitingTime(119, 'fr')).toBe('dans 119 minutes');
  expect(waitingTime(121, 'es')).toBe('dentro de 3 horas');
});

it('a language is written as where its user lives', () => {
  expect(localeOf('en', ['de-AT', 'en-GB', 'en-US'])).toBe('en-GB');
  expect(localeOf('fr', ['de-AT', 'en-GB'])).toBe('fr');
  expect(localeOf('zh-CN', ['zh-TW', 'zh-SG'])).toBe('zh-SG');
  expect(localeOf('en', ['en-US@posix', ''])).toBe('en');
});

it.each(languages)('a time and a wait are told in %s', (language) => {
  const now = new Date(2026, 4, 1, 8, 0);
  const tomorrow = new Date(2026, 4, 2, 9, 5).toISOString();
  const weekday = new Intl.DateTimeFormat(language, { weekday: 'long' }).format(new Date(tomorrow));
  expect(clockTime(tomorrow, now, language)).toContain(weekday);
  expect(waitingTime(28, language)).toMatch(/28/);
  expect(Intl.RelativeTimeFormat.supportedLocalesOf([language])).toEqual([language]);
});
