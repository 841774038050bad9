import type { Picture } from '../pipeline/picture.ts';

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

/** cos((2 x + 1) k pi / 16), scaled to the orthonormal transform: row k, column x. */
const BASIS = Float64Array.from({ length: 3 * 8 }, (_, index) => {
  const k = Math.floor(index / 8);
  return Math.cos(((2 * (index % 8) + 1) * k * Math.PI) / 16) * (k === 0 ? Math.SQRT1_2 : 1) * 0.5;
});

const counts = new Float64Array(MODES.length * LEVELS);
/** One block's rows, transformed along x: 8 rows of 3 frequencies. */
const rows = new Float64Array(8 * 3);

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
  counts.fill(0);
  // An odd stride against the number of blocks in a row spreads them.
  for (let block = 0; block < across * down; block += stride) {
    transformRows(picture, (block % across) * 8, Math.floor(block / across) * 8);
    MODES.forEach(([u, v], mode) => {
      let coefficient = 0;
      for (let y = 0; y < 8; y += 1) coefficient += (rows[y * 3 + u] ?? 0) * (BASIS[v * 8 + y] ?? 0);
      const level = Math.round(Math.abs(coefficient) / (steps[v * 8 + u] || 1));
      if (level < LEVELS) counts[mode * LEVELS + level] = (counts[mode * LEVELS + level] ?? 0) + 1;
    });
  }
}

function transformRows({ rgb, width }: Picture, left: number, top: number): void {
  for (let y = 0; y < 8; y += 1) {
    let [zero, one, two] = [0, 0, 0];
    let at = ((top + y) * width + left) * 3;
    for (let x = 0; x < 8; x += 1) {
      const luma = 0.299 * (rgb[at] ?? 0) + 0.587 * (rgb[at + 1] ?? 0) + 0.114 * (rgb[at + 2] ?? 0);
      zero += luma * (BASIS[x] ?? 0);
      one += luma * (BASIS[8 + x] ?? 0);
      two += luma * (BASIS[16 + x] ?? 0);
      at += 3;
    }
    rows[y * 3] = zero;
    rows[y * 3 + 1] = one;
    rows[y * 3 + 2] = two;
  }
}
