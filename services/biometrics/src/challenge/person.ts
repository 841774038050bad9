import { cosine } from '../pipeline/embedding.ts';
import type { Finding } from './challenge.ts';
import { medianOf } from './regression.ts';

/** What a whole look at one of the frames found. The embedding has length 1 and stays in memory. */
export interface Sample {
  readonly embedding: Float32Array;
  /** Probability 0..1 that the face was live. */
  readonly live: number;
}

/**
 * Cosine of the two frames of an attempt that are least alike. One impostor pair of LFW in a thousand reaches it, none
 * of 1685 pairs of sample photos does (0.29); one swapped frame has to reach it with every other. Frames of one video
 * measure above 0.9, a head before the camera and turned by 33 degrees 0.50.
 */
const IDENTITY_MIN = 0.34;
/** Median live probability of the sampled frames; a single blurred one may read low. */
const LIVE_MIN = 0.5;
const SAMPLES_MIN = 2;

/**
 * Judges whether the sampled frames show one live person all along, the one that is compared.
 * @param compared of the image that is compared with the reference; undefined when it shows no face
 */
export function judgePerson(samples: readonly Sample[], compared: Float32Array | undefined): Finding {
  if (samples.length < SAMPLES_MIN || compared === undefined) {
    return { failures: ['too_few_frames'], score: 0, signals: [] };
  }
  const lowest = lowestCosine([compared, ...samples.map(({ embedding }) => embedding)]);
  const live = medianOf(samples.map((sample) => sample.live));
  // Written so that a value that is no number fails.
  const same = lowest >= IDENTITY_MIN;
  const alive = live >= LIVE_MIN;
  return {
    failures: [...(same ? [] : (['identity'] as const)), ...(alive ? [] : (['liveness'] as const))],
    score: 100 * live,
    signals: [{ name: 'face_identity_consistent_in_burst', value: lowest, raised: !same }],
  };
}

function lowestCosine(embeddings: readonly Float32Array[]): number {
  let lowest = 1;
  embeddings.forEach((one, at) => {
    for (const other of embeddings.slice(at + 1)) lowest = Math.min(lowest, cosine(one, other));
  });
  return lowest;
}

/**
 * Frames to look at wholly: one at random out of each of `count` equal stretches, so that nobody knows beforehand between
 * which frames a face may change.
 * @param length of the list of frames
 * @param random numbers 0..1
 * @returns rising indices
 */
export function chooseSamples(length: number, count: number, random: () => number): number[] {
  const stretches = Math.min(length, count);
  return Array.from({ length: stretches }, (_, at) =>
    Math.min(length - 1, Math.floor(((at + random()) * length) / stretches)),
  );
}
