import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ChallengePlan } from './challenge-plan.ts';
import { planChallenge } from './challenge-plan.ts';

type Plan<Method> = Extract<ChallengePlan, { method: Method }>;
const drawn = <Method extends 'FLASHING' | 'ACTIVE_3D'>(method: Method) =>
  Array.from({ length: 600 }, () => planChallenge(method, randomInt) as Plan<Method>);

describe('colours', () => {
  const plans = drawn('FLASHING');

  it('are six, each once, without a gap, and over within three seconds', () => {
    for (const { steps } of plans) {
      expect(steps.map(({ colour }) => colour).sort((a, b) => a - b)).toEqual([
        0x0000ff, 0x00ff00, 0x00ffff, 0xff0000, 0xff00ff, 0xffff00,
      ]);
      for (const [at, { startsAtMs }] of steps.entries()) {
        const before = steps[at - 1];
        expect(startsAtMs).toBe(before === undefined ? 0 : before.startsAtMs + before.durationMs);
      }
      const last = steps.at(-1);
      expect((last?.startsAtMs ?? 0) + (last?.durationMs ?? 0)).toBeLessThanOrEqual(2_700);
    }
  });

  it('change less than three times in any second, so that nothing flashes three times', () => {
    for (const { steps } of plans) {
      const changes = steps.map(({ startsAtMs }) => startsAtMs);
      for (const from of changes) {
        expect(changes.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(3);
      }
      expect(Math.min(...steps.map(({ durationMs }) => durationMs))).toBeGreaterThanOrEqual(350);
    }
  });

  it('come in any order and in lengths of their own', () => {
    const orders = new Set(plans.map(({ steps }) => steps.map(({ colour }) => colour).join()));
    expect(orders.size).toBeGreaterThan(300);
    const lengths = new Set(plans.flatMap(({ steps }) => steps.map(({ durationMs }) => durationMs)));
    expect(lengths.size).toBeGreaterThan(90);
  });
});

describe('poses', () => {
  const plans = drawn('ACTIVE_3D');

  it('are three different ones, one to a side at least, with the front after each', () => {
    for (const { steps } of plans) {
      const asked = steps.filter((_, at) => at % 2 === 0).map(({ pose }) => pose);
      expect(new Set(asked).size).toBe(3);
      expect(asked).not.toContain('front');
      expect(asked.some((pose) => pose === 'left' || pose === 'right')).toBe(true);
      expect(steps.filter((_, at) => at % 2 === 1).map(({ pose }) => pose)).toEqual(Array(3).fill('front'));
    }
  });

  it('begin when the head was seen at rest, each after the time of the one before', () => {
    for (const { steps } of plans) {
      expect(steps.map(({ promptedAtMs }) => promptedAtMs)).toEqual([
        600, 4_600, 8_600, 12_600, 16_600, 20_600,
      ]);
      expect(new Set(steps.map(({ withinMs }) => withinMs))).toEqual(new Set([4_000]));
    }
  });

  it('come in all their orders', () => {
    expect(new Set(plans.map(({ steps }) => steps.map(({ pose }) => pose).join())).size).toBe(24);
  });
});

it('a passive picture has nothing to answer', () => {
  expect(planChallenge('PASSIVE', randomInt)).toEqual({ method: 'PASSIVE' });
});
