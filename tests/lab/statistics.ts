/**
 * How rates are counted and how sure they are, for every lab here. Scores rise with likeness; a comparison is accepted at
 * or above a threshold (ISO/IEC 19795-1: FMR is the share of impostor comparisons accepted, FNMR of genuine ones refused).
 */

/** Bounds of a proportion, 0..1. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The exact interval of a binomial proportion (Clopper and Pearson, Biometrika 26(4), 1934): the true rate lies outside in
 * at most 1 - confidence of all experiments, whatever it is. It takes trials as independent, which comparisons that share
 * a picture are not: the truth is somewhat wider.
 * @throws RangeError when there are more successes than trials, or none of a trial
 */
export function clopperPearson(successes: number, trials: number, confidence = 0.95): Interval {
  if (!(trials > 0 && successes >= 0 && successes <= trials)) {
    throw new RangeError(`${successes} successes of ${trials} trials`);
  }
  const tail = (1 - confidence) / 2;
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1),
    high: successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes),
  };
}

/** Error rates 0..1 of one threshold. */
export interface ErrorRates {
  readonly threshold: number;
  /** Share of the impostor scores at or above it. */
  readonly fmr: number;
  /** Share of the genuine scores below it. */
  readonly fnmr: number;
}

/** Scores as the functions here take them: any order, at least one. */
export type Scores = ArrayLike<number> & Iterable<number>;

/** The error rates at one threshold. */
export function ratesAt(genuine: Scores, impostor: Scores, threshold: number): ErrorRates {
  return {
    threshold,
    fmr: shareAtOrAbove(impostor, threshold),
    fnmr: 1 - shareAtOrAbove(genuine, threshold),
  };
}

/** The error rates at every score that occurs, from the lowest: all that a threshold can change. */
export function* errorCurve(genuine: Scores, impostor: Scores): Generator<ErrorRates> {
  const [mated, nonMated] = [sorted(genuine), sorted(impostor)];
  let [matedBelow, nonMatedBelow] = [0, 0];
  while (matedBelow < mated.length || nonMatedBelow < nonMated.length) {
    const threshold = Math.min(mated[matedBelow] ?? Infinity, nonMated[nonMatedBelow] ?? Infinity);
    yield {
      threshold,
      fmr: (nonMated.length - nonMatedBelow) / nonMated.length,
      fnmr: matedBelow / mated.length,
    };
    while (mated[matedBelow] === threshold) matedBelow += 1;
    while (nonMated[nonMatedBelow] === threshold) nonMatedBelow += 1;
  }
}

/** Where FMR and FNMR meet, or their mean at the threshold where they come closest. */
export function eer(
  genuine: Scores,
  impostor: Scores,
): { readonly rate: number; readonly threshold: number } {
  let closest: ErrorRates = { threshold: -Infinity, fmr: 1, fnmr: 0 };
  for (const rates of errorCurve(genuine, impostor)) {
    if (Math.abs(rates.fmr - rates.fnmr) < Math.abs(closest.fmr - closest.fnmr)) closest = rates;
    if (rates.fnmr >= rates.fmr) break;
  }
  return { rate: (closest.fmr + closest.fnmr) / 2, threshold: closest.threshold };
}

/** The lowest threshold at which no greater share of the impostor scores is accepted. */
export function thresholdAtFar(impostor: Scores, far: number): number {
  const ordered = sorted(impostor);
  const accepted = Math.floor(far * ordered.length + 1e-9);
  const refused = ordered[ordered.length - 1 - accepted];
  return refused === undefined ? -Infinity : nextUp(refused);
}

/** Share of the genuine scores accepted where at most `far` of the impostor ones are, 0..1. */
export interface AcceptedAtFar extends Interval {
  readonly tar: number;
  readonly threshold: number;
  readonly accepted: number;
  readonly trials: number;
}

/**
 * True accepts at a false accept rate, with the interval of the accepts. With fewer than 1/far impostor scores the
 * threshold is above all of them, and the rate behind it unknown.
 */
export function tarAtFar(genuine: Scores, impostor: Scores, far: number, confidence = 0.95): AcceptedAtFar {
  const threshold = thresholdAtFar(impostor, far);
  const trials = genuine.length;
  const accepted = Math.round(shareAtOrAbove(genuine, threshold) * trials);
  return {
    tar: accepted / trials,
    threshold,
    accepted,
    trials,
    ...clopperPearson(accepted, trials, confidence),
  };
}

/** Mean and standard deviation (of the sample). */
export function spread(values: Scores): { readonly mean: number; readonly deviation: number } {
  let [count, mean, squares] = [0, 0, 0];
  for (const value of values) {
    count += 1;
    const difference = value - mean;
    mean += difference / count;
    squares += difference * (value - mean);
  }
  return { mean, deviation: Math.sqrt(squares / Math.max(1, count - 1)) };
}

function shareAtOrAbove(scores: Scores, threshold: number): number {
  let count = 0;
  for (const score of scores) count += score >= threshold ? 1 : 0;
  return count / scores.length;
}

function sorted(scores: Scores): Float64Array {
  if (scores.length === 0) throw new RangeError('there are no scores');
  return Float64Array.from(scores).sort();
}

/** The least double above a finite one. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return new Float64Array(bits.buffer)[0] ?? Number.NaN;
}

/** The x whose regularised incomplete beta function is p, by halving the interval. */
function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (betaShare(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Regularised incomplete beta function by its continued fraction (DLMF 8.17.22), evaluated by Lentz's method. */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a),
  );
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m <= 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, tiny);
    c = nonZero(1 + even / c, tiny);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, tiny);
    c = nonZero(1 + odd / c, tiny);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return front * fraction;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Logarithm of the gamma function for x > 0: Stirling's series (DLMF 5.11.1) after lifting x beyond 15. */
function logGamma(x: number): number {
  let [lifted, shift] = [x, 0];
  while (lifted < 15) {
    shift -= Math.log(lifted);
    lifted += 1;
  }
  const inverse = 1 / lifted;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return shift + (lifted - 0.5) * Math.log(lifted) - lifted + Math.log(2 * Math.PI) / 2 + series;
}
