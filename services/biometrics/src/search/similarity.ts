import { type Calibration, calibrate } from '../domain/calibration.ts';
import { PROTECTED_SCALE } from '../protection/transform.ts';

/**
 * The scale of searches. A search compares with thousands where a sign-in compares with one, so the same cosine says
 * less, and the contract's bands (possible from 62, high from 68) are written for that: by the 29.6 million impostor
 * pairs of LFW, 50 lets one comparison in ten thousand pass, 62 one in a hundred thousand; 68 is where five of six
 * genuine pairs lie above, one deviation below their mean.
 */
export const SEARCH_SIMILARITY: Calibration = [
  [0, 0],
  [0.24, 15], // FAR 1e-2
  [0.34, 35], // FAR 1e-3
  [0.426, 50], // FAR 1e-4
  [0.503, 62], // FAR 1e-5
  [0.564, 68], // genuine mean - 1 deviation
  [0.683, 82], // genuine mean
  [1, 100],
];

/** Matches below this score are nobody's business: every band begins above. */
export const SEARCH_SCORE_MIN = 50;

/** The lowest dot product of protected templates that reads SEARCH_SCORE_MIN. */
export const SEARCH_DOT_MIN = lowestDot();

/** Score 0..100 of a dot product of two protected templates. */
export function searchScore(dot: number): number {
  return calibrate(SEARCH_SIMILARITY, dot * PROTECTED_SCALE);
}

function lowestDot(): number {
  const raw = SEARCH_SIMILARITY.find(([, score]) => score >= SEARCH_SCORE_MIN)?.[0] ?? 1;
  // The scores are rounded to two decimals, so the first product that reads the score lies a little below.
  let dot = Math.ceil(raw / PROTECTED_SCALE);
  while (searchScore(dot - 1) >= SEARCH_SCORE_MIN) dot -= 1;
  return dot;
}
