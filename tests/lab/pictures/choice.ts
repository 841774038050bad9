import type { Setting } from './encoder.ts';
import type { Found } from './measure.ts';

/** What one setting did to all pictures, against the same pictures without loss. */
export interface Row {
  readonly setting: Setting;
  /** Median over the live pictures. */
  readonly kilobytes: number;
  /** Share 0..1 of live pictures that are not approved or are asked to be taken again. */
  readonly refused: Rate;
  /** Share of attacks that are approved. */
  readonly approved: Rate;
  /** Raised media signals of a live picture. */
  readonly signals: Rate;
  /** Changes of scores 0..100. */
  readonly match: Change;
  readonly liveness: Change;
  readonly attackLiveness: Change;
  readonly quality: Change;
}

/** How much there is of something bad, and how much more than without loss. */
export interface Rate {
  readonly mean: number;
  readonly more: Change;
}

/** Mean of paired differences and its standard error. */
export interface Change {
  readonly mean: number;
  readonly error: number;
}

/** Points of 100 of a match that may be lost at worst: thresholds of the product lie tens of points apart. */
const MATCH_MARGIN = 0.75;
/** Signals a picture that may come on top: below it no kind of picture raises one anew. */
const SIGNALS_MARGIN = 0.02;

/** @param before the same pictures without loss, in the same order */
export function rowOf(
  setting: Setting,
  sorts: readonly ('live' | 'attack')[],
  found: readonly Found[],
  before: readonly Found[],
): Row {
  const pairs = found.flatMap((now, at) => {
    const [then, sort] = [before[at], sorts[at]];
    return then === undefined || sort === undefined ? [] : [{ now, then, sort }];
  });
  const [live, attacks] = [
    pairs.filter(({ sort }) => sort === 'live'),
    pairs.filter(({ sort }) => sort === 'attack'),
  ];
  const change = (chosen: typeof pairs, value: (one: Found) => number | undefined) =>
    changeOf(
      chosen.flatMap(({ now, then }) => {
        const [after, first] = [value(now), value(then)];
        return after === undefined || first === undefined ? [] : after - first;
      }),
    );
  const rate = (chosen: typeof pairs, value: (one: Found) => number): Rate => ({
    mean: changeOf(chosen.map(({ now }) => value(now))).mean,
    more: change(chosen, value),
  });
  return {
    setting,
    kilobytes: medianOf(live.map(({ now }) => now.bytes)) / 1000,
    refused: rate(live, (one) => Number(!isApproved(one))),
    approved: rate(attacks, (one) => Number(isApproved(one))),
    signals: rate(live, ({ signals }) => signals.length),
    match: change(live, ({ match }) => match),
    liveness: change(live, ({ liveness }) => liveness),
    attackLiveness: change(attacks, ({ liveness }) => liveness),
    quality: change(live, ({ quality }) => quality),
  };
}

/**
 * Whether a setting costs nothing measurable: nothing got worse by more than twice its error, and what can be measured
 * finely, match and signals, by no more than its margin even so.
 */
export function costsNothing({ match, liveness, attackLiveness, refused, approved, signals }: Row): boolean {
  const rises = ({ mean, error }: Change) => mean - 2 * error > 0;
  const falls = ({ mean, error }: Change) => mean + 2 * error < 0;
  const isMatched = match.mean - 2 * match.error >= -MATCH_MARGIN;
  const isQuiet = signals.more.mean <= SIGNALS_MARGIN;
  const isWorse = falls(liveness) || [attackLiveness, refused.more, approved.more, signals.more].some(rises);
  return isMatched && isQuiet && !isWorse;
}

/** The smallest setting that costs nothing and whose better qualities cost nothing either: no lucky cell is chosen. */
export function choose(rows: readonly Row[]): Row | undefined {
  const isSafe = ({ setting }: Row) =>
    rows
      .filter((one) => one.setting.longSide === setting.longSide && one.setting.quality >= setting.quality)
      .every(costsNothing);
  return rows.filter(isSafe).toSorted((one, other) => one.kilobytes - other.kilobytes)[0];
}

function isApproved({ status, problem }: Found): boolean {
  return status === 'Approved' && problem === null;
}

function changeOf(differences: readonly number[]): Change {
  const count = differences.length;
  if (count === 0) return { mean: 0, error: 0 };
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const spread = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1);
  return { mean, error: Math.sqrt(spread / count) };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}
