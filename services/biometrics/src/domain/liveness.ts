import { calibrate, LIVENESS } from './calibration.ts';
import type { MediaSignal } from './gates.ts';

/** What the ensemble goes by; all of it grows with what speaks against a live face but `networks`. */
export interface LivenessCues {
  /** Mean log odds of both networks' live probabilities, -7.6..7.6. */
  readonly networks: number;
  /** Sides of the face with a long straight border, 0..4. */
  readonly borders: number;
  /** Doublings of the spectrum's sharpest peak above what skin, hair and cloth reach. */
  readonly moire: number;
  /** Grey levels by which the edge round the face is more complete than those of most people. */
  readonly contour: number;
}

/**
 * Weights of the cues' logistic regression, fitted by tests/lab/liveness/fit.ts on 157 simulated presentations of four
 * species (print, glossy print, phone, cut-out), the 11 real and composed ones of the sample faces, 100 simulated selfies,
 * 24 video frames and 36 portraits; every species and every bona fide source weighs the same. Signs are as they ought to be.
 */
export const LIVENESS_WEIGHTS = {
  bias: 0.532,
  networks: 0.489,
  borders: -1.033,
  moire: -0.567,
  contour: -2.406,
} as const;

/** A probability closer to 0 or 1 says no more: the networks are not so sure of anything. */
const PROBABILITY_MIN = 0.0005;
/** Peaks of skin, hair and cloth reach 15. */
const MOIRE_ORDINARY = 16;
/** Nineteen of twenty selfies stay below. */
const CONTOUR_ORDINARY = 22.5;

/** What the models and the picture tell of one face. Cues that could not be measured speak for nothing. */
export interface LivenessFacts {
  /** Probabilities of three classes; the middle one is a live face. */
  readonly liveBy: { readonly near: readonly number[]; readonly far: readonly number[] };
  readonly media?: readonly MediaSignal[];
}

/** The cues of a look. */
export function livenessCues({ liveBy, media = [] }: LivenessFacts): LivenessCues {
  const value = (wanted: string) => media.find(({ name }) => name === wanted)?.value ?? 0;
  return {
    networks: (logOdds(liveBy.near[1]) + logOdds(liveBy.far[1])) / 2,
    borders: value('face_screen_edge_detected'),
    moire: Math.max(0, Math.log2(value('face_moire_energy') / MOIRE_ORDINARY)),
    contour: Math.max(0, value('face_swap_boundary_score') - CONTOUR_ORDINARY),
  };
}

/** Score 0..100 that a live face was seen: the weighted sum of its cues on the scale of LIVENESS. */
export function livenessScore(facts: LivenessFacts): number {
  return calibrate(LIVENESS, weighCues(livenessCues(facts)));
}

/** Log odds of the ensemble. */
export function weighCues({ networks, borders, moire, contour }: LivenessCues): number {
  const w = LIVENESS_WEIGHTS;
  return w.bias + w.networks * networks + w.borders * borders + w.moire * moire + w.contour * contour;
}

/** @throws RangeError on what is no number, by calibrate: no score is better than a wrong one */
function logOdds(probability = Number.NaN): number {
  const kept = Math.min(1 - PROBABILITY_MIN, Math.max(PROBABILITY_MIN, probability));
  return Math.log(kept / (1 - kept));
}
