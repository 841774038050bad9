import { readFileSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';
import sharp from 'sharp';
import type { Random } from '../../../chaos/random.ts';
import { drawCamera, pageJpeg, shoot } from '../camera.ts';
import { framed, frameSelfie, frameSizeOf } from '../portraits.ts';
import type { Kit, Presentation, Species } from '../presentation.ts';
import { videoFrames } from '../videos.ts';

/** Live photos taken again by an ordinary camera: other light, a little askew, other sharpness and noise. */
export const bonaFideSelfie: Species = {
  id: 'selfie',
  title: 'live photo, benign variation',
  sort: 'bona fide',
  full: 300,
  quick: 24,
  async make({ portraits }: Kit, random: Random, index: number): Promise<Presentation> {
    const portrait = portraits[index % portraits.length];
    if (portrait === undefined) throw new Error('no portraits');
    const camera = drawCamera(random, frameSizeOf(portrait));
    const scene = framed(portrait.raster, frameSelfie(portrait, camera, random));
    return { kind: 'still', image: await shoot(scene, camera, random) };
  },
};

const VIDEOS = ['genuine_p01', 'genuine_p19', 'blink_p02', 'turn_p01'] as const;

/** Frames of the genuine videos: a camera that delivers MJPEG, drawn on the page's canvas and encoded once more. */
export const bonaFideVideo: Species = {
  id: 'video',
  title: 'frame of a genuine video (MJPEG camera)',
  sort: 'bona fide',
  full: 40,
  quick: 8,
  async make(_kit: Kit, _random: Random, index: number): Promise<Presentation> {
    const frames = videoFrames(VIDEOS[index % VIDEOS.length] ?? 'genuine_p01');
    const frame = frames[(Math.floor(index / VIDEOS.length) * 7) % frames.length];
    const { data, info } = await sharp(frame).raw().toBuffer({ resolveWithObject: true });
    return { kind: 'still', image: await pageJpeg(data, info) };
  },
};

/** Edge cases that ought to pass: a phone's photo stored sideways, and somebody with people far behind. */
const EDGES = ['edge/exif_orientation_6.jpg', 'img/p05_2.jpg', 'img/p03_1.jpg', 'img/p04_3.jpg'] as const;

/** Untouched files, as the standalone calls take them. */
export const bonaFideFile: Species = {
  id: 'file',
  title: 'edge cases that ought to pass, as files',
  sort: 'bona fide',
  real: true,
  full: EDGES.length,
  quick: EDGES.length,
  async make(_kit: Kit, _random: Random, index: number): Promise<Presentation> {
    return {
      kind: 'still',
      image: new Uint8Array(readFileSync(facePath(EDGES[index % EDGES.length] ?? EDGES[0]))),
    };
  },
};
