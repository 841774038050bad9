import type { FlashStep } from './challenge.ts';
import type { LinearColour, RegionColours } from './regions.ts';
import { FACE_REGIONS } from './regions.ts';
import { dot, medianOf, orthonormal, solve, without } from './regression.ts';

/** The three channels, in the order in which all series here keep them. */
export type Channels<T> = readonly [red: T, green: T, blue: T];

/** Change of a face against its own middle, frame after frame. */
export interface Change {
  readonly series: Channels<readonly number[]>;
  /** 1 when each channel was set against the mean of the three, which takes a third of every channel along; else 0. */
  readonly coupling: 0 | 1;
}

/** What the screen's light did to a face, free of exposure and drift. */
export interface Reflections {
  /** Against the background where there is one; else the same as `hue`. */
  readonly face: Change;
  /** Each channel against the mean of the three: knows nothing of exposure, nor of the background. */
  readonly hue: Change;
  /** Change of each region against the whole face, in the order of FACE_REGIONS. */
  readonly regions: readonly Channels<readonly number[]>[];
  /** The drift that was taken out: whoever compares with these series takes it out as well. */
  readonly drift: readonly (readonly number[])[];
}

/** Light 0..1 of an 8-bit sRGB channel. */
const lightOf = (value: number) =>
  value <= 10.31 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;

/** Light 0..1 that a screen gives off when it shows 0xRRGGBB. */
export function screenLight(colour: number): Channels<number> {
  return [lightOf((colour >> 16) & 255), lightOf((colour >> 8) & 255), lightOf(colour & 255)];
}

/** A background darker or brighter than this, in linear light, is noise or clipped: it cannot tell the exposure. */
const BACKGROUND_LIGHT = { min: 0.004, max: 0.9 } as const;

const channelsOf = ({ red, green, blue }: LinearColour): Channels<number> => [red, green, blue];

/**
 * Divides the face by the background, which exposure and white balance change alike and the screen hardly lights; where
 * there is no background, sets each channel against the mean of the three, which loses brightness and keeps colour. A
 * slow quadratic drift is taken out of everything.
 * @param times milliseconds, rising, one for each of `colours`
 */
export function reflectionsOf(times: readonly number[], colours: readonly RegionColours[]): Reflections {
  const drift = driftColumns(times);
  const hasBackground = colours.every(
    ({ background }) => background !== undefined && channelsOf(background).every(isMeasurable),
  );
  const regions = FACE_REGIONS.map((region) =>
    perChannel((channel) => {
      const series = colours.map(({ face }) => Math.max(1e-4, channelsOf(face[region])[channel]));
      const middle = medianOf(series);
      return series.map((value) => value / middle);
    }),
  );
  const whole = perChannel((channel) =>
    colours.map((_, at) => medianOf(regions.map((r) => r[channel][at] ?? 0))),
  );
  const hue = perChannel((channel) =>
    colours.map((_, at) => {
      const all = whole.map((series) => Math.log(series[at] ?? 1));
      return Math.exp((all[channel] ?? 0) - ((all[0] ?? 0) + (all[1] ?? 0) + (all[2] ?? 0)) / 3);
    }),
  );
  const lit = perChannel((channel) =>
    colours.map(({ background }, at) => {
      const behind = background === undefined ? 1 : channelsOf(background)[channel];
      return (whole[channel][at] ?? 0) / behind;
    }),
  );
  const steady = (series: readonly number[]) => without(drift, changeOf(series));
  const byHue: Change = { series: perChannel((channel) => steady(hue[channel])), coupling: 1 };
  return {
    face: hasBackground ? { series: perChannel((channel) => steady(lit[channel])), coupling: 0 } : byHue,
    hue: byHue,
    regions: regions.map((region) =>
      perChannel((channel) => steady(region[channel].map((value, at) => value / (whole[channel][at] ?? 1)))),
    ),
    drift,
  };
}

/** How well a sequence of colours explains what was seen. */
export interface Response {
  /** 0..1: root of the share of the change that the colours explain. */
  readonly correlation: number;
  /** Change of the face by channel when the screen goes from black to full. */
  readonly gains: Channels<number>;
}

/** Explains the same reflections by any order of the same steps, at one delay. */
export type Explain = (lights: readonly Channels<number>[]) => Response;

/** A frame gathers light for this long; most phones take 15 to 33 ms in a room. */
const EXPOSURE_MS = 30;

/**
 * Prepares the explanation at one delay between the screen's change and the frames: afterwards every order of the
 * colours costs a handful of multiplications.
 */
