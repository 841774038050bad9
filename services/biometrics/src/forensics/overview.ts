import type { Picture } from '../pipeline/picture.ts';

/** A small luma picture of the whole scene, each pixel the mean of four. */
export interface Overview {
  readonly luma: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture to one of the overview. */
  readonly step: number;
}

/** The longer side, at most. */
const SIDE = 160;
const memory = new Float32Array(SIDE * SIDE);

/** Reduces a picture. The memory is used again by the next call. */
export function takeOverview({ width, height, rgb }: Picture): Overview {
  const step = Math.max(1, Math.ceil(Math.max(width, height) / SIDE));
  const across = Math.floor(width / step);
  const down = Math.floor(height / step);
  const half = step >> 1;
  const [right, lower] = [half * 3, half * width * 3];
  let at = 0;
  for (let y = 0; y < down; y += 1) {
    let from = y * step * width * 3;
    for (let x = 0; x < across; x += 1) {
      const diagonal = from + lower + right;
      const red =
        (rgb[from] ?? 0) + (rgb[from + right] ?? 0) + (rgb[from + lower] ?? 0) + (rgb[diagonal] ?? 0);
      const green =
        (rgb[from + 1] ?? 0) +
        (rgb[from + right + 1] ?? 0) +
        (rgb[from + lower + 1] ?? 0) +
        (rgb[diagonal + 1] ?? 0);
      const blue =
        (rgb[from + 2] ?? 0) +
        (rgb[from + right + 2] ?? 0) +
        (rgb[from + lower + 2] ?? 0) +
        (rgb[diagonal + 2] ?? 0);
      memory[at] = (0.299 * red + 0.587 * green + 0.114 * blue) / 4;
      at += 1;
      from += step * 3;
    }
  }
  return { luma: memory, width: across, height: down, step };
}
