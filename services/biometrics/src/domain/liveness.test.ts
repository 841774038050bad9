import { describe, expect, test } from 'vitest';
import type { MediaSignal } from './gates.ts';
import { type LivenessFacts, livenessCues, livenessScore } from './liveness.ts';

const by = (near: number, far: number): LivenessFacts['liveBy'] => ({
  near: [0, near, 1 - near],
  far: [0, far, 1 - far],
});
const signal = (name: string, value: number): MediaSignal => ({ name, value, raised: false });
const live = by(0.99, 0.99);

describe('the liveness score', () => {
  test('goes by the networks when the picture tells nothing', () => {
    expect(livenessScore({ liveBy: by(0.9999, 0.9999) })).toBe(100);
    expect(livenessScore({ liveBy: live })).toBeGreaterThan(85);
    expect(livenessScore({ liveBy: by(0.02, 0.3) })).toBeLessThan(30);
    expect(livenessScore({ liveBy: by(0.0001, 0.0001) })).toBe(0);
  });

  test.each([
    ['networks', (value: number) => ({ liveBy: by(value, value) }), [0.01, 0.2, 0.5, 0.8, 0.99]],
    [
      'borders',
      (value: number) => ({ liveBy: live, media: [signal('face_screen_edge_detected', value)] }),
      [4, 3, 2, 1, 0],
    ],
    [
      'moire',
      (value: number) => ({ liveBy: live, media: [signal('face_moire_energy', value)] }),
      [500, 60, 30, 17, 8],
    ],
    [
      'contour',
      (value: number) => ({ liveBy: live, media: [signal('face_swap_boundary_score', value)] }),
      [25, 24, 23.5, 23, 20],
    ],
  ] as const)('rises as %s speaks for a live face', (_, facts, values) => {
    const scores = values.map((value) => livenessScore(facts(value)));
    expect(scores).toEqual([...scores].sort((one, other) => one - other));
    expect(scores.at(-1)).toBeGreaterThan(scores[0] ?? 100);
  });

  test('no ordinary background or face costs a sure live face its pass', () => {
    const media = [
      signal('face_screen_edge_detected', 2),
      signal('face_moire_energy', 15),
      signal('face_swap_boundary_score', 22.5),
    ];
    expect(livenessScore({ liveBy: by(0.9995, 0.9995), media })).toBeGreaterThan(70);
  });

  test('cues that were not measured speak for nothing, numbers that are none for no score', () => {
    expect(livenessCues({ liveBy: live })).toMatchObject({ borders: 0, moire: 0, contour: 0 });
    expect(() => livenessScore({ liveBy: { near: [], far: [0, 0.9, 0.1] } })).toThrow(RangeError);
    expect(() => livenessScore({ liveBy: by(Number.NaN, 0.9) })).toThrow(RangeError);
  });
});
