import type { FaceBox, GuidanceAnswer } from '../../src/wire.ts';

/** The Shape Detection API of some browsers; boxes in pixels of the picture. */
interface FaceDetector {
  detect(picture: HTMLCanvasElement): Promise<readonly { readonly boundingBox: DOMRectReadOnly }[]>;
}
type FaceDetectorConstructor = new (options: { fastMode: boolean; maxDetectedFaces: number }) => FaceDetector;

/** What the page sees without the service: where a face is and how it is lit; neither pose nor what covers it. */
export type OwnEyes = (picture: HTMLCanvasElement) => Promise<GuidanceAnswer | null>;

/** The browser's own detector, where it has one; else, and once it has failed, nothing is ever seen. */
export function ownEyes(): OwnEyes {
  let detector = openDetector();
  return async (picture) => {
    if (detector === null) return null;
    try {
      const found = await detector.detect(picture);
      const boxes = found.map(({ boundingBox }) => fractions(boundingBox, picture));
      const luma = picture.getContext('2d')?.getImageData(0, 0, picture.width, picture.height);
      return luma === undefined ? null : describe(boxes, luma);
    } catch {
      // It is there by name only, as on systems without a detector behind it.
      detector = null;
      return null;
    }
  };
}

function openDetector(): FaceDetector | null {
  const { FaceDetector } = globalThis as { FaceDetector?: FaceDetectorConstructor };
  try {
    return FaceDetector === undefined ? null : new FaceDetector({ fastMode: true, maxDetectedFaces: 3 });
  } catch {
    return null;
  }
}

function fractions({ left, top, width, height }: DOMRectReadOnly, picture: HTMLCanvasElement): FaceBox {
  return {
    left: left / picture.width,
    top: top / picture.height,
    width: width / picture.width,
    height: height / picture.height,
  };
}

/** The largest of the boxes in the words of the service. `luma`: grey RGBA pixels. A much smaller face is background. */
export function describe(
  boxes: readonly FaceBox[],
  luma: { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number },
): GuidanceAnswer {
  const [box = null, ...others] = [...boxes].sort((one, other) => other.width - one.width);
  const [inside, outside] = lumaAround(box, luma);
  return {
    faces: box === null ? 0 : 1 + others.filter(({ width }) => width >= 0.5 * box.width).length,
    box,
    luminance: box === null ? outside : inside,
    surroundings: outside,
    angles: null,
    sharpness: null,
    eyes_covered: false,
    mouth_covered: false,
  };
}

/** Mean luma 0..100 inside of the box and outside, of every fourth pixel. */
function lumaAround(
  box: FaceBox | null,
  { data, width, height }: { data: Uint8ClampedArray; width: number; height: number },
): [inside: number, outside: number] {
  const sums = { inside: 0, outside: 0 };
  const counts = { inside: 0, outside: 0 };
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const where = box !== null && holds(box, x / width, y / height) ? 'inside' : 'outside';
      sums[where] += data[(y * width + x) * 4] ?? 0;
      counts[where]++;
    }
  }
  const mean = (where: 'inside' | 'outside') => (sums[where] / Math.max(1, counts[where]) / 255) * 100;
  return [mean('inside'), mean('outside')];
}

function holds({ left, top, width, height }: FaceBox, x: number, y: number): boolean {
  return x >= left && x <= left + width && y >= top && y <= top + height;
}
