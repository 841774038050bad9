/** An upright 8-bit sRGB picture: rows from the top, pixels interleaved R, G, B. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in pixels of its picture; it may reach over the edge. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The square crop that a model wants: three planes of `side` x `side`, each channel value 0..255 as `value * scale + shift`. */
export interface CropForm {
  readonly side: number;
  readonly order: 'rgb' | 'bgr';
  readonly scale: number;
  readonly shift: number;
}

/**
 * Mean Rec. 709 luma 0..1 of the part of `box` that lies inside the picture; of the whole picture without a box.
 * Every second pixel of every second row is read: the mean of a face moves by less than 0.1 %.
 */
export function meanLuma(picture: Picture, box: Box = { left: 0, top: 0, ...picture }): number {
  const left = Math.max(0, Math.floor(box.left));
  const top = Math.max(0, Math.floor(box.top));
  const right = Math.min(picture.width, Math.ceil(box.left + box.width));
  const bottom = Math.min(picture.height, Math.ceil(box.top + box.height));
  const { rgb, width } = picture;
  let sum = 0;
  let count = 0;
  for (let y = top; y < bottom; y += 2) {
    for (let x = left; x < right; x += 2) {
      const at = (y * width + x) * 3;
      sum += 0.2126 * (rgb[at] ?? 0) + 0.7152 * (rgb[at + 1] ?? 0) + 0.0722 * (rgb[at + 2] ?? 0);
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count / 255;
}
