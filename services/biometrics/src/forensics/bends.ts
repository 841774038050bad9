import type { Patch } from './patch.ts';

/** Side of the patch whose fine detail is summed up, pixels. */
export const BENDS = 256;

/** Sums of the second derivative's size at each column and at each row of a patch, BENDS values each. */
export interface Bends {
  readonly columns: Float64Array;
  readonly rows: Float64Array;
}

/** Edges of the picture itself bend further than any interpolation or block. */
const BEND_MAX = 24;

const columns = new Float64Array(BENDS);
const rows = new Float64Array(BENDS);

/** Undefined when the patch is smaller than BENDS. The memory is used again by the next call. */
export function sumBends({ luma, width, height }: Patch): Bends | undefined {
  if (width < BENDS || height < BENDS) return undefined;
  columns.fill(0);
  rows.fill(0);
  for (let y = 1; y < BENDS - 1; y += 1) {
    let ofRow = 0;
    for (let x = 1; x < BENDS - 1; x += 1) {
      const at = y * width + x;
      const twice = 2 * (luma[at] ?? 0);
      const across = Math.abs(twice - (luma[at - 1] ?? 0) - (luma[at + 1] ?? 0));
      const down = Math.abs(twice - (luma[at - width] ?? 0) - (luma[at + width] ?? 0));
      columns[x] = (columns[x] ?? 0) + Math.min(across, BEND_MAX);
      ofRow += Math.min(down, BEND_MAX);
    }
    rows[y] = ofRow;
  }
  for (const sums of [columns, rows]) {
    sums[0] = sums[1] ?? 0;
    sums[BENDS - 1] = sums[BENDS - 2] ?? 0;
  }
  return { columns, rows };
}
