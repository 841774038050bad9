import { expect, test } from 'vitest';
import { createIntake, createSessionIntake, letSessionIn, wantsSession } from './intake.ts';

const waitMaxMs = 500;

interface Outcome {
  /** Looks that had their verdict within five seconds, a second, of what can be done. */
  readonly inTime: number;
  readonly refused: number;
}

/**
 * A system that finishes so many looks a second, with a queue of 32 in front; sessions come evenly, and their looks two
 * seconds after them. Half of what can be done comes for ten seconds, then `times` it; counted is what follows 20 s later.
 * Every ten seconds it stands still for `stallMs`.
 */
function simulate(times: number, { clockSkewMs = 0, perSecond = 12, stallMs = 0 } = {}): Outcome {
  const intake = createIntake({ waitMaxMs });
  const lagMs = 2_000;
  const looks: number[] = [];
  const queue: number[] = [];
  const finishing: { dueMs: number; atMs: number }[] = [];
  let [nextMs, freeMs, inTime, refused] = [0, 0, 0, 0];
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1) {
    if (nowMs >= nextMs) {
      nextMs += 1000 / ((nowMs < 10_000 ? 0.5 : times) * perSecond);
      if (intake.admit(nowMs)) looks.push(nowMs + lagMs);
      else refused += 1;
    }
    while ((looks[0] ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const dueMs = looks.shift() as number;
      if (queue.length < 32) queue.push(dueMs);
    }
    const isStill = nowMs % 10_000 < stallMs;
    if (queue.length > 0 && freeMs <= nowMs && !isStill) {
      freeMs = nowMs + 1000 / perSecond;
      finishing.push({ dueMs: queue.shift() as number, atMs: freeMs });
    }
    while (finishing[0] !== undefined && finishing[0].atMs <= nowMs && !isStill) {
      const { dueMs } = finishing.shift() as { dueMs: number };
      intake.finished(nowMs - dueMs + clockSkewMs, nowMs);
      if (nowMs > 30_000 && nowMs - dueMs < 5_000) inTime += 1;
    }
  }
  return { inTime: inTime / (30 * (1 - stallMs / 10_000)) / perSecond, refused };
}

test('what the system can do is let in', () => {
  expect(simulate(0.9)).toEqual({ inTime: expect.closeTo(0.9, 1), refused: 0 });
});

test.each([1.5, 3, 6])('at %s times what can be done, nine tenths of it are done in time', (times) => {
  const { inTime, refused } = simulate(times);
  expect(inTime).toBeGreaterThan(0.9);
  expect(refused).toBeGreaterThan(0);
});

test('a machine that stands still for a moment refuses nobody while it has room, and does what it can beyond', () => {
  expect(simulate(0.7, { stallMs: 800 }).refused).toBe(0);
  expect(simulate(2, { stallMs: 800 }).inTime).toBeGreaterThan(0.9);
  expect(simulate(3, { stallMs: 1_500 }).inTime).toBeGreaterThan(0.9);
});

test('clocks that differ between machines are no overload', () => {
  expect(simulate(0.9, { clockSkewMs: 40_000 }).refused).toBe(0);
  expect(simulate(3, { clockSkewMs: -40_000 }).inTime).toBeGreaterThan(0.9);
});

/** Verdicts of one second, each after so long. */
function second(intake: ReturnType<typeof createIntake>, atMs: number, latenciesMs: number[]): void {
  for (const [index, latencyMs] of latenciesMs.entries()) intake.finished(latencyMs, atMs + index);
}

test('one slow look among others, or two slow ones alone, keep nobody out', () => {
  const intake = createIntake({ waitMaxMs });
  second(intake, 0, [60, 60, 60]);
  second(intake, 1_000, [70, 5_000, 5_000, 5_000]);
  second(intake, 2_000, [5_000, 5_000]);
  for (let count = 0; count < 100; count += 1) expect(intake.admit(3_500)).toBe(true);
});

test('a small installation still lets in a handful at once, and is open again when nobody is refused any more', () => {
  const intake = createIntake({ waitMaxMs });
  second(intake, 0, [60, 60, 60]);
  second(intake, 1_000, [2_000, 2_000, 2_000]);
  second(intake, 2_000, [2_000, 2_000, 2_000]);
  const admitted = Array.from({ length: 50 }, () => intake.admit(3_100)).filter(Boolean).length;
  expect(admitted).toBe(10);
  expect(intake.hasRoom(3_101)).toBe(false);
  for (let nowMs = 4_000; nowMs < 16_000; nowMs += 500) expect(intake.hasRoom(nowMs)).toBe(true);
  for (let count = 0; count < 500; count += 1) expect(intake.admit(16_000)).toBe(true);
});

test('a new session has to wait for creations as well as for looks', () => {
  const intake = createSessionIntake({ waitMaxMs });
  expect(letSessionIn(intake, 500)).toBe(true);
  second(intake.creations, 600, [10, 10, 10]);
  second(intake.creations, 1_600, [900, 900, 900]);
  second(intake.creations, 2_600, [900, 900, 900]);
  const admitted = Array.from({ length: 50 }, () => letSessionIn(intake, 3_700)).filter(Boolean).length;
  expect(admitted).toBe(10);
  expect(wantsSession(intake, 3_700)).toBe(false);
  expect(intake.looks.hasRoom(3_700)).toBe(true);
});
