import { describe, expect, it } from 'vitest';
import { deviationOf, hourMs } from '../baseline.ts';
import { hourDistance, localHour } from '../habits.ts';
import { distanceBeyondKm, placeOf, speedKmh } from '../travel.ts';

const nowMs = Date.parse('2026-03-02T12:30:00Z');
const hourBefore = (hours: number) => Date.parse('2026-03-02T12:00:00Z') - hours * hourMs;

describe('a journey', () => {
  const paris = placeOf(48.8566, 2.3522, 20);
  const lyon = placeOf(45.764, 4.8357, 20);
  const sydney = placeOf(-33.8688, 151.2093, 50);
  if (paris === null || lyon === null || sydney === null) throw new Error('no places');

  it('counts what lies beyond the circles in which both may be', () => {
    // 392 km between them.
    expect(distanceBeyondKm(paris, lyon)).toBeGreaterThan(320);
    expect(distanceBeyondKm(paris, lyon)).toBeLessThan(345);
    expect(distanceBeyondKm(paris, { ...lyon, radiusKm: 400 })).toBe(0);
  });

  it('is as fast as it must have been at least', () => {
    expect(speedKmh(paris, lyon, 2 * hourMs)).toBeLessThan(180);
    expect(speedKmh(paris, sydney, 2 * hourMs)).toBeGreaterThan(8_000);
    expect(speedKmh(paris, sydney, 24 * hourMs)).toBeLessThan(1_000);
    expect(speedKmh(paris, paris, 0)).toBe(0);
  });

  it('keeps places to a tenth of a degree, and none without coordinates', () => {
    expect(paris).toEqual({ latitude: 48.9, longitude: 2.4, radiusKm: 31 });
    expect(placeOf(48.8, null, 20)).toBeNull();
    expect(placeOf(48.8, 2.3, null)?.radiusKm).toBe(111);
  });
});

describe('a habit', () => {
  it('is the hours at which somebody usually comes, around the clock', () => {
    const evenings = [22, 23, 22, 23, 23, 22];
    expect(hourDistance(23, evenings)).toBe(0);
    expect(hourDistance(1, evenings)).toBe(2);
    expect(hourDistance(10, evenings)).toBe(11);
  });

  it('is none after a few sessions, and one stray hour is no habit', () => {
    expect(hourDistance(3, [22, 22, 22, 22])).toBeNull();
    expect(hourDistance(3, [3, ...new Array<number>(20).fill(22)])).toBe(5);
  });

  it('is read on the clock of the place', () => {
    const at = new Date('2026-03-02T23:10:00Z');
    expect(localHour(at, 'Europe/Paris')).toBe(0);
    expect(localHour(at, 'Asia/Kolkata')).toBe(4);
    expect(localHour(at, 'Nowhere/Land')).toBeNull();
    expect(localHour(at, null)).toBeNull();
  });
});

describe('a baseline', () => {
  const nothing = { sessions: 0, approved: 0, declined: 0 };
  /** Hours of 9, 10, 11, 9, ... sessions, one of nine decided ones declined. */
  const week = (length: number) => {
    const sessions = Array.from({ length }, (_, at) => 9 + (at % 3));
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    return {
      sessions: sum(sessions),
      squares: sum(sessions.map((count) => count ** 2)),
      approved: 8 * length,
      declined: length,
      firstMs: length === 0 ? null : hourBefore(length + 1),
    };
  };
  const withNow = (sessions: number, declined: number, approved: number) => ({
    current: { sessions, approved, declined },
    previous: nothing,
    past: week(160),
  });

  it('finds nothing unusual in a usual hour', () => {
    const { volumeZ, declineRateZ } = deviationOf(withNow(10, 1, 8), nowMs);
    expect(Math.abs(volumeZ ?? 9)).toBeLessThan(1);
    expect(Math.abs(declineRateZ ?? 9)).toBeLessThan(1);
  });

  it('tells a wave by its size and by what comes of it', () => {
    const wave = deviationOf(withNow(60, 45, 5), nowMs);
    expect(wave.volumeZ).toBeGreaterThan(10);
    expect(wave.declineRateZ).toBeGreaterThan(10);
  });

  it('counts the hour before by the share of it that lies within the last sixty minutes', () => {
    const half = { current: nothing, previous: { ...nothing, sessions: 20 }, past: week(160) };
    expect(deviationOf(half, nowMs).volumeZ).toBe(deviationOf(withNow(10, 0, 0), nowMs).volumeZ);
  });

  it('is none on an application’s first day, nor of a rate without decisions', () => {
    const unknown = { volumeZ: null, declineRateZ: null };
    expect(deviationOf({ ...withNow(60, 9, 9), past: week(20) }, nowMs)).toEqual(unknown);
    expect(deviationOf({ ...withNow(60, 9, 9), past: week(0) }, nowMs)).toEqual(unknown);
    expect(deviationOf(withNow(60, 2, 2), nowMs).declineRateZ).toBeNull();
  });
});
