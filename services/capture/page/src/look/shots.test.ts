import { describe, expect, it } from 'vitest';
import { spread } from './shots.ts';

const shots = (count: number, everyMs = 100) =>
  Array.from({ length: count }, (_, at) => ({ takenAtMs: at * everyMs }));
const times = (kept: readonly { takenAtMs: number }[]) => kept.map(({ takenAtMs }) => takenAtMs);

describe('frames of a long challenge', () => {
  it('are all kept while they fit', () => {
    expect(spread(shots(20), [500, 1_000])).toEqual(shots(20));
  });

  it('are thinned evenly, beginning and end of every step among them', () => {
    const bounds = [400, 2_400, 4_400, 6_400];
    const kept = times(spread(shots(84), bounds));
    expect(kept.length).toBeLessThanOrEqual(32);
    expect(kept.length).toBeGreaterThan(28);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    for (const [at, bound] of bounds.entries()) {
      expect(kept).toContain(bound);
      expect(kept).toContain((bounds[at + 1] ?? 8_400) - 100);
    }
  });

  it('of a short step are not given up for a long one', () => {
    const kept = times(spread(shots(200), [300, 600, 19_000]));
    expect(kept.filter((time) => time < 600)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(kept.length).toBe(32);
  });

  it('never come twice', () => {
    const kept = times(spread(shots(50), [100, 200, 300, 4_000], 7));
    expect(new Set(kept).size).toBe(kept.length);
    expect(kept.length).toBeLessThanOrEqual(7);
  });
});
