/** How a picture is made smaller, step by step, until it is small enough: its longest side in pixels, JPEG quality 0..1. */
export interface Compression {
  readonly longestSide: number;
  readonly quality: number;
}

/** Of the frame that is compared. The first step keeps all that matching uses; see docs/capture-quality.md. */
const frameSteps: readonly Compression[] = [
  { longestSide: 1280, quality: 0.85 },
  { longestSide: 1280, quality: 0.75 },
  { longestSide: 1024, quality: 0.75 },
  { longestSide: 800, quality: 0.75 },
];
/** Bytes that a frame should not exceed: two seconds of a slow mobile link. */
const frameBytesWanted = 320_000;
/** The service takes no more than this. */
const frameBytesMax = 5_000_000;
/** Longest side and byte bound of a thumbnail. */
const thumbnailSteps: readonly Compression[] = [0.6, 0.4, 0.2].map((quality) => ({
  longestSide: 320,
  quality,
}));
const thumbnailBytesMax = 8_000;
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
  const scale = Math.min(1, longestSide / Math.max(1, width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** Draws what the camera shows, un-mirrored. */
export function draw(
  canvas: HTMLCanvasElement,
  picture: HTMLVideoElement | HTMLCanvasElement,
  width: number,
  height: number,
): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(picture, 0, 0, width, height);
}

/** The JPEG of a canvas; null when the browser cannot encode. */
export function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
}

/**
 * The frame as the camera delivers it: whole, un-mirrored, JPEG. Drawn into `canvas`, which the page then shows as a
 * still. Made smaller step by step while it has more bytes than wanted: quality first, size after that.
 * @returns null when the browser cannot encode
 */
export async function takeFrame(video: HTMLVideoElement, canvas: HTMLCanvasElement): Promise<Blob | null> {
  draw(canvas, video, ...fitted(video.videoWidth, video.videoHeight, frameSteps[0]?.longestSide ?? 1280));
  return compress(canvas, frameSteps, frameBytesWanted, frameBytesMax);
}

/** A small JPEG for guidance; null when it will not get small enough. */
export async function takeThumbnail(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
): Promise<Blob | null> {
  draw(canvas, video, ...fitted(video.videoWidth, video.videoHeight, thumbnailSteps[0]?.longestSide ?? 320));
  return compress(canvas, thumbnailSteps, thumbnailBytesMax, thumbnailBytesMax);
}

/** The first step that is small enough, else the last one if it may be sent at all. */
async function compress(
  canvas: HTMLCanvasElement,
  steps: readonly Compression[],
  bytesWanted: number,
  bytesMax: number,
): Promise<Blob | null> {
  let smallest: Blob | null = null;
  for (const { longestSide, quality } of steps) {
    smallest = await encode(scaled(canvas, longestSide), quality);
    if (smallest === null || smallest.size <= bytesWanted) return smallest;
  }
  return smallest !== null && smallest.size <= bytesMax ? smallest : null;
}

function scaled(canvas: HTMLCanvasElement, longestSide: number): HTMLCanvasElement {
  const [width, height] = fitted(canvas.width, canvas.height, longestSide);
  if (width === canvas.width && height === canvas.height) return canvas;
  const smaller = document.createElement('canvas');
  draw(smaller, canvas, width, height);
  return smaller;
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
