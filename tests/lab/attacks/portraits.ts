import { readFileSync } from 'node:fs';
import type { Looker } from '@selfsame/biometrics/pipeline/look';
import { facePath } from '@selfsame/testing/assets';
import type { Random } from '../../chaos/random.ts';
import type { Scene } from './camera.ts';
import { type Raster, readRaster, sample } from './raster.ts';

/** A photo of one person and where the face is in it. */
export interface Portrait {
  /** Below the folder of faces, e.g. `img/p01_1.jpg`. */
  readonly name: string;
  readonly person: string;
  readonly raster: Raster;
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  /** 468 points x, y, z in pixels of the raster. */
  readonly mesh: Float32Array;
  /** Degrees. */
  readonly yaw: number;
}

/**
 * Photos that fill a selfie without being blown up more than twice: a face of at least 119 pixels. Black-and-white p09_1
 * and the tight crops p11 to p18 are left out: liveness says nothing sensible about them.
 */
const PORTRAITS: readonly string[] = [
  ...[1, 3, 4, 5, 6, 7].map((photo) => `p01_${photo}`),
  ...[1, 2, 3, 4, 5, 6, 7].map((photo) => `p02_${photo}`),
  ...['p04_1', 'p04_2', 'p04_4', 'p05_2', 'p06_2', 'p07_1', 'p07_2'],
  ...['p08_1', 'p08_2', 'p08_3', 'p09_2', 'p10_1', 'p10_2', 'p19_1'],
];

/** Tight greyscale crops of eight further people: liveness says nothing about them, matching does. */
const CROPS: readonly string[] = [11, 12, 13, 14, 15, 16, 17, 18].flatMap((person) =>
  [1, 2, 3].map((photo) => `p${person}_${photo}`),
);

/** Loads what generators draw from; the faces are found by the pipeline itself. */
export async function loadKit(looker: Looker): Promise<{ portraits: Portrait[]; crops: Portrait[] }> {
  const load = async (names: readonly string[]) => {
    const loaded: Portrait[] = [];
    for (const name of names) loaded.push(await loadPortrait(looker, `img/${name}.jpg`));
    return loaded;
  };
  return { portraits: await load(PORTRAITS), crops: await load(CROPS) };
}

/** @throws Error when the pipeline finds no face in it */
export async function loadPortrait(looker: Looker, name: string): Promise<Portrait> {
  const bytes = new Uint8Array(readFileSync(facePath(name)));
  const raster = await readRaster(bytes);
  const look = await looker.look(bytes);
  const face = 'refused' in look ? undefined : look.faces[0];
  if ('refused' in look || face === undefined || look.subject === undefined)
    throw new Error(`no face in ${name}`);
  const { mesh, pose } = look.subject.landmarks;
  return { name, person: name.slice(4, 7), raster, box: face.box, mesh, yaw: pose.yaw };
}

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** Upright as a phone takes it for most photos, landscape as a webcam for the wide ones. */
export function frameSizeOf({ raster }: Portrait): FrameSize {
  return raster.width > raster.height ? { width: 640, height: 480 } : { width: 480, height: 640 };
}

/** From the frame to the photo: rotation and scale about the face. */
export interface Framing {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/** Places a portrait in a frame as people hold their phone: the face a third to a half of the width, a little askew. */
export function frameSelfie(portrait: Portrait, size: FrameSize, random: Random): Framing {
  const { box, raster } = portrait;
  const cover = Math.max(size.width / raster.width, size.height / raster.height);
  const wanted = (random.between(0.3, 0.48) * Math.min(size.width, size.height)) / box.width;
  const scale = Math.min(2, Math.max(cover, wanted));
  const angle = (random.between(-4, 4) * Math.PI) / 180;
  const [a, b] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const target = {
    x: size.width * random.between(0.44, 0.56),
    y: size.height * random.between(0.4, 0.52),
  };
  const centre = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  // The photo's edge stays out of sight where the photo is large enough.
  const slackX = (size.width / 2) * (1 / scale);
  const slackY = (size.height / 2) * (1 / scale);
  const middle = {
    x: within(centre.x + (size.width / 2 - target.x) / scale, slackX, raster.width - slackX),
    y: within(centre.y + (size.height / 2 - target.y) / scale, slackY, raster.height - slackY),
  };
  const half = { x: size.width / 2, y: size.height / 2 };
  return { a, b, tx: middle.x - (a * half.x - b * half.y), ty: middle.y - (b * half.x + a * half.y) };
}

/** The photo seen through a framing. */
export function framed(raster: Raster, { a, b, tx, ty }: Framing): Scene {
  return (x, y, out) => sample(raster, a * x - b * y + tx, b * x + a * y + ty, out);
}

/** The part of a photo that an attacker would show: head and shoulders, as width : height of the artefact. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** @param zoom widths of the face that the crop is wide, at most */
export function cropOf({ box, raster }: Portrait, aspect: number, zoom: number): Crop {
  const width = Math.min(raster.width, raster.height * aspect, zoom * box.width);
  const height = width / aspect;
  return {
    left: within(box.left + box.width / 2 - width / 2, 0, raster.width - width),
    top: within(box.top + box.height / 2 - 0.46 * height, 0, raster.height - height),
    width,
    height,
  };
}

function within(value: number, low: number, high: number): number {
  return low > high ? (low + high) / 2 : Math.max(low, Math.min(high, value));
}
