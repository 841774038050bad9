import type { Picture } from '../pipeline/picture.ts';
import { loadPicture, loops, reserveFloats, reserveWords } from './plane.ts';

/** Coefficients looked at: the six lowest of a block, by column and row frequency. Higher ones are mostly nought. */
const MODES = [
  [0, 1],
  [1, 0],
  [1, 1],
  [0, 2],
  [2, 0],
  [2, 1],
] as const;
/** At most so many blocks, spread over the picture. */
const BLOCKS_MAX = 800;
/** Counts of |quantised coefficient| 0..LEVELS-1. */
const LEVELS = 24;

const counts = reserveWords(MODES.length * LEVELS);
/** Steps of the modes in the unit that the loop counts in. */
const scaledSteps = reserveFloats(MODES.length);

/**
 * How uneven the counts of neighbouring coefficient levels are, as a mean share 0..1 of what a smooth histogram would
 * hold. A picture that was compressed once fills its levels smoothly; one that was compressed before with other steps
 * leaves some of them empty and others doubly filled (Popescu and Farid 2004, Lukáš and Fridrich 2003).
 *
 * `steps` are the luminance steps of the present compression, whose blocks must begin at the picture's first pixel.
 * Undefined when too little detail is there to tell.
 */
export function doubleCompression(picture: Picture, steps: Uint16Array): number | undefined {
  count(picture, steps);
  let uneven = 0;
  let weight = 0;
  for (let mode = 0; mode < MODES.length; mode += 1) {
    for (let level = 2; level < LEVELS - 1; level += 1) {
      const at = mode * LEVELS + level;
      const [before, here, after] = [counts[at - 1] ?? 0, counts[at] ?? 0, counts[at + 1] ?? 0];
      // Histograms fall like an exponential: between neighbours lies their geometric mean.
      const expected = Math.sqrt((before + 0.5) * (after + 0.5));
      if (before + here + after < COUNT_MIN) continue;
      const excess = Math.max(0, Math.abs(here - expected) - Math.sqrt(expected + here));
      uneven += excess;
      weight += Math.max(here, expected);
    }
  }
  return weight < WEIGHT_MIN ? undefined : uneven / weight;
}

/** Three levels with fewer blocks tell nothing. */
const COUNT_MIN = 12;
/** Below so many blocks in usable levels nothing is said. */
const WEIGHT_MIN = 200;

function count(picture: Picture, steps: Uint16Array): void {
  const across = Math.floor(picture.width / 8);
  const down = Math.floor(picture.height / 8);
  const stride = Math.max(1, Math.ceil((across * down) / BLOCKS_MAX));
  const line = picture.width * 3;
  loadPicture(picture);
  counts.fill(0);
  MODES.forEach(([u, v], mode) => {
    scaledSteps[mode] = 4000 * (steps[v * 8 + u] || 1);
  });
  const { byteOffset: stepsAt } = scaledSteps;
  const { byteOffset: countsAt } = counts;
  // An odd stride against the number of blocks in a row spreads them.
  for (let block = 0; block < across * down; block += stride) {
    const row = Math.floor(block / across);
    loops.levels(row * 8 * line + (block - row * across) * 24, line, stepsAt, countsAt);
  }
}
