import { describe, expect, test } from 'vitest';
import {
  afterAttempt,
  grant,
  type Health,
  type HealthPolicy,
  isHopeless,
  isSound,
  soundHealth,
} from './health.ts';
import type { Outcome } from './schedule.ts';

const policy: HealthPolicy = {
  openAfterFailures: 3,
  cooldownMs: 10_000,
  maxCooldownMs: 60_000,
  disableAfterMs: 5 * 86_400_000,
};
const start = Date.UTC(2026, 0, 1);
const at = (seconds: number) => new Date(start + seconds * 1_000);
const answered = (status: number, retryAfterMs: number | null = null): Outcome => ({
  kind: 'answered',
  status,
  retryAfterMs,
});
const timeout: Outcome = { kind: 'timeout' };

function after(outcomes: readonly Outcome[], seconds = 0, health: Health = soundHealth): Health {
  return outcomes.reduce((before, outcome) => afterAttempt(before, outcome, at(seconds), policy), health);
}

function allowed(health: Health, seconds: number, wanted = 10, ratePerSecond: number | null = null) {
  return grant(health, { wanted, ratePerSecond, now: at(seconds), probeMs: 8_000 });
}

describe('the circuit', () => {
  test.each<[string, Outcome]>([
    ['timeouts', timeout],
    ['connection errors', { kind: 'connection_error' }],
    ['5xx', answered(503)],
  ])('opens after some %s in a row', (_, outcome) => {
    expect(after([outcome, outcome]).circuit).toBe('closed');
    const open = after([outcome, outcome, outcome]);
    expect(open).toMatchObject({ circuit: 'open', circuitUntil: at(10) });
    expect(isSound(open, null)).toBe(false);
    expect(allowed(open, 9.9).count).toBe(0);
  });

  test.each<[string, Outcome]>([
    ['a success', answered(200)],
    ['an answer that dislikes one request', answered(400)],
    ['our own refusal of an address', { kind: 'refused' }],
    ['our own trouble', { kind: 'not_sent' }],
  ])('is not opened by failures with %s between them', (_, between) => {
    const health = after([timeout, timeout, between, timeout, timeout]);
    const isOurs = between.kind === 'refused' || between.kind === 'not_sent';
    expect(health.circuit).toBe(isOurs ? 'open' : 'closed');
  });

  test('lets one attempt through when its time has come, and another when that one never ends', () => {
    const open = after([timeout, timeout, timeout]);
    const probing = allowed(open, 10);
    expect(probing.count).toBe(1);
    expect(probing.health).toMatchObject({ circuit: 'half_open', circuitUntil: at(18) });
    expect(allowed(probing.health, 17).count).toBe(0);
    expect(allowed(probing.health, 18).count).toBe(1);
  });

  test('closes when the probe succeeds, or at least speaks HTTP', () => {
    const probing = allowed(after([timeout, timeout, timeout]), 10).health;
    expect(after([answered(204)], 11, probing)).toEqual(soundHealth);
    expect(after([answered(404)], 11, probing)).toMatchObject({ circuit: 'closed', consecutiveFailures: 0 });
  });

  test('stays open longer each time, up to a limit', () => {
    let health = after([timeout, timeout, timeout]);
    const cooldowns: number[] = [];
    for (let seconds = 1_000; seconds < 6_000; seconds += 1_000) {
      health = after([timeout], seconds, allowed(health, seconds).health);
      cooldowns.push(((health.circuitUntil?.getTime() ?? 0) - at(seconds).getTime()) / 1_000);
    }
    expect(cooldowns).toEqual([20, 40, 60, 60, 60]);
  });

  test('is not opened twice by what was under way when it opened', () => {
    const open = after([timeout, timeout, timeout]);
    expect(after([timeout, timeout], 5, open)).toMatchObject({ openings: 1, circuitUntil: at(10) });
  });
});

describe('429', () => {
  test('pauses the destination for as long as it asks, an hour at most', () => {
    const pauseOf = (retryAfterMs: number | null) => after([answered(429, retryAfterMs)]).pausedUntil;
    expect(pauseOf(7_000)).toEqual(at(7));
    expect(pauseOf(null)).toEqual(at(30));
    expect(pauseOf(86_400_000)).toEqual(at(3_600));
    expect(allowed(after([answered(429, 7_000)]), 6.9).count).toBe(0);
  });

  test('slows it down afterwards, more each time, and lets go by and by', () => {
    const once = after([answered(429, 1_000)]);
    expect(allowed(once, 1, 100).count).toBe(8);
    const twice = after([answered(429, 1_000)], 10, once);
    expect(allowed(twice, 11, 100).count).toBe(4);
    // Doubled each minute: 4, 8, 16, 32, 64, 128, and then no limit.
    expect(allowed(twice, 11 + 5 * 60, 1_000).count).toBe(128);
    const free = allowed(twice, 11 + 6 * 60, 1_000);
    expect(free.count).toBe(1_000);
    expect(isSound(free.health, null)).toBe(true);
  });

  test('of many requests that were under way together counts once', () => {
    const many = after(Array.from({ length: 16 }, () => answered(429, 1_000)));
    expect(many.slowRate).toBe(8);
  });

  test('outlives successes in between', () => {
    const slowed = after([answered(429, 1_000)]);
    expect(after([answered(200)], 2, slowed).slowRate).toBe(8);
  });
});

describe('an owner’s rate', () => {
  test('is kept over any length of time, whoever asks and however often', () => {
    let health = soundHealth;
    let sent = 0;
    for (let step = 0; step < 1_000; step += 1) {
      const granted = allowed(health, step / 10, 50, 5);
      health = granted.health;
      sent += granted.count;
    }
    // 5 a second for 100 s, and the second's worth that had gathered at first.
    expect(sent).toBeGreaterThanOrEqual(499);
    expect(sent).toBeLessThanOrEqual(505);
  });

  test('below one a second lets one through now and then', () => {
    const first = allowed(soundHealth, 0, 10, 0.1);
    expect(first.count).toBe(1);
    expect(allowed(first.health, 9.9, 10, 0.1).count).toBe(0);
    expect(allowed(first.health, 10, 10, 0.1).count).toBe(1);
  });

  test('whatever it is, lets something through after a rest', () => {
    for (let hundredths = 1; hundredths <= 2_000; hundredths += 1) {
      const rate = hundredths / 100;
      expect(allowed(soundHealth, 0, 1_000, rate).count).toBeGreaterThanOrEqual(
        Math.max(1, Math.floor(rate)),
      );
    }
  });

  test('what was granted and not used is not used up', () => {
    const { health } = allowed(soundHealth, 0, 0, 5);
    expect(allowed(health, 0, 10, 5).count).toBe(5);
  });
});

describe('a destination is given up', () => {
  const day = 86_400;
  const failingFor = (days: number, failures: number) =>
    after(
      Array.from({ length: failures - 1 }, () => answered(400)),
      days * day,
      after([answered(400)]),
    );

  test('after days of nothing but failures', () => {
    expect(isHopeless(failingFor(5, 10), at(5 * day), policy)).toBe(true);
    expect(isHopeless(failingFor(4.9, 10), at(4.9 * day), policy)).toBe(false);
  });
  test('not for a few failures far apart', () => {
    expect(isHopeless(failingFor(30, 9), at(30 * day), policy)).toBe(false);
  });
  test('not when one success was among them', () => {
    const health = after([answered(200), answered(400)], 5 * day, failingFor(5, 20));
    expect(isHopeless(health, at(5 * day), policy)).toBe(false);
  });
});
