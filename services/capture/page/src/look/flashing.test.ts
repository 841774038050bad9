import { describe, expect, it } from 'vitest';
import { durationOf, flashesPerSecond, frameEveryMs, isShowable } from './flashing.ts';
import { framesMax } from './shots.ts';

const colours = ['#ff0000', '#00ff00', '#0000ff', '#00ffff', '#ff00ff', '#ffff00'];

function orders<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, at) =>
    orders([...list.slice(0, at), ...list.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}

const plan = (order: readonly string[], duration_ms: number) =>
  order.map((colour) => ({ colour, duration_ms }));

describe('a plan of colours', () => {
  it('of every order and the shortest steps flashes at most three times in any second', () => {
    const most = orders(colours).map((order) => flashesPerSecond(plan(order, 350)));
    expect(most).toHaveLength(720);
    expect(Math.max(...most)).toBeLessThanOrEqual(3);
    expect(Math.min(...most)).toBeGreaterThanOrEqual(0);
  });

  it('that flashes faster is not shown, nor one that is no plan', () => {
    const strobe = plan(['#ffffff', '#000000', '#ffffff', '#000000', '#ffffff', '#000000', '#ffffff'], 120);
    expect(flashesPerSecond(strobe)).toBeGreaterThan(3);
    expect(isShowable(strobe)).toBe(false);
    expect(isShowable(plan(colours, 350))).toBe(true);
    expect(isShowable(plan(['red'], 400))).toBe(false);
    expect(isShowable(plan(['#ff0000'], 60_000))).toBe(false);
    expect(isShowable([])).toBe(false);
  });

  it('counts red by itself, however dark the other colours are', () => {
    const reds = plan(['#ff0000', '#5050ff', '#ff0000', '#5050ff', '#ff0000', '#5050ff', '#ff0000'], 140);
    expect(flashesPerSecond(reds)).toBeGreaterThan(3);
  });

  it('has frames all along that fit into a bundle', () => {
    for (const duration of [350, 400, 450]) {
      const steps = plan(colours, duration);
      expect(frameEveryMs(steps)).toBeGreaterThanOrEqual(75);
      expect(frameEveryMs(steps)).toBeLessThanOrEqual(100);
      expect(durationOf(steps) / frameEveryMs(steps)).toBeLessThan(framesMax);
    }
  });
});
