import { describe, expect, test } from 'vitest';
import { type Decision, decide, type Outcome, signingTime } from './schedule.ts';

const schedule = { retryDelaysMs: [60_000, 240_000] };
const delivered: Decision = { kind: 'delivered' };
const failed: Decision = { kind: 'failed' };
const answered = (status: number): Outcome => ({ kind: 'answered', status });

describe('what follows from an attempt', () => {
  const inOneMinute: Decision = { kind: 'retry', afterMs: 60_000 };
  const inFourMinutes: Decision = { kind: 'retry', afterMs: 240_000 };
  const passing: Outcome[] = [
    ...[404, 500, 502, 503, 504, 599].map(answered),
    { kind: 'timeout' },
    { kind: 'connection_error' },
  ];
  const final: Outcome[] = [
    ...[301, 302, 304, 307, 308, 400, 401, 403, 405, 408, 410, 413, 422, 429].map(answered),
    { kind: 'refused' },
  ];
  for (const status of [200, 201, 202, 204, 299]) {
    test(`${status} is delivered`, () => expect(decide(answered(status), 1, schedule)).toEqual(delivered));
  }
  for (const outcome of passing) {
    test(`${JSON.stringify(outcome)} is tried twice more`, () => {
      expect([1, 2, 3].map((attempt) => decide(outcome, attempt, schedule))).toEqual([
        inOneMinute,
        inFourMinutes,
        failed,
      ]);
    });
  }
  for (const outcome of final) {
    test(`${JSON.stringify(outcome)} is final`, () => expect(decide(outcome, 1, schedule)).toEqual(failed));
  }
});

describe('the time an attempt is signed with', () => {
  test('a prompt first attempt carries the time of the event', () => {
    expect(signingTime(1000, 1004, true)).toBe(1000);
    expect(signingTime(1000, 998, true)).toBe(1000);
  });
  test('a late first attempt, a retry and a resend carry their own', () => {
    expect(signingTime(1000, 1006, true)).toBe(1006);
    expect(signingTime(1000, 1001, false)).toBe(1001);
  });
});
