import { describe, expect, it } from 'vitest';
import type { HeadAngles, HeadPose } from '../../../src/wire.ts';
import { isReached, nextTurn, relativeTo, startTurn, type Turn } from './active-3d.ts';

const steps = (['left', 'front', 'right', 'up', 'front'] satisfies HeadPose[]).map((pose) => ({
  pose,
  within_ms: 4_000,
}));
const at = (yaw: number, pitch = 0): HeadAngles => ({ yaw, pitch, roll: 0 });

/** Follows a head whose angles depend on what is asked for; null: nobody answers. */
function follow(headOf: (pose: HeadPose, sinceMs: number) => HeadAngles | null): {
  turn: Turn;
  endMs: number;
} {
  let turn = startTurn(400);
  for (let atMs = 400; atMs < 60_000; atMs += 150) {
    const step = steps[turn.promptedAtMs.length - 1];
    const sinceMs = atMs - (turn.promptedAtMs.at(-1) ?? 0);
    if (step !== undefined) turn = nextTurn(turn, steps, { atMs, angles: headOf(step.pose, sinceMs) });
    if (turn.isOver) return { turn, endMs: atMs };
  }
  throw new Error('the prompts never ended');
}

const poses: Record<HeadPose, HeadAngles> = {
  left: at(-30),
  right: at(30),
  up: at(0, 22),
  down: at(0, -22),
  front: at(1, 2),
};

describe('prompts', () => {
  it('follow a head that follows them', () => {
    const { turn, endMs } = follow((pose, sinceMs) => (sinceMs < 700 ? at(0) : poses[pose]));
    expect(turn).toMatchObject({ reached: 5, missed: null, isReached: true });
    expect(turn.promptedAtMs).toHaveLength(5);
    expect(endMs).toBeLessThan(6_000);
  });

  it('wait for a head that goes too little, accept it when it counts, and stay within the time of the service', () => {
    const { turn } = follow((pose) => (pose === 'left' ? at(-20) : poses[pose]));
    expect(turn).toMatchObject({ reached: 5, missed: null, isReached: true });
    const wait = (turn.promptedAtMs[1] ?? 0) - (turn.promptedAtMs[0] ?? 0);
    expect(wait).toBeGreaterThan(2_000);
    expect(wait).toBeLessThan(4_000);
  });

  it('know of a pose that was missed, and end all the same', () => {
    const { turn } = follow(() => at(0));
    expect(turn).toMatchObject({ missed: 'left', reached: 2 });
    const gaps = turn.promptedAtMs.slice(1).map((time, i) => time - (turn.promptedAtMs[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(4_500);
  });

  it('go by the clock while nobody answers', () => {
    const { turn } = follow(() => null);
    expect(turn).toMatchObject({ missed: null, isReached: false, reached: 0, isOver: true });
    const gaps = turn.promptedAtMs.slice(1).map((time, i) => time - (turn.promptedAtMs[i] ?? 0));
    for (const gap of gaps) {
      expect(gap).toBeGreaterThan(1_500);
      expect(gap).toBeLessThan(4_000);
    }
  });

  it('go by the clock from when the answers stop', () => {
    const { turn } = follow((pose, sinceMs) => (pose === 'left' && sinceMs < 800 ? at(-5) : null));
    expect(turn).toMatchObject({ missed: null, isOver: true });
  });
});

describe('a pose', () => {
  it('is the person’s own side', () => {
    expect(isReached('left', at(-25))).toBe(true);
    expect(isReached('left', at(25))).toBe(false);
    expect(isReached('right', at(25))).toBe(true);
    expect(isReached('up', at(0, 18))).toBe(true);
    expect(isReached('down', at(0, -18))).toBe(true);
    expect(isReached('front', at(12))).toBe(false);
  });

  it('is measured from where the head began', () => {
    const beginning = [at(4, 6), at(5, 5), at(40, 5)];
    expect(relativeTo(beginning, at(25, 5))).toEqual(at(20, 0));
  });
});
