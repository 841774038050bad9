import { describe, expect, it } from 'vitest';
import { isTimePossible, shownSteps } from './challenge-timing.ts';

const colours = [0, 400, 800].map((startsAtMs) => ({ startsAtMs, lastsMs: 400 }));
const poses = [600, 4_600].map((startsAtMs) => ({ startsAtMs, lastsMs: 4_000 }));

describe('the steps of a challenge', () => {
  it('are judged by the times at which they were shown', () => {
    expect(shownSteps('colour', colours, { shownAtMs: [16, 420, 1_010] })).toEqual([
      { startsAtMs: 16, lastsMs: 404 },
      { startsAtMs: 420, lastsMs: 590 },
      { startsAtMs: 1_010, lastsMs: 400 },
    ]);
    expect(shownSteps('pose', poses, { shownAtMs: [610, 1_900] })).toEqual([
      { startsAtMs: 610, lastsMs: 4_000 },
      { startsAtMs: 1_900, lastsMs: 4_000 },
    ]);
  });

  it.each([
    ['not told', 'colour', colours, []],
    ['told for another number of steps', 'colour', colours, [0, 400]],
    ['told out of order', 'colour', colours, [0, 800, 400]],
    ['told at one time', 'pose', poses, [600, 600]],
    ['colours that hardly showed', 'colour', colours, [0, 199, 600]],
    ['colours that stayed', 'colour', colours, [0, 801, 1_200]],
    ['a pose asked for long after the time of the one before', 'pose', poses, [600, 5_601]],
  ] as const)('keep the times of the plan when they are %s', (_what, kind, plan, shownAtMs) => {
    expect(shownSteps(kind, plan, { shownAtMs })).toBeNull();
  });

  it.each([
    ['colour', colours, [0, 200, 1_000]],
    ['pose', poses, [600, 5_600]],
  ] as const)('may be as late or early as a busy browser shows a %s', (kind, plan, shownAtMs) => {
    expect(shownSteps(kind, plan, { shownAtMs })).not.toBeNull();
  });
});

describe('the times of frames', () => {
  const told = { shownAtMs: [0, 400, 800], takenAtMs: [100, 500, 900] };

  it('are possible when the answer comes after the last of them', () => {
    expect(isTimePossible(told, 1_300)).toBe(true);
    expect(isTimePossible({ shownAtMs: [], takenAtMs: [] }, 5)).toBe(true);
  });

  it('are possible within what two clocks may differ, and not beyond', () => {
    const long = { shownAtMs: [0], takenAtMs: [10, 9_000] };
    expect(isTimePossible(long, 8_000)).toBe(true);
    expect(isTimePossible(long, 7_999)).toBe(false);
  });

  it('are not possible when frames share a time or run backwards', () => {
    expect(isTimePossible({ ...told, takenAtMs: [100, 100] }, 9_000)).toBe(false);
    expect(isTimePossible({ ...told, takenAtMs: [500, 100] }, 9_000)).toBe(false);
  });
});
