import { describe, expect, it } from 'vitest';
import { countriesOfPhone } from './phone-countries.ts';
import { isOffsetOfCountry, isZoneOfCountry, regionOf, speaksLanguageOf, timeZonesOf } from './places.ts';
import { canonicalTimeZone, formatUtcOffset, isTimeZone, utcOffsetMin } from './time-zones.ts';

const january = Date.UTC(2026, 0, 13, 12);
const july = Date.UTC(2026, 6, 13, 12);

describe('time zones', () => {
  it.each([
    ['Europe/Berlin', january, 60, '+0100'],
    ['Europe/Berlin', july, 120, '+0200'],
    ['America/St_Johns', january, -210, '-0330'],
    ['Asia/Kathmandu', july, 345, '+0545'],
    ['UTC', july, 0, '+0000'],
    ['Pacific/Kiritimati', july, 840, '+1400'],
  ])('%s is %i ahead', (zone, at, minutes, written) => {
    expect(utcOffsetMin(zone, at)).toBe(minutes);
    expect(formatUtcOffset(minutes)).toBe(written);
  });

  it('the offset changes with the hour of the change', () => {
    const change = Date.UTC(2026, 2, 29, 1);
    expect(utcOffsetMin('Europe/Berlin', change - 1)).toBe(60);
    expect(utcOffsetMin('Europe/Berlin', change)).toBe(120);
    expect(utcOffsetMin('Europe/Berlin', change - 1)).toBe(60);
  });

  it.each(['', 'Mars/Olympus', '+01:00', 'europe berlin', 'A'.repeat(100), '__proto__'])(
    '%j is none',
    (name) => {
      expect(isTimeZone(name)).toBe(false);
      expect(utcOffsetMin(name, july)).toBeNull();
    },
  );

  it('old and new names are one zone', () => {
    expect(canonicalTimeZone('Asia/Kolkata')).toBe(canonicalTimeZone('Asia/Calcutta'));
    expect(canonicalTimeZone('Nowhere/Land')).toBeNull();
  });
});

describe('what is usual in a country', () => {
  it.each([
    ['Europe/Berlin', 'DE', true],
    ['Asia/Kolkata', 'IN', true],
    ['Asia/Calcutta', 'IN', true],
    ['Europe/Kyiv', 'UA', true],
    ['US/Pacific', 'US', true],
    ['Asia/Harbin', 'CN', true],
    ['Europe/Oslo', 'NO', true],
    ['Europe/Berlin', 'NO', false],
    ['America/New_York', 'GB', false],
    ['UTC', 'GB', null],
    ['Europe/Berlin', 'QQ', null],
    ['Europe/Berlin', 'de', null],
  ])('%s of %s: %s', (zone, country, expected) => {
    expect(isZoneOfCountry(zone, country)).toBe(expected);
  });

  it('every zone that the runtime has is of some country, UTC excepted', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const known = new Set(letters.flatMap((one) => letters.flatMap((two) => timeZonesOf(one + two))));
    const left = Intl.supportedValuesOf('timeZone').filter(
      (zone) => !known.has(canonicalTimeZone(zone) ?? ''),
    );
    expect(left.filter((zone) => zone !== 'UTC' && !zone.startsWith('Etc/'))).toEqual([]);
  });

  it('a large country has many clocks', () => {
    expect(isOffsetOfCountry(-480, 'US', january)).toBe(true);
    expect(isOffsetOfCountry(-300, 'US', january)).toBe(true);
    expect(isOffsetOfCountry(60, 'US', january)).toBe(false);
    expect(isOffsetOfCountry(60, 'ZZ', january)).toBe(false);
  });

  it.each([
    ['de-DE,de;q=0.9,en;q=0.8', 'DE', true],
    ['en-US,en;q=0.9', 'DE', true],
    ['en-US', 'FR', false],
    ['fr-CA', 'CA', true],
    ['nb-NO,no;q=0.9', 'NO', true],
    ['nn', 'NO', true],
    ['iw', 'IL', true],
    ['zh-Hant-TW', 'TW', true],
    ['vi-VN', 'DE', false],
    ['*', 'DE', null],
    ['', 'DE', null],
    ['ru', 'Germany', null],
    [`${'x'.repeat(5_000)},de`, 'DE', null],
  ])('%s in %s: %s', (header, country, expected) => {
    expect(speaksLanguageOf(header, country)).toBe(expected);
  });

  it('a tag tells its region', () => {
    expect(regionOf('de-AT')).toBe('AT');
    expect(regionOf('de')).toBeNull();
    expect(regionOf('es-419')).toBeNull();
    expect(regionOf('no tag')).toBeNull();
  });

  it.each([
    ['+49 30 901820', ['DE']],
    ['0066-2-123-4567', ['TH']],
    [' +7 495 1234567', ['RU', 'KZ']],
    ['+383 38 123456', ['XK']],
    ['030 901820', null],
    ['+999 12345', null],
    ['+', null],
    ['', null],
  ])('the phone number %j may be of %s', (phone, countries) => {
    expect(countriesOfPhone(phone)).toEqual(countries);
  });
});
