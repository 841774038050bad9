import { describe, expect, test } from 'vitest';
import {
  clampRetryAfter,
  decide,
  failureCode,
  type Outcome,
  type RetrySchedule,
  signingTime,
} from './schedule.ts';

const answered = (status: number, retryAfterMs: number | null = null): Outcome => ({
  kind: 'answered',
  status,
  retryAfterMs,
});
/** In the middle of the jitter. */
const even = 0.5;

/** Waits in seconds until the delivery is given up. */
function waits(outcome: Outcome, schedule: RetrySchedule): number[] {
  const seconds: number[] = [];
  for (let attempt = 1; attempt < 100; attempt += 1) {
    const decision = decide(outcome, attempt, schedule, even);
    if (decision.kind !== 'retry') return decision.kind === 'failed' ? seconds : [-1];
    seconds.push(decision.afterMs / 1000);
  }
  throw new Error('a schedule without an end');
}

const standard = [5, 60, 240, 1_800, 7_200, 18_000, 36_000, 36_000, 86_400, 86_400];
const contract = [60, 240];
const none: number[] = [];

describe('when a failed attempt is made again', () => {
  const table: [what: string, outcome: Outcome, standard: number[], contract: number[]][] = [
    ['500', answered(500), standard, contract],
    ['502', answered(502), standard, contract],
    ['503', answered(503), standard, contract],
    ['599', answered(599), standard, contract],
    ['404', answered(404), standard, contract],
    ['a timeout', { kind: 'timeout' }, standard, contract],
    ['a connection error', { kind: 'connection_error' }, standard, contract],
    ['what we could not even send', { kind: 'not_sent' }, standard, contract],
    ['301', answered(301), standard, none],
    ['302', answered(302), standard, none],
    ['304', answered(304), standard, none],
    ['308', answered(308), standard, none],
    ['400', answered(400), standard, none],
    ['401', answered(401), standard, none],
    ['403', answered(403), standard, none],
    ['408', answered(408), standard, none],
    ['413', answered(413), standard, none],
    ['422', answered(422), standard, none],
    ['425', answered(425), standard, none],
    ['429', answered(429), standard, none],
    ['199', answered(199), standard, none],
    ['a refused address', { kind: 'refused' }, none, none],
    ['a malformed URL', { kind: 'malformed' }, none, none],
  ];
  test.each(table)('%s', (_, outcome, byStandard, byContract) => {
    expect(waits(outcome, 'standard')).toEqual(byStandard);
    expect(waits(outcome, 'contract')).toEqual(byContract);
    const own = outcome.kind === 'refused' || outcome.kind === 'malformed' ? none : [1, 2];
    expect(waits(outcome, [1, 2])).toEqual(own);
    expect(waits(outcome, [])).toEqual(none);
  });

  test.each([200, 201, 202, 204, 299])('%i is delivered', (status) => {
    for (const schedule of ['standard', 'contract', [1], []] as const) {
      expect(decide(answered(status), 1, schedule, even)).toEqual({ kind: 'delivered' });
    }
  });

  test('the waits differ by up to a fifth either way', () => {
    const after = (random: number) => decide(answered(500), 2, 'standard', random);
    expect(after(0)).toEqual({ kind: 'retry', afterMs: 48_000 });
    expect(after(0.999_999_999)).toEqual({ kind: 'retry', afterMs: 72_000 });
  });
});

describe('Retry-After', () => {
  const after = (retryAfterMs: number, schedule: RetrySchedule = 'standard') =>
    decide(answered(503, retryAfterMs), 1, schedule, even);
  test.each([
    ['makes a wait longer', 90_000, 90_000],
    ['never makes one shorter', 100, 5_000],
    ['of a year is a day', 365 * 86_400_000, 86_400_000],
    ['of the past is no wait', -5_000, 5_000],
  ])('%s', (_, askedMs, afterMs) => expect(after(askedMs)).toEqual({ kind: 'retry', afterMs }));

  test('buys no attempt that the schedule does not have', () => {
    expect(after(1_000, [])).toEqual({ kind: 'failed' });
  });

  test('is a second at least', () => {
    expect([null, 0, 10].map(clampRetryAfter)).toEqual([0, 1_000, 1_000]);
  });
});

test('failures have a name for events and logs', () => {
  const outcomes: Outcome[] = [answered(503), { kind: 'timeout' }, { kind: 'refused' }];
  expect(outcomes.map(failureCode)).toEqual(['http_503', 'timeout', 'refused']);
});

describe('the time that an attempt is signed with', () => {
  test('is the event’s own for a prompt first attempt', () => {
    expect(signingTime(1000, 1005, true)).toBe(1000);
  });
  test('is the real one for a late first attempt, and for everything after it', () => {
    expect(signingTime(1000, 1006, true)).toBe(1006);
    expect(signingTime(1000, 1001, false)).toBe(1001);
  });
});
