/**
 * How the models' own units become the scores 0..100 of the /v3 contract. Every map is monotone and none depends on the
 * workflow: thresholds are workflow data, these are the scale they are written on.
 */

/** A piecewise linear map: rising pairs of a raw value and its score. Outside the ends the score stays. */
export type Calibration = readonly (readonly [raw: number, score: number])[];

/**
 * Cosine of two reid0095 embeddings. Twenty points are a factor of ten in false accepts, as measured over all 29.6
 * million impostor pairs of LFW, so that the contract's default thresholds mean something: declining at 30 (standalone
 * calls) lets one impostor in a thousand pass, 50 one in ten thousand, 70 (below it a person reviews) one in a hundred
 * thousand. The genuine pairs of LFW lie at 0.683 ± 0.119; one deviation below their mean, where the next factor of ten
 * would fall as well, reads 90: five of six genuine pairs are above it, their mean reads 92.7.
 */
export const SIMILARITY: Calibration = [
  [0, 0], // impostor mean 0.004
  [0.24, 10], // FAR 1e-2
  [0.34, 30], // FAR 1e-3
  [0.426, 50], // FAR 1e-4
  [0.503, 70], // FAR 1e-5
  [0.564, 90], // genuine mean - 1 deviation
  [1, 100],
];

/**
 * From here on two faces count as one person's where nobody looks again: one impostor in a hundred thousand reads as much.
 * A mild workflow must not be the way to replace somebody's face.
 */
export const SAME_PERSON_SIMILARITY = 70;

/**
 * Output of LightQNet. Below 0.40 a face is unusable, good photos lie at 0.57 to 0.62; 0.55 is asked of a picture that
 * becomes a template. The narrow range of the good ones is spread out.
 */
export const QUALITY: Calibration = [
  [0, 0],
  [0.4, 40],
  [0.55, 70],
  [0.62, 100],
];

/**
 * Log odds of the liveness ensemble. Set by the people it turns away, so that the contract's thresholds mean something:
 * of the 284 bona fide presentations of tests/lab/liveness/fit.ts one in a hundred reads below 30, one in fifty below 50,
 * one in twenty below 70, half of them below 90.
 */
export const LIVENESS: Calibration = [
  [-3, 0], // as sure as on real recaptures
  [-0.15, 30], // BPCER 1 %
  [0.23, 50], // BPCER 2 %
  [0.66, 70], // BPCER 5 %
  [2.71, 90], // the middle of the bona fides
  [4, 100],
];

const SHARE: Calibration = [
  [0, 0],
  [1, 100],
];

/**
 * Score 0..100 of a raw value, to two decimals: the precision in which scores are stored and compared.
 * @throws RangeError on NaN: no score is better than a wrong one
 */
export function calibrate(calibration: Calibration, raw: number): number {
  if (Number.isNaN(raw)) throw new RangeError('a measurement that is no number');
  let [lowRaw, lowScore] = [Number.NEGATIVE_INFINITY, calibration[0]?.[1] ?? 0];
  for (const [highRaw, highScore] of calibration) {
    if (raw <= highRaw) {
      const share = lowRaw === Number.NEGATIVE_INFINITY ? 1 : (raw - lowRaw) / (highRaw - lowRaw);
      return twoDecimals(lowScore + share * (highScore - lowScore));
    }
    [lowRaw, lowScore] = [highRaw, highScore];
  }
  return lowScore;
}

/** Score 0..100 of a cosine -1..1. */
export function similarityScore(cosine: number): number {
  return calibrate(SIMILARITY, cosine);
}

/** Score 0..100 of the quality model's output. */
export function qualityScore(quality: number): number {
  return calibrate(QUALITY, quality);
}

/** Score 0..100 of a share 0..1: a live probability, a mean luma. */
export function percent(share: number): number {
  return calibrate(SHARE, share);
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}
