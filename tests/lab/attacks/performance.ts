import type { Random } from '../../chaos/random.ts';
import { type Camera, develop, drawCamera, pageJpeg } from './camera.ts';
import { type Attitude, facingScreen, type Head, headOf, lit, posed, turned } from './head.ts';
import { wander } from './planes.ts';
import { frameSelfie, type Portrait } from './portraits.ts';
import type { FlashStep, HeadPose, Kit, LabChallenge, MotionStep, TimedFrame } from './presentation.ts';
import { linear, type Raster } from './raster.ts';

/** Frames of a sequence: smaller than a passive frame, as a page sends thirty of them. */
export const SEQUENCE_FRAME = { width: 360, height: 480 } as const;

const COLOURS = [0xff0000, 0x00ff00, 0x0000ff, 0xffffff, 0x000000, 0xffff00, 0xff00ff, 0x00ffff] as const;

/** Six colours of 350 ms, no two neighbours alike. */
export function drawFlash(random: Random): LabChallenge & { method: 'flash' } {
  const colours = random.shuffle(COLOURS).slice(0, 6);
  return {
    method: 'flash',
    steps: colours.map((colour, index) => ({ colour, startsAtMs: 350 * index, durationMs: 350 })),
  };
}

/** A turn of the head, front, another turn, front; the first prompt after the camera has seen the head at rest. */
export function drawMotion(random: Random): LabChallenge & { method: 'motion' } {
  const aside = random.pick<HeadPose>(['left', 'right']);
  const other = random.pick<HeadPose>(
    ['left', 'right', 'up', 'down'].filter((pose) => pose !== aside) as HeadPose[],
  );
  const [one, two] = random.shuffle([aside, other]);
  const poses = [one ?? aside, 'front', two ?? other, 'front'] as const;
  const steps = poses.map((pose, index) => ({ pose, promptedAtMs: 400 + 1400 * index, withinMs: 1400 }));
  return { method: 'motion', steps };
}

/** When the page took frames: every 105 ms of a flash, every 215 ms of a motion, with a camera's jitter. */
export function frameTimes(challenge: LabChallenge, random: Random): number[] {
  const isFlash = challenge.method === 'flash';
  const [step, end] = isFlash
    ? [105, 350 * challenge.steps.length]
    : [215, 400 + 1400 * challenge.steps.length];
  const times: number[] = [];
  for (let time = 30; time < end; time += step) times.push(Math.round(time + random.between(-15, 15)));
  return times;
}

/** The screen's light on a face, by channel, at a time: what is shown arrives `delayMs` later. */
export type Light = (timeMs: number) => readonly [number, number, number];

export const NO_LIGHT: Light = () => [0, 0, 0];

/** @param strength of a white screen over the room's light on the face */
export function screenLight(steps: readonly FlashStep[], delayMs: number, strength: number): Light {
  return (timeMs) => {
    const step = steps.findLast(({ startsAtMs }) => startsAtMs + delayMs <= timeMs);
    const after = steps.at(-1);
    const over = after !== undefined && timeMs > after.startsAtMs + after.durationMs + delayMs;
    if (step === undefined || over) return [0.35 * strength, 0.35 * strength, 0.35 * strength];
    const share = (shift: number) => strength * linear((step.colour >> shift) & 255);
    return [share(16), share(8), share(0)];
  };
}

/** Where a head is at a time. */
export type Motion = (timeMs: number) => Attitude;

/** A head that keeps still as people do: some pixels and degrees of sway. */
export function swaying(random: Random): Motion {
  const [dx, dy, yaw, pitch, roll] = [3, 2, 1.2, 1, 0.8].map((size) => {
    const path = wander(random);
    return (timeMs: number) => size * path(timeMs / 1000);
  }) as [Path, Path, Path, Path, Path];
  return (timeMs) => ({
    dx: dx(timeMs),
    dy: dy(timeMs),
    yaw: yaw(timeMs),
    pitch: pitch(timeMs),
    roll: roll(timeMs),
    scale: 1,
  });
}

type Path = (timeMs: number) => number;

/** Takes the poses as a person does: reacts after a while, turns in a smooth sweep, stays. */
export function following(steps: readonly MotionStep[], random: Random): Motion {
  const sway = swaying(random);
  const keys = steps.map(({ pose, promptedAtMs }) => ({
    from: promptedAtMs + random.between(280, 620),
    takes: random.between(250, 500),
    goal: goalOf(pose, random),
  }));
  return (timeMs) => {
    let [yaw, pitch] = [0, 0];
    for (const { from, takes, goal } of keys) {
      const share = Math.max(0, Math.min(1, (timeMs - from) / takes));
      const eased = share * share * (3 - 2 * share);
      yaw += (goal.yaw - yaw) * eased;
      pitch += (goal.pitch - pitch) * eased;
    }
    const still = sway(timeMs);
    return { ...still, yaw: still.yaw + yaw, pitch: still.pitch + pitch };
  };
}

/** The person's left is image right: yaw below 0. */
function goalOf(pose: HeadPose, random: Random): { yaw: number; pitch: number } {
  const [yaw, pitch] = [random.between(25, 31), random.between(18, 24)];
  switch (pose) {
    case 'front':
      return { yaw: 0, pitch: 0 };
    case 'left':
      return { yaw: -yaw, pitch: 0 };
    case 'right':
      return { yaw, pitch: 0 };
    case 'up':
      return { yaw: 0, pitch: -pitch };
    case 'down':
      return { yaw: 0, pitch };
  }
}

/** A camera that films, and a head before it. Only faces that look ahead: their other side has to be made up. */
export function castHead(kit: Kit, random: Random): { head: Head; camera: Camera; portrait: Portrait } {
  const ahead = kit.portraits.filter(({ yaw }) => Math.abs(yaw) < 8);
  const people = [...new Set(ahead.map(({ person }) => person))];
  const person = random.pick(people);
  const portrait = random.pick(ahead.filter((one) => one.person === person));
  const camera = drawCamera(random, SEQUENCE_FRAME);
  return { head: headOf(portrait, frameSelfie(portrait, camera, random), camera), camera, portrait };
}

/** The moments of a head as linear rasters, before the camera's noise. */
export function played(head: Head, motion: Motion, light: Light, timeMs: number): Raster {
  const places = posed(head, motion(timeMs));
  const frame = turned(head, places);
  const shine = light(timeMs);
  return shine.every((value) => value === 0) ? frame : lit(frame, facingScreen(head, places), shine);
}

/** Films moments as the page's frames. */
export async function film(
  times: readonly number[],
  moment: (timeMs: number) => Raster,
  camera: Camera,
  random: Random,
): Promise<TimedFrame[]> {
  const frames: TimedFrame[] = [];
  for (const takenAtMs of times) {
    frames.push({ takenAtMs, image: await pageJpeg(develop(moment(takenAtMs), camera, random), camera) });
  }
  return frames;
}
