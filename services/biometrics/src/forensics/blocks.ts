import { BENDS, type Bends } from './bends.ts';

const folded = new Float64Array(8);

/**
 * How much stronger pixels bend at one place of every eight than at the others, leaving out the grid that the present
 * compression puts at `known` (place 0..7 of a block's first column and row; undefined: the picture is no JPEG). A second
 * grid tells that the picture was compressed, moved or cut, and compressed again. A share, the weaker of both directions;
 * 0: none.
 */
export function foreignGrid(
  { columns, rows }: Bends,
  known: { readonly x: number; readonly y: number } | undefined,
): number {
  return Math.min(strongestPlace(columns, known?.x), strongestPlace(rows, known?.y));
}

/** Excess of the strongest place over the median place. A border bends the pixels on both sides of it. */
function strongestPlace(sums: Float64Array, known: number | undefined): number {
  folded.fill(0);
  for (let index = 0; index < BENDS; index += 1) {
    folded[index & 7] = (folded[index & 7] ?? 0) + (sums[index] ?? 0);
  }
  const free = [0, 1, 2, 3, 4, 5, 6, 7].filter((place) => known === undefined || !touches(place, known));
  const values = free.map((place) => folded[place] ?? 0).sort((one, other) => one - other);
  const median = values[values.length >> 1] ?? 0;
  const best = Math.max(...free.map((place) => Math.min(folded[place] ?? 0, folded[(place + 1) & 7] ?? 0)));
  return median === 0 ? 0 : Math.max(0, best / median - 1);
}

/** Whether the present grid bends the pixels at a place. */
function touches(place: number, known: number): boolean {
  return place === known || place === ((known + 7) & 7);
}
