import type { CropForm, Picture } from './picture.ts';

/** A rectangle of whole pixels that includes its right and bottom edge and lies inside the picture. */
export interface Crop {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/**
 * Resizes a crop, bilinear without antialiasing, pixel centres at (i + 0.5), clamped to the
 * crop: what OpenCV's `resize` does and the liveness models were trained with.
 */
export function resizeCrop(picture: Picture, crop: Crop, form: CropForm, out: Float32Array): void {
  const { width, rgb } = picture;
  const columns = crop.x2 - crop.x1 + 1;
  const rows = crop.y2 - crop.y1 + 1;
  const { side, scale, shift } = form;
  const { red, green, blue } = planeOffsets(form);
  for (let row = 0; row < side; row += 1) {
    const y = clamp(((row + 0.5) * rows) / side - 0.5, rows - 1);
    const top = Math.floor(y);
    const fy = y - top;
    const upper = (crop.y1 + top) * width + crop.x1;
    const lower = (crop.y1 + clamp(top + 1, rows - 1)) * width + crop.x1;
    for (let column = 0; column < side; column += 1) {
      const x = clamp(((column + 0.5) * columns) / side - 0.5, columns - 1);
      const left = Math.floor(x);
      const fx = x - left;
      const right = clamp(left + 1, columns - 1);
      const at = row * side + column;
      const p00 = (upper + left) * 3;
      const p10 = (upper + right) * 3;
      const p01 = (lower + left) * 3;
      const p11 = (lower + right) * 3;
      const w00 = (1 - fx) * (1 - fy);
      const w10 = fx * (1 - fy);
      const w01 = (1 - fx) * fy;
      const w11 = fx * fy;
      out[red + at] = blend(rgb, p00, p10, p01, p11, w00, w10, w01, w11) * scale + shift;
      out[green + at] = blend(rgb, p00 + 1, p10 + 1, p01 + 1, p11 + 1, w00, w10, w01, w11) * scale + shift;
      out[blue + at] = blend(rgb, p00 + 2, p10 + 2, p01 + 2, p11 + 2, w00, w10, w01, w11) * scale + shift;
    }
  }
}

/** The weighted sum of one channel of four source pixels (p..: offset of that channel, w..: weight). */
function blend(
  rgb: Uint8Array,
  p00: number,
  p10: number,
  p01: number,
  p11: number,
  w00: number,
  w10: number,
  w01: number,
  w11: number,
): number {
  return w00 * (rgb[p00] ?? 0) + w10 * (rgb[p10] ?? 0) + w01 * (rgb[p01] ?? 0) + w11 * (rgb[p11] ?? 0);
}

/** Where the planes begin. */
function planeOffsets({ side, order }: CropForm): { red: number; green: number; blue: number } {
  const plane = side * side;
  return order === 'rgb'
    ? { red: 0, green: plane, blue: 2 * plane }
    : { red: 2 * plane, green: plane, blue: 0 };
}

function clamp(value: number, maximum: number): number {
  return Math.max(0, Math.min(maximum, value));
}