export function explainAt(
  delayMs: number,
  times: readonly number[],
  steps: readonly FlashStep[],
  { series, coupling }: Change,
  drift: Reflections['drift'],
): Explain {
  const shown = steps.map((step) => without(drift, shownIn(step, times, delayMs)));
  const among = shown.map((one) => shown.map((other) => dot(one, other)));
  const seen = series.map((own) => shown.map((one) => dot(one, own)));
  const total = series.reduce((sum, own) => sum + dot(own, own), 0);

  return (lights) => {
    const light = perChannel((channel) => lights.map((colour) => colour[channel]));
    const along = light.map((values, channel) => dot(values, seen[channel] ?? []));
    const matrix = light.map((one, row) =>
      light.map((other, column) => {
        const share = (row === column ? 1 : 0) - coupling / 3;
        const ridge = row === column ? 1e-6 : 0;
        return share === 0 ? ridge : share * quadratic(one, among, other) + ridge;
      }),
    );
    const gains = solve(matrix, along) ?? [0, 0, 0];
    // Light adds: a channel that falls where its light rises is not explained by it.
    const explained = gains.reduce(
      (sum, gain, channel) => sum + Math.max(0, gain * (along[channel] ?? 0)),
      0,
    );
    return {
      correlation: total > 0 ? Math.sqrt(Math.min(1, explained / total)) : 0,
      gains: perChannel((channel) => gains[channel] ?? 0),
    };
  };
}

function quadratic(
  one: readonly number[],
  matrix: readonly (readonly number[])[],
  other: readonly number[],
): number {
  return one.reduce((sum, value, at) => (value === 0 ? sum : sum + value * dot(matrix[at] ?? [], other)), 0);
}

/**
 * How much of what the steps' timing explains is explained by their colours: 1 when every step brought the colour that
 * was asked for and all else is noise, less when steps brought other colours. Both sides are freed of what chance adds.
 * @param correlation of the colours, at the same delay
 */
export function colourShare(
  delayMs: number,
  times: readonly number[],
  steps: readonly FlashStep[],
  { series }: Change,
  drift: Reflections['drift'],
  correlation: number,
): number {
  const basis = orthonormal(steps.map((step) => without(drift, shownIn(step, times, delayMs))));
  const total = series.reduce((sum, own) => sum + dot(own, own), 0);
  const byTiming = series.reduce(
    (sum, own) => sum + basis.reduce((part, column) => part + dot(column, own) ** 2, 0),
    0,
  );
  const values = series.length * (times.length - drift.length);
  const share = adjusted(correlation ** 2, series.length, values);
  return share / Math.max(1e-9, adjusted(byTiming / (total || 1), series.length * basis.length, values));
}

/** Explained share without what `used` free numbers explain of noise (adjusted R squared). */
function adjusted(share: number, used: number, values: number): number {
  return 1 - ((1 - share) * values) / Math.max(1, values - used);
}

/** Light of the sequence at each frame, by channel, free of drift. */
export function lightAt(
  delayMs: number,
  times: readonly number[],
  steps: readonly FlashStep[],
  drift: Reflections['drift'],
): Channels<readonly number[]> {
  const shown = steps.map((step) => shownIn(step, times, delayMs));
  return perChannel((channel) =>
    without(
      drift,
      times.map((_, at) =>
        steps.reduce((sum, { colour }, k) => sum + screenLight(colour)[channel] * (shown[k]?.[at] ?? 0), 0),
      ),
    ),
  );
}

/** Share 0..1 of each frame's exposure that fell into a step. */
function shownIn(step: FlashStep, times: readonly number[], delayMs: number): number[] {
  const end = step.startsAtMs + step.durationMs;
  return times.map((time) => {
    const until = Math.min(end, time - delayMs);
    const from = Math.max(step.startsAtMs, time - delayMs - EXPOSURE_MS);
    return Math.max(0, until - from) / EXPOSURE_MS;
  });
}

function driftColumns(times: readonly number[]): number[][] {
  const [first = 0, last = 1] = [times[0], times.at(-1)];
  const along = times.map((time) => (2 * (time - first)) / (last - first || 1) - 1);
  return orthonormal([times.map(() => 1), along, along.map((at) => at * at)]);
}

function changeOf(series: readonly number[]): number[] {
  const middle = medianOf(series) || 1;
  return series.map((value) => value / middle - 1);
}

function isMeasurable(light: number): boolean {
  return light >= BACKGROUND_LIGHT.min && light <= BACKGROUND_LIGHT.max;
}

function perChannel<T>(value: (channel: 0 | 1 | 2) => T): Channels<T> {
  return [value(0), value(1), value(2)];
}
