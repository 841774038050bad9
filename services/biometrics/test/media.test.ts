import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { weigh } from '../src/domain/evidence.ts';
import { findCovers, VERIFY_GATES } from '../src/domain/gates.ts';
import { type InspectedFace, inspectMedia } from '../src/forensics/inspect.ts';
import { decode, WORKING_SIDE } from '../src/pipeline/decode.ts';
import type { Looker } from '../src/pipeline/look.ts';
import type { Picture } from '../src/pipeline/picture.ts';
import { face, frames } from './faces.ts';
import { lookAt, openLooker } from './looker.ts';

let looker: Looker;
let portrait: Seen;
beforeAll(async () => {
  looker = await openLooker();
  portrait = await see('img/p01_1.jpg');
});

/** A picture with the face that the models found in it. */
interface Seen {
  readonly bytes: Uint8Array;
  readonly picture: Picture;
  readonly subject: InspectedFace;
}

async function see(source: string | Uint8Array): Promise<Seen> {
  const bytes = typeof source === 'string' ? face(source) : source;
  const picture = await decode(bytes, WORKING_SIDE);
  const { faces, subject } = await lookAt(looker, bytes.slice());
  if ('refused' in picture || !faces[0] || !subject) throw new Error('no face');
  return { bytes, picture, subject: { box: faces[0].box, landmarks: subject.landmarks } };
}

/** Value of one signal. */
function measured({ bytes, picture, subject }: Seen, wanted: string): number | undefined {
  return inspectMedia(bytes, picture, subject).find(({ name }) => name === wanted)?.value;
}

function raised({ bytes, picture, subject }: Seen): string[] {
  return inspectMedia(bytes, picture, subject)
    .filter((fact) => fact.raised)
    .map(({ name }) => name);
}

/** The same face in pixels that were changed: `paint` takes and gives R, G, B 0..255. */
function painted(
  { bytes, picture, subject }: Seen,
  paint: (x: number, y: number, rgb: number[]) => number[],
): Seen {
  const { width, height, rgb } = picture;
  const changed = Uint8Array.from(rgb);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      const colour = paint(x, y, [...rgb.subarray(at, at + 3)]);
      changed.set(
        colour.map((value) => Math.max(0, Math.min(255, value))),
        at,
      );
    }
  }
  return { bytes, picture: { width, height, rgb: changed }, subject };
}

/** A picture without a history: reduced so far that no compression shows any more. */
const fresh = async (name: string) =>
  sharp(await sharp(face(name)).resize(440).png({ compressionLevel: 1 }).toBuffer());

describe('a history of compression and scaling shows in the pixels', () => {
  test('compressed once, as a page does', async () => {
    const once = await (await fresh('img/p01_1.jpg')).jpeg({ quality: 90 }).toBuffer();
    const seen = await see(new Uint8Array(once));
    expect(raised(seen)).toEqual([]);
    expect(measured(seen, 'media_double_jpeg')).toBe(0);
  });

  test('saved and saved again', async () => {
    const once = await (await fresh('img/p01_1.jpg')).jpeg({ quality: 70 }).toBuffer();
    const twice = await sharp(once).jpeg({ quality: 90 }).toBuffer();
    const seen = await see(new Uint8Array(twice));
    expect(measured(seen, 'media_double_jpeg')).toBe(1);
    // The frames of a camera that delivers JPEG are so as well: told, never held against anyone.
    expect(raised(seen)).toEqual([]);
  });

  test('saved, cut and kept without loss', async () => {
    const once = await (await fresh('img/p01_1.jpg')).jpeg({ quality: 80 }).toBuffer();
    const cut = await sharp(once).extract({ left: 3, top: 5, width: 430, height: 570 }).png().toBuffer();
    expect(raised(await see(new Uint8Array(cut)))).toEqual(['media_foreign_block_grid']);
  });

  test('enlarged', async () => {
    const small = await sharp(face('img/p02_1.jpg')).resize(384).png({ compressionLevel: 1 }).toBuffer();
    const large = await sharp(small).resize(499, null, { kernel: 'cubic' }).jpeg({ quality: 95 }).toBuffer();
    expect(raised(await see(new Uint8Array(large)))).toContain('media_resampling_trace');
  });

  test('what was reduced or turned has lost its traces, and says nothing of them', async () => {
    const turned = await see('edge/exif_orientation_6.jpg');
    const names = inspectMedia(turned.bytes, turned.picture, turned.subject).map(({ name }) => name);
    expect(names).not.toContain('media_double_jpeg');
    expect(names).not.toContain('media_resampling_trace');
  });
});

