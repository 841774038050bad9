import { PATCH_SIDE, type Patch } from './patch.ts';
import { loops, reserveDoubles } from './plane.ts';

/** Side of the patch whose fine detail is summed up, pixels. */
export const BENDS = PATCH_SIDE;

/** Sums of the second derivative's size at each column and at each row of a patch, BENDS values each. */
export interface Bends {
  readonly columns: Float64Array;
  readonly rows: Float64Array;
}

/** Edges of the picture itself bend further than any interpolation or block. */
const BEND_MAX = 24;

const columns = reserveDoubles(BENDS);
const rows = reserveDoubles(BENDS);

/** Undefined when the patch is smaller than BENDS. The memory is used again by the next call. */
export function sumBends({ luma, width, height }: Patch): Bends | undefined {
  if (width < BENDS || height < BENDS) return undefined;
  columns.fill(0);
  loops.bends(luma.byteOffset, BEND_MAX, columns.byteOffset, rows.byteOffset);
  for (const sums of [columns, rows]) {
    sums[0] = sums[1] ?? 0;
    sums[BENDS - 1] = sums[BENDS - 2] ?? 0;
  }
  return { columns, rows };
}
