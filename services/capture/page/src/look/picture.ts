/**
 * The frame that is compared has as many pixels and bytes as the checks behind it profit from: measured, see
 * docs/capture-quality.md. The shorter side counts, so that a face in a wide picture keeps its size.
 */
const frameSide = 480;
/** A picture that is heavy all the same gets the next quality. */
const frameQualities = [0.8, 0.7];
const frameBytesWanted = 120_000;
/** Grid on which light and motion are judged; small enough to cost nothing on a cheap phone. */
const gridWidth = 32;
const gridHeight = 24;

/** Mean luminance 0..100 and a small grey grid to compare with the next one. */
export interface Glance {
  readonly luminance: number;
  readonly grid: Uint8Array;
}

/** Pixels of a picture whose longest side is at most `longestSide`; never larger than it is. */
export function fitted(width: number, height: number, longestSide: number): [width: number, height: number] {
  return scaledBy(width, height, longestSide / Math.max(1, width, height));
}

/** Pixels of a picture whose shorter side is at most `shorterSide`; never larger than it is. */
export function narrowed(
  width: number,
  height: number,
  shorterSide: number,
): [width: number, height: number] {
  return scaledBy(width, height, shorterSide / Math.max(1, Math.min(width, height)));
}

function scaledBy(width: number, height: number, wanted: number): [width: number, height: number] {
  const scale = Math.min(1, wanted);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** Draws what the camera shows, un-mirrored. */
export function draw(
  canvas: HTMLCanvasElement,
  picture: HTMLVideoElement,
  width: number,
  height: number,
): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
}

/** The JPEG of a canvas; null when the browser cannot encode. */
export function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
}

/**
 * The frame as the camera delivers it: whole, un-mirrored, JPEG. Drawn into `canvas`, which the page then shows as a
 * still. Quality falls step by step while the picture has more bytes than wanted.
 * @returns null when the browser cannot encode
 */
export async function takeFrame(video: HTMLVideoElement, canvas: HTMLCanvasElement): Promise<Blob | null> {
  let frame: Blob | null = null;
  draw(canvas, video, ...narrowed(video.videoWidth, video.videoHeight, frameSide));
  for (const quality of frameQualities) {
    frame = await encode(canvas, quality);
    if (frame === null || frame.size <= frameBytesWanted) break;
  }
  return frame;
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