describe('what a camera sees of screens, paper and players', () => {
  test('a live face before a camera raises nothing', async () => {
    for (const video of ['genuine_p01', 'genuine_p19', 'blink_p02']) {
      const [frame] = frames(video);
      // The sample videos are files of an encoder, which signs them.
      expect(raised(await see(frame ?? new Uint8Array())), video).toEqual(['media_exif_software']);
    }
  });

  test('borders all round', async () => {
    for (const name of ['spoof/sim_1.jpg', 'spoof/sim_5.jpg', 'spoof/spoof_3.jpg']) {
      expect(raised(await see(name)), name).toContain('face_screen_edge_detected');
    }
  });

  test('the grid of a screen', () => {
    const wave = (x: number, y: number) => 5 * Math.sin(x * 1.9 + y * 0.4) * Math.sin(y * 1.7 - x * 0.3);
    const screen = painted(portrait, (x, y, rgb) => rgb.map((value) => value + wave(x, y)));
    expect(raised(screen)).toEqual(['face_moire_energy']);
  });

  test('bands of its refresh', () => {
    const screen = painted(portrait, (_x, y, rgb) =>
      rgb.map((value) => value * (0.8 + 0.2 * Math.sin(y / 7))),
    );
    expect(raised(screen)).toEqual(['media_refresh_bands']);
  });

  test('gloss over the face', () => {
    const { left, top, width, height } = portrait.subject.box;
    const paper = painted(portrait, (x, y, rgb) =>
      x > left && x < left + width && y > top && y < top + height * 0.6 ? [240, 240, 240] : rgb,
    );
    expect(raised(paper)).toContain('face_specular_pattern');
  });

  test('a face with an edge all round, as of paper', () => {
    const { mesh } = portrait.subject.landmarks;
    const at = (index: number) => ({ x: mesh[index * 3] ?? 0, y: mesh[index * 3 + 1] ?? 0 });
    const [top, bottom, left, right] = [at(10), at(152), at(234), at(454)];
    const centre = { x: (left.x + right.x) / 2, y: (top.y + bottom.y) / 2 };
    const worn = painted(portrait, (x, y, rgb) => {
      const across = (x - centre.x) / ((right.x - left.x) / 2);
      const down = (y - centre.y) / ((bottom.y - top.y) / 2);
      return across ** 2 + down ** 2 < 1
        ? rgb.map((value) => value / 2 + 90)
        : rgb.map((value) => value * 0.6);
    });
    expect(raised(portrait)).toEqual([]);
    expect(raised(worn)).toContain('face_swap_boundary_score');
  });

  test('black bars of a video of another shape', async () => {
    const bars = { left: 80, right: 80, background: '#000' };
    const framed = await sharp(face('img/p01_1.jpg')).resize(400).extend(bars).png().toBuffer();
    expect(raised(await see(new Uint8Array(framed)))).toContain('media_letterbox');
  });

  test('a picture without the noise of a sensor', async () => {
    const smooth = await sharp(face('img/p01_1.jpg')).blur(6).png().toBuffer();
    expect(raised(await see(new Uint8Array(smooth)))).toContain('media_noise_level');
  });
});

describe('what covers a face is seen, and what does not is not', () => {
  test.each([
    ['img/p03_3.jpg', 'sunglasses', { eyes: true, mouth: false }],
    ['img/p10_1.jpg', 'clear glasses', { eyes: false, mouth: false }],
    ['img/p10_2.jpg', 'glasses with a dark frame', { eyes: false, mouth: false }],
    ['img/p02_4.jpg', 'eyes shut', { eyes: false, mouth: false }],
    ['edge/masked.jpg', 'a mask', { eyes: false, mouth: true }],
    ['img/p08_2.jpg', 'a beard', { eyes: false, mouth: false }],
    ['edge/dark.jpg', 'a dark picture', { eyes: false, mouth: false }],
    ['edge/blurred.jpg', 'a blurred picture', { eyes: false, mouth: false }],
  ])('%s: %s', async (name, _, covers) => {
    expect(findCovers(await lookAt(looker, name))).toEqual(covers);
  });
});

test('all eight EXIF orientations of a picture get the same verdict', async () => {
  const upright = await sharp(face('img/p01_1.jpg')).png({ compressionLevel: 1 }).toBuffer();
  const quarter = await sharp(upright).rotate(90).png({ compressionLevel: 1 }).toBuffer();
  const stored = [
    sharp(upright),
    sharp(upright).flop(),
    sharp(upright).rotate(180),
    sharp(upright).flip(),
    sharp(quarter).flop(),
    sharp(quarter).rotate(180),
    sharp(quarter).flip(),
    sharp(quarter),
  ];
  const verdicts = [];
  for (const [index, pixels] of stored.entries()) {
    const tagged = pixels.png({ compressionLevel: 1 }).withMetadata({ orientation: index + 1 });
    const look = await lookAt(looker, new Uint8Array(await tagged.toBuffer()));
    const { media: _traces, ...verdict } = weigh(look, VERIFY_GATES, { outcome: 'not_asked' });
    verdicts.push(verdict);
  }
  expect(verdicts[0]?.problem).toBeUndefined();
  expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
});
