import sharp, { type Sharp } from 'sharp';
import { decode } from '../src/pipeline/decode.ts';
import type { Looker } from '../src/pipeline/look.ts';
import type { Picture, Point } from '../src/pipeline/picture.ts';
import { face } from './faces.ts';

/** A selfie of a sample face and where its landmarks are. */
export interface Selfie {
  readonly picture: Picture;
  /** Where a point of the 468-point mesh is. */
  readonly at: (point: number) => Point;
}

/** Height of a selfie, pixels. */
const HEIGHT = 480;
/** What the page keeps to. */
const THUMBNAIL = { side: 320, bytes: 8_000 };

const raw = ({ rgb, width, height }: Picture) => sharp(rgb, { raw: { width, height, channels: 3 } });

async function pictureOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: new Uint8Array(data) };
}

/** A sample photo as a selfie of 3:4 that the face fills to the half; its edges are continued where it ends. */
export async function selfie(looker: Looker, name: string): Promise<Selfie> {
  const whole = await decode(face(name), 1_600);
  const [track] = await looker.tracks([{ image: face(name) }]);
  if ('refused' in whole || track === undefined || 'refused' in track || !track.landmarks || !track.faces[0])
    throw new Error(`no face in ${name}`);
  const { box } = track.faces[0];
  const { mesh } = track.landmarks;
  const enlarged = whole.width / track.width;
  const height = Math.round(2 * box.height * enlarged);
  const width = Math.round(0.75 * height);
  const left = Math.round((box.left + box.width / 2) * enlarged - width / 2);
  const top = Math.round((box.top + box.height / 2) * enlarged - 0.47 * height);
  const padded = await pictureOf(
    raw(whole).extend({
      left: Math.max(0, -left),
      top: Math.max(0, -top),
      right: Math.max(0, left + width - whole.width),
      bottom: Math.max(0, top + height - whole.height),
      extendWith: 'copy',
    }),
  );
  const place = { left: Math.max(0, left), top: Math.max(0, top), width, height };
  const cut = await pictureOf(raw(padded).extract(place));
  const scale = HEIGHT / height;
  return {
    picture: await pictureOf(raw(cut).resize({ height: HEIGHT })),
    at: (point) => ({
      x: ((mesh[point * 3] ?? 0) * enlarged - left) * scale,
      y: ((mesh[point * 3 + 1] ?? 0) * enlarged - top) * scale,
    }),
  };
}

/** What the page would send of a picture: 320 pixels, 8 kB, grey unless asked otherwise. */
export async function thumbnail(picture: Picture, { colour = false } = {}): Promise<Uint8Array> {
  const small = await pictureOf(raw(picture).resize({ ...square(THUMBNAIL.side), fit: 'inside' }));
  for (const quality of [75, 55, 40, 25, 10]) {
    const image = colour ? raw(small) : raw(small).grayscale();
    const bytes = await image.jpeg({ quality }).toBuffer();
    if (bytes.length <= THUMBNAIL.bytes) return new Uint8Array(bytes);
  }
  throw new Error('the thumbnail does not get small enough');
}

const square = (side: number) => ({ width: side, height: side });

/** Every value times `factor`. */
export const lit = (picture: Picture, factor: number) => pictureOf(raw(picture).linear(factor, 0));

/** @param share of the face's height */
export const blurred = (picture: Picture, share: number) =>
  pictureOf(raw(picture).blur((share * HEIGHT) / 4));

type Colour = readonly [number, number, number];

/** Dark lenses over both eyes. */
export function withGlasses({ picture, at }: Selfie, colour: Colour): Picture {
  const eyes = [middle(at(159), at(145)), middle(at(386), at(374))] as const;
  const apart = Math.hypot(eyes[1].x - eyes[0].x, eyes[1].y - eyes[0].y);
  return painted(picture, colour, (x, y) =>
    eyes.some((eye) => ((x - eye.x) / (0.36 * apart)) ** 2 + ((y - eye.y) / (0.3 * apart) - 0.15) ** 2 <= 1),
  );
}

/** From ear to ear along the jaw. */
const JAW = [
  234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
];
const BRIDGE = 195;

/** Cloth over nose, mouth and chin. */
export function withMask({ picture, at }: Selfie, colour: Colour): Picture {
  const outline = [...JAW, BRIDGE].map(at);
  return painted(picture, colour, (x, y) => {
    let inside = false;
    outline.forEach((one, index) => {
      const next = outline[(index + 1) % outline.length] ?? one;
      const crosses = one.y <= y !== next.y <= y;
      if (crosses && x < one.x + ((y - one.y) / (next.y - one.y)) * (next.x - one.x)) inside = !inside;
    });
    return inside;
  });
}

function middle(one: Point, other: Point): Point {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

function painted(picture: Picture, colour: Colour, covers: (x: number, y: number) => boolean): Picture {
  const rgb = new Uint8Array(picture.rgb);
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      if (covers(x, y)) rgb.set(colour, (y * picture.width + x) * 3);
    }
  }
  return { ...picture, rgb };
}
