import { describe, expect, it } from 'vitest';
import { isKill, planFaults, targets } from './fault-schedule.ts';

describe('the schedule of faults', () => {
  it('is the same for the same seed and another for another', () => {
    const sizes = { events: 10_000, kills: 50 };
    expect(planFaults({ seed: 7, ...sizes })).toEqual(planFaults({ seed: 7, ...sizes }));
    expect(planFaults({ seed: 7, ...sizes })).not.toEqual(planFaults({ seed: 8, ...sizes }));
  });

  it.each([1, 5, 20, 200])('has exactly %i kills', (kills) => {
    const faults = planFaults({ seed: 1, events: 5_000, kills });
    expect(faults.filter((fault) => isKill(fault.kind))).toHaveLength(kills);
  });

  it.each([1, 2, 3, 4, 5])('hits everything at least once (seed %i)', (seed) => {
    const faults = planFaults({ seed, events: 2_000, kills: 20 });
    const killed = faults.filter((fault) => fault.kind === 'kill').map((fault) => fault.target);
    expect(new Set(killed)).toEqual(new Set(targets));
    expect(new Set(faults.map((fault) => fault.kind))).toEqual(
      new Set(['kill', 'kill_backend', 'lose_store', 'freeze', 'fill_disk']),
    );
  });

  it('is spread over the run, in order, and ends before it', () => {
    const faults = planFaults({ seed: 3, events: 100_000, kills: 200 });
    const offsets = faults.map((fault) => fault.atEvent);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(offsets[0]).toBeLessThan(5_000);
    expect(offsets.at(-1)).toBeLessThan(95_001);
    expect(offsets.at(-1)).toBeGreaterThan(90_000);
  });
});
