import type { ChallengeFailure, Finding, FlashChallenge, FlashStep } from './challenge.ts';
import type { TimedFrame } from './frames.ts';
import { freshFrames, judgeFrames } from './frames.ts';
import type { Channels, Reflections, Response } from './reflection.ts';
import { colourShare, explainAt, lightAt, reflectionsOf, screenLight } from './reflection.ts';
import type { RegionColours } from './regions.ts';
import { type Relief, reliefOf } from './relief.ts';

/** One frame of a flash challenge, as the pipeline tracked it. */
export interface FlashFrame extends TimedFrame {
  /** undefined when no face was found. */
  readonly regions: RegionColours | undefined;
}

/** From a colour's start to frames that show it: display, exposure, delivery. A frame to a quarter of a second is expected. */
const DELAY_MS = { min: 0, max: 300, step: 20 } as const;
/** Beyond it in either direction delays are looked for only to say that the timing was wrong. */
const DELAY_SEARCH_MS = { min: -600, max: 1200, step: 40 } as const;

/** Drift takes three numbers of each channel and the colours one; fewer frames leave too little to judge by. */
const FRAMES_MIN = 10;
/** Correlation below which noise hides most of what is there. */
const CORRELATION_MIN = 0.6;
/** Of simulated heads the colours explained 0.95 and more of what their timing explains, of replays 0.9 in 1 of 80. */
const COLOUR_SHARE_MIN = 0.88;
/** What another order or delay has to reach before the timing is blamed: noise alone finds some with 0.7. */
const CORRELATION_SURE = 0.85;
/**
 * Share of other orders of the same colours that may explain the reflections as well as the true one: one or two of 200
 * differ from it by neighbours only.
 */
const BETTER_ORDERS_MAX = 0.01;
/** With this share the colours may be there and too faint: nothing is proven either way. */
const BETTER_ORDERS_FAINT_MAX = 0.05;
const CORRELATION_FAINT = 0.4;
const ORDERS_TRIED = 200;
const ORDER_DELAY_STEP_MS = 60;
/** A change of the face by less than this share of its light, from black to full, is too weak to be judged. */
const GAIN_MIN = 0.02;
/** Share of clipped pixels of the face from which on there is too much light. */
const CLIPPED_MAX = 0.15;
/** Regions that must follow the colours by themselves; hair over both sides and the forehead leaves four. */
const REGIONS_MIN = 4;
/** Spread of the regions' response below which a face is flat. Rendered heads have 0.18 to 0.54, rendered prints 0.10 at most. */
const VARIATION_MIN = 0.15;
/** Three numbers are left over of seven: noise alone reaches 2.5 times its deviation once in three thousand times. */
const VARIATION_NOISES_MIN = 2.5;

/** Everything that was measured; the judgement follows from it. */
export interface FlashMeasurement {
  /** The best explanation at a live delay, and at any. */
  readonly live: Response & { readonly delayMs: number };
  readonly any: Response & { readonly delayMs: number };
  /** Of what the steps' timing explains, the share 0..1 that their colours explain. */
  readonly colourShare: number;
  /** Of the orders tried: share that explain as well as the true one, and the best of them. */
  readonly betterOrders: number;
  readonly bestOrder: number;
  readonly relief: Relief;
  /** Change of the face as a share of its light, from black to full, in the channel that changes most. */
  readonly gain: number;
  /** Median share 0..1 of clipped pixels of the face. */
  readonly clipped: number;
}

/**
 * Judges whether a face reflected the colours that the screen showed: which, when, and where on the face.
 * @param frames in the order in which they were taken, `takenAtMs` on the clock of the steps
 */
export function judgeFlash(frames: readonly FlashFrame[], challenge: FlashChallenge): Finding {
  const sanity = judgeFrames(frames);
  const measured = measureFlash(frames, challenge);
  if (measured === undefined) {
    return { failures: [...sanity.failures, 'too_few_frames'], score: 0, signals: sanity.signals };
  }
  const failures = failuresOf(measured);
  const { live, any, relief } = measured;
  return {
    failures: [...sanity.failures, ...failures],
    score: scoreOf(live.correlation),
    signals: [
      ...sanity.signals,
      { name: 'face_flash_response_corr', value: live.correlation, raised: failures.includes('colours') },
      { name: 'face_flash_latency_ms', value: any.delayMs, raised: failures.includes('colour_timing') },
      {
        name: 'face_flash_normal_variation',
        value: relief.variation,
        raised: failures.includes('flat_reflection'),
      },
    ],
  };
}

function failuresOf({
  live,
  any,
  colourShare,
  betterOrders,
  bestOrder,
  relief,
  gain,
  clipped,
}: FlashMeasurement): ChallengeFailure[] {
  const follows =
    live.correlation >= CORRELATION_MIN &&
    colourShare >= COLOUR_SHARE_MIN &&
    betterOrders <= BETTER_ORDERS_MAX;
  if (follows && relief.following >= REGIONS_MIN && gain >= GAIN_MIN) {
    const { variation, noise } = relief;
    if (variation >= VARIATION_MIN && variation >= VARIATION_NOISES_MIN * noise) return [];
    return [variation < VARIATION_MIN && noise < VARIATION_MIN ? 'flat_reflection' : 'too_much_light'];
  }
  const elsewhere = Math.max(any.correlation, bestOrder);
  if (elsewhere >= CORRELATION_SURE && elsewhere > live.correlation) return ['colour_timing'];
  const faint = betterOrders <= BETTER_ORDERS_FAINT_MAX && live.correlation >= CORRELATION_FAINT;
  return [faint || clipped > CLIPPED_MAX ? 'too_much_light' : 'colours'];
}

