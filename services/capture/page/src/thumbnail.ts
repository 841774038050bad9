import type { Pace } from './live-pace.ts';
import { draw, encode, fitted } from './look/picture.ts';

/** JPEG qualities from what detection likes to what it still bears. */
const qualities = [0.75, 0.55, 0.4, 0.25];

/**
 * A small grey JPEG for guidance: colour would double its bytes and detection does not need it. Drawn into `canvas`.
 * @returns null when it will not get small enough, or the browser cannot encode
 */
export async function takeThumbnail(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  { side, bytesMax }: Pick<Pace, 'side' | 'bytesMax'>,
): Promise<Blob | null> {
  // Noise in the dark hardly compresses: then pixels have to go, too.
  for (const share of [1, 0.75, 0.55]) {
    draw(canvas, video, ...fitted(video.videoWidth, video.videoHeight, Math.round(share * side)));
    const context = canvas.getContext('2d');
    const pixels = context?.getImageData(0, 0, canvas.width, canvas.height);
    if (!context || !pixels) return null;
    makeGrey(pixels.data);
    context.putImageData(pixels, 0, 0);
    for (const quality of qualities) {
      const thumbnail = await encode(canvas, quality);
      if (thumbnail === null || thumbnail.size <= bytesMax) return thumbnail;
    }
  }
  return null;
}

/** RGBA pixels in their Rec. 601 luma, in place; a loop, because not every browser has canvas filters. */
export function makeGrey(rgba: Uint8ClampedArray): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const grey = 0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);
    rgba[at] = grey;
    rgba[at + 1] = grey;
    rgba[at + 2] = grey;
  }
}
