import { describe, expect, it } from 'vitest';
import { followPointer } from './pointer-path.ts';

/** Moves so many times, `at` says where the pointer is at a step. */
function moved(steps: number, gapMs: number, at: (step: number) => readonly [number, number]) {
  const path = followPointer();
  for (let step = 0; step < steps; step++) path.moved(...at(step), step * gapMs);
  return path;
}

describe('the way of a pointer', () => {
  it('of a script is straight and even', () => {
    const found = moved(40, 16, (step) => [3 * step, 4 * step]).found();
    expect(found.pointer_straightness).toBeCloseTo(1, 9);
    expect(found.pointer_speed_variation).toBeCloseTo(0, 6);
    expect(found).toMatchObject({ pointer_moves: 40, pointer_beat_ms: 16 });
  });

  it('of a hand is bent and uneven', () => {
    const found = moved(40, 16, (step) => [step * step * 0.4, 60 * Math.sin(step / 9)]).found();
    expect(found.pointer_straightness).toBeLessThan(0.99);
    expect(found.pointer_speed_variation).toBeGreaterThan(0.2);
    expect(found.pointer_quantum_px).toBe(0);
  });

  it('over a remote desktop goes in steps', () => {
    const found = moved(40, 60, (step) => [4 * step, 8 * Math.round(Math.sin(step))]).found();
    expect(found.pointer_quantum_px).toBe(4);
    expect(found.pointer_beat_ms).toBe(60);
  });

  it('that rests in between is not one way', () => {
    const path = followPointer();
    for (let step = 0; step < 12; step++) path.moved(10 * step, 0, 16 * step);
    // The way back, after a while.
    for (let step = 0; step < 12; step++) path.moved(110 - 10 * step, 0, 2_000 + 16 * step);
    expect(path.found().pointer_straightness).toBeCloseTo(1, 9);
  });

  it('that is too short tells nothing but its length', () => {
    const found = moved(3, 16, (step) => [step, step]).found();
    expect(found).toMatchObject({ pointer_moves: 3, pointer_straightness: null, pointer_quantum_px: null });
  });

  it('knows how far a click is from where it was', () => {
    const path = followPointer();
    expect(path.distanceTo(3, 4)).toBeNull();
    path.moved(0, 0, 0);
    expect(path.distanceTo(3, 4)).toBe(5);
  });
});
