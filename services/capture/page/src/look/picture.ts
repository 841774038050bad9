/** The service takes at most this many bytes for a frame. */
const frameBytesMax = 5_000_000;
/** Longest side and byte bound of a thumbnail. */
const thumbnailPixels = 320;
const thumbnailBytesMax = 8_000;
/** Grid on which light and motion are judged; small enough to cost nothing on a cheap phone. */
const gridWidth = 32;
const gridHeight = 24;

/** Mean luminance 0..100 and a small grey grid to compare with the next one. */
export interface Glance {
  readonly luminance: number;
  readonly grid: Uint8Array;
}

function draw(canvas: HTMLCanvasElement, video: HTMLVideoElement, width: number, height: number): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(video, 0, 0, width, height);
}

function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
}

/**
 * The frame as the camera delivers it: whole, un-mirrored, JPEG. Drawn into `canvas`, which the page then shows as a
 * still. A camera with more pixels than fit loses quality first, size last.
 * @returns null when the browser cannot encode
 */
export async function takeFrame(video: HTMLVideoElement, canvas: HTMLCanvasElement): Promise<Blob | null> {
  draw(canvas, video, video.videoWidth, video.videoHeight);
  for (const quality of [0.9, 0.8, 0.6]) {
    const frame = await encode(canvas, quality);
    if (frame === null || frame.size <= frameBytesMax) return frame;
  }
  return null;
}

/** A small JPEG for guidance; null when it will not get small enough. */
export async function takeThumbnail(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
): Promise<Blob | null> {
  const scale = Math.min(1, thumbnailPixels / Math.max(video.videoWidth, video.videoHeight));
  draw(canvas, video, Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale));
  for (const quality of [0.6, 0.4, 0.2]) {
    const thumbnail = await encode(canvas, quality);
    if (thumbnail !== null && thumbnail.size <= thumbnailBytesMax) return thumbnail;
  }
  return null;
}

/** Light and shape of the middle of the picture, without anyone's help. */
export function glance(video: HTMLVideoElement, canvas: HTMLCanvasElement): Glance {
  draw(canvas, video, gridWidth, gridHeight);
  const pixels = canvas.getContext('2d')?.getImageData(0, 0, gridWidth, gridHeight).data;
  return measure(pixels ?? new Uint8ClampedArray(gridWidth * gridHeight * 4));
}

/** Grey values of RGBA pixels and their mean over the middle half, where a face is expected. */
export function measure(rgba: Uint8ClampedArray): Glance {
  const grid = new Uint8Array(gridWidth * gridHeight);
  let sum = 0;
  let count = 0;
  for (let index = 0; index < grid.length; index++) {
    const red = rgba[index * 4] ?? 0;
    const green = rgba[index * 4 + 1] ?? 0;
    const blue = rgba[index * 4 + 2] ?? 0;
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    grid[index] = grey;
    const column = index % gridWidth;
    const row = (index - column) / gridWidth;
    if (
      column >= gridWidth / 4 &&
      column < (gridWidth * 3) / 4 &&
      row >= gridHeight / 6 &&
      row < (gridHeight * 5) / 6
    ) {
      sum += grey;
      count++;
    }
  }
  return { luminance: (sum / count / 255) * 100, grid };
}

/** Mean change between two glances, 0..100. */
export function motionBetween(before: Glance, after: Glance): number {
  let sum = 0;
  for (let index = 0; index < after.grid.length; index++) {
    sum += Math.abs((after.grid[index] ?? 0) - (before.grid[index] ?? 0));
  }
  return (sum / after.grid.length / 255) * 100;
}
