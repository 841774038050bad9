import type { ChallengeView } from '../../../src/wire.ts';
import { pause } from '../client.ts';
import { framesMax, type Shot, startBurst } from './shots.ts';

/** What a FLASHING look is asked to show. */
export type FlashPlan = ChallengeView['asked'] & { method: 'FLASHING' };
type FlashStep = FlashPlan['steps'][number];

/** What was shown and seen. Milliseconds since the neutral moment that the burst begins with. */
export interface Flashed {
  readonly shownAtMs: readonly number[];
  readonly shots: readonly Shot[];
}

/** Before the first colour the screen is dark, and the camera settles on it. The clock starts shortly before the colour. */
const settlingMs = 400;
const neutralMs = 100;
/** Frames are on their way for this long after the last colour. */
const afterMs = 120;
const everyMsMin = 75;
/** WCAG 2.3.1: no more flashes than this in any second, of whatever size. */
const flashesMax = 3;
/** WCAG: luminances that differ by this much of full white, the darker below the bound, make a flash together. */
const flashDifference = 0.1;
const flashDarkBelow = 0.8;

/** Whether a plan may be shown: hexadecimal colours of sane length that flash no more than three times in any second. */
export function isShowable(steps: readonly FlashStep[]): boolean {
  const isSane = steps.every(
    ({ colour, duration_ms }) =>
      /^#[0-9a-f]{6}$/i.test(colour) && duration_ms >= shortestMs && duration_ms <= longestMs,
  );
  return steps.length > 0 && isSane && durationOf(steps) <= allMs && flashesPerSecond(steps) <= flashesMax;
}

const shortestMs = 100;
const longestMs = 2_000;
const allMs = 20_000;

/** Milliseconds that all colours take together. */
export function durationOf(steps: readonly FlashStep[]): number {
  return steps.reduce((sum, { duration_ms }) => sum + duration_ms, 0);
}

/**
 * The most flashes in any second, dark before and after: a flash is a pair of opposing changes of luminance, and every
 * change to or from a saturated red counts as well (WCAG 2.3.1, general and red flash).
 */
export function flashesPerSecond(steps: readonly FlashStep[]): number {
  const shown = ['#000000', ...steps.map(({ colour }) => colour), '#000000'];
  let atMs = 0;
  const changes = shown.slice(1).map((colour, at) => {
    const before = shown[at] ?? colour;
    const change = { atMs, direction: directionOf(before, colour) };
    atMs += steps[at]?.duration_ms ?? 0;
    return change;
  });
  const most = changes.map(({ atMs: from }) => {
    const within = changes.filter((change) => change.atMs >= from && change.atMs < from + 1_000);
    return opposingPairs(within.map(({ direction }) => direction));
  });
  return Math.max(0, ...most);
}

/** 1 brighter, -1 darker, 0 no flash; to and from red is one whatever its luminance. */
function directionOf(before: string, after: string): -1 | 0 | 1 {
  const [one, two] = [luminanceOf(before), luminanceOf(after)];
  if (Math.abs(two - one) >= flashDifference && Math.min(one, two) < flashDarkBelow)
    return two > one ? 1 : -1;
  if (isSaturatedRed(before) === isSaturatedRed(after)) return 0;
  return isSaturatedRed(after) ? 1 : -1;
}

/** Pairs of changes that oppose each other, one after the other. */
function opposingPairs(directions: readonly number[]): number {
  let turns = 0;
  let last = 0;
  for (const direction of directions) {
    if (direction !== 0 && direction !== last) turns += 1;
    if (direction !== 0) last = direction;
  }
  return Math.floor(turns / 2);
}

function channelsOf(colour: string): [red: number, green: number, blue: number] {
  const linear = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [linear(1), linear(3), linear(5)];
}

function luminanceOf(colour: string): number {
  const [red, green, blue] = channelsOf(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function isSaturatedRed(colour: string): boolean {
  const [red, green, blue] = channelsOf(colour);
  return red / Math.max(1e-6, red + green + blue) >= 0.8;
}

/** Time between frames, so that those of all colours fit into a bundle. */
export function frameEveryMs(steps: readonly FlashStep[]): number {
  const all = neutralMs + durationOf(steps) + afterMs;
  return Math.max(everyMsMin, all / (framesMax - 2));
}

/**
 * Shows the colours one after the other, in step with the screen, and takes frames meanwhile.
 * @param show the colour on the whole screen; null: dark
 * @returns null when it was stopped, or when the page was hidden on the way
 */
export async function flash(
  video: HTMLVideoElement,
  steps: readonly FlashStep[],
  show: (colour: string | null) => void,
  signal: AbortSignal,
): Promise<Flashed | null> {
  show(null);
  await pause(settlingMs, signal);
  const start = performance.now();
  const clock = () => performance.now() - start;
  const burst = startBurst(video, { everyMs: frameEveryMs(steps), clock, shotsMax: framesMax });
  const deadlineMs = neutralMs + 2 * durationOf(steps) + 2_000;
  const isOver = () => signal.aborted || document.hidden || clock() > deadlineMs;
  try {
    const shownAtMs: number[] = [];
    let dueMs = neutralMs;
    for (const { colour, duration_ms } of steps) {
      if (!(await reached(dueMs, clock, isOver))) return null;
      show(colour);
      shownAtMs.push(Math.round(clock()));
      dueMs = clock() + duration_ms;
    }
    if (!(await reached(dueMs, clock, isOver))) return null;
    show(null);
    await pause(afterMs, signal);
    return isOver() ? null : { shownAtMs, shots: burst.shots };
  } finally {
    show(null);
    burst.stop();
  }
}

/** Resolves true at the first picture of the screen after a moment; false once it is over before that. */
function reached(dueMs: number, clock: () => number, isOver: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    // A hidden page draws nothing, so a timer looks after the end.
    const watch = setInterval(() => isOver() && end(false), 100);
    const end = (isReached: boolean) => {
      clearInterval(watch);
      resolve(isReached);
    };
    const step = () => {
      if (isOver()) end(false);
      else if (clock() >= dueMs) end(true);
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}