/** @returns undefined when there are too few frames with a face */
export function measureFlash(
  frames: readonly FlashFrame[],
  { steps }: FlashChallenge,
): FlashMeasurement | undefined {
  const usable = freshFrames(frames).filter(({ takenAtMs }) => isLit(takenAtMs, steps));
  const colours = usable.flatMap(({ regions }) => regions ?? []);
  const times = usable.flatMap(({ takenAtMs, regions }) => (regions === undefined ? [] : takenAtMs));
  if (times.length < FRAMES_MIN || !steps.every((step) => isSeen(step, times))) return undefined;
  const reflections = reflectionsOf(times, colours);
  const shown = steps.map(({ colour }) => screenLight(colour));
  const live = bestDelay(DELAY_MS, times, steps, reflections, shown);
  const far = bestDelay(DELAY_SEARCH_MS, times, steps, reflections, shown);
  const any = far.correlation > live.correlation ? far : live;
  const hue = explainAt(live.delayMs, times, steps, reflections.hue, reflections.drift)(shown);
  const orders = otherOrders(times, steps, reflections, shown);
  const asGood = orders.filter((correlation) => correlation >= live.correlation);
  return {
    live,
    any,
    colourShare: colourShare(
      live.delayMs,
      times,
      steps,
      reflections.face,
      reflections.drift,
      live.correlation,
    ),
    betterOrders: asGood.length / Math.max(1, orders.length),
    bestOrder: Math.max(0, ...orders),
    relief: reliefOf(reflections, lightAt(live.delayMs, times, steps, reflections.drift), hue.gains),
    gain: Math.max(...hue.gains),
    clipped:
      [...colours].sort((one, other) => one.clipped - other.clipped)[colours.length >> 1]?.clipped ?? 0,
  };
}

/** Frames from before the first colour can have arrived, or after the last, show the screen as it was otherwise. */
function isLit(takenAtMs: number, steps: readonly FlashStep[]): boolean {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return false;
  return takenAtMs >= first.startsAtMs + DELAY_MS.max / 2 && takenAtMs <= last.startsAtMs + last.durationMs;
}

function isSeen({ startsAtMs, durationMs }: FlashStep, times: readonly number[]): boolean {
  return times.some((time) => time >= startsAtMs && time <= startsAtMs + durationMs + DELAY_MS.max);
}

function bestDelay(
  range: { readonly min: number; readonly max: number; readonly step: number },
  times: readonly number[],
  steps: readonly FlashStep[],
  reflections: Reflections,
  shown: readonly Channels<number>[],
): Response & { delayMs: number } {
  let best = { correlation: 0, gains: [0, 0, 0] as Channels<number>, delayMs: range.min as number };
  for (let delayMs = range.min; delayMs <= range.max; delayMs += range.step) {
    const response = explainAt(delayMs, times, steps, reflections.face, reflections.drift)(shown);
    if (response.correlation > best.correlation) best = { ...response, delayMs };
  }
  return best;
}

/** How well other orders of the same colours would explain what was seen, each at its best live delay. */
function otherOrders(
  times: readonly number[],
  steps: readonly FlashStep[],
  reflections: Reflections,
  shown: readonly Channels<number>[],
): number[] {
  const delays: number[] = [];
  for (let delay: number = DELAY_MS.min; delay <= DELAY_MS.max; delay += ORDER_DELAY_STEP_MS)
    delays.push(delay);
  const explanations = delays.map((delay) =>
    explainAt(delay, times, steps, reflections.face, reflections.drift),
  );
  return shuffles(shown).map((order) =>
    Math.max(...explanations.map((explain) => explain(order).correlation)),
  );
}

/** Up to ORDERS_TRIED other orders, the same every time: a judgement can be repeated. */
function shuffles(shown: readonly Channels<number>[]): Channels<number>[][] {
  const keyOf = (order: readonly Channels<number>[]) => order.map((light) => light.join()).join(';');
  const found = new Map<string, Channels<number>[]>();
  const random = sequence();
  for (let attempt = 0; attempt < 2 * ORDERS_TRIED && found.size < ORDERS_TRIED; attempt += 1) {
    const order = [...shown];
    for (let at = order.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1));
      const [one, two] = [order[at], order[other]];
      if (one !== undefined && two !== undefined) [order[at], order[other]] = [two, one];
    }
    found.set(keyOf(order), order);
  }
  found.delete(keyOf(shown));
  return [...found.values()];
}

/** Numbers 0..1 that look random and are not (mulberry32). */
function sequence(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The share that must be reached reads 50, what a clean recording reaches 100. */
function scoreOf(correlation: number): number {
  const share = (correlation - CORRELATION_MIN) / (CORRELATION_CLEAN - CORRELATION_MIN);
  return correlation < CORRELATION_MIN
    ? (50 * correlation) / CORRELATION_MIN
    : Math.min(100, 50 + 50 * share);
}

const CORRELATION_CLEAN = 0.97;
