import { beforeAll, describe, expect, test } from 'vitest';
import { type Guidance, guidanceOf } from '../src/domain/guidance.ts';
import type { Looker } from '../src/pipeline/look.ts';
import type { Picture } from '../src/pipeline/picture.ts';
import { face } from './faces.ts';
import { openLooker } from './looker.ts';
import { turnHead } from './motion-scene.ts';
import { blurred, lit, type Selfie, selfie, thumbnail, withGlasses, withMask } from './thumbnails.ts';

/** One or two photos of everyone whose photo is no tight crop, of every skin tone, with beards and glasses among them. */
const names = [
  ...[
    'p01_1',
    'p02_1',
    'p03_1',
    'p04_1',
    'p05_2',
    'p06_2',
    'p07_1',
    'p07_2',
    'p08_1',
    'p09_1',
    'p10_1',
    'p10_2',
  ],
].map((name) => `img/${name}.jpg`);

let looker: Looker;
let selfies: Selfie[];

beforeAll(async () => {
  looker = await openLooker();
  selfies = [];
  for (const name of names) selfies.push(await selfie(looker, name));
});

async function see(image: Uint8Array): Promise<Guidance> {
  const [glance] = await looker.glances([{ image }]);
  if (glance === undefined || 'refused' in glance) throw new Error('refused');
  return guidanceOf(glance);
}

/** What is seen of every selfie after a change. */
async function seeAll(
  change: (selfie: Selfie) => Picture | Promise<Picture>,
  form?: { colour: boolean },
): Promise<Guidance[]> {
  const all: Guidance[] = [];
  for (const one of selfies) all.push(await see(await thumbnail(await change(one), form)));
  return all;
}

const share = (all: readonly Guidance[], holds: (seen: Guidance) => boolean) =>
  all.filter(holds).length / all.length;
const plain = ({ picture }: Selfie) => picture;

describe.each([{ colour: false }, { colour: true }])('a thumbnail of 8 kB, colour: $colour', (form) => {
  test('of a selfie shows its one face in its place, in focus and uncovered', async () => {
    const all = await seeAll(plain, form);
    expect(share(all, ({ faceCount }) => faceCount === 1)).toBe(1);
    expect(share(all, ({ eyesCovered, mouthCovered }) => !eyesCovered && !mouthCovered)).toBe(1);
    expect(share(all, ({ sharpness = 0 }) => sharpness >= 13)).toBe(1);
    for (const { box } of all) {
      expect(Math.abs((box?.left ?? 0) + (box?.width ?? 0) / 2 - 0.5)).toBeLessThan(0.1);
      expect(Math.abs((box?.height ?? 0) - 0.5)).toBeLessThan(0.1);
    }
  });

  test('shows dark glasses', async () => {
    const all = await seeAll((one) => withGlasses(one, [16, 16, 16]), form);
    expect(share(all, ({ eyesCovered }) => eyesCovered)).toBeGreaterThan(0.85);
    expect(share(all, ({ mouthCovered }) => mouthCovered)).toBe(0);
  });

  test.each([
    ['white', [232, 232, 232]],
    ['blue', [159, 196, 221]],
    ['black', [28, 28, 28]],
  ] as const)('shows a %s mask', async (_name, colour) => {
    const all = await seeAll((one) => withMask(one, colour), form);
    expect(share(all, ({ mouthCovered }) => mouthCovered)).toBeGreaterThan(0.9);
  });
});

describe('light', () => {
  test('is told of the face and of what is around it', async () => {
    const [ordinary, dim, dark] = [
      await seeAll(plain),
      await seeAll(({ picture }) => lit(picture, 0.35)),
      await seeAll(({ picture }) => lit(picture, 0.15)),
    ];
    expect(share(ordinary, ({ luminance }) => luminance > 22 && luminance < 78)).toBe(1);
    expect(share(dim, ({ luminance }) => luminance < 22)).toBe(1);
    expect(share(dark, ({ luminance }) => luminance < 14)).toBe(1);
    // Nothing is said of what covers a face that cannot be seen.
    expect(share(dark, ({ eyesCovered, mouthCovered }) => eyesCovered || mouthCovered)).toBe(0);
    // p09_1 and p10_1 stand before white walls.
    expect(
      share(ordinary, ({ luminance, surroundingsLuminance }) => surroundingsLuminance - luminance > 20),
    ).toBeLessThan(0.4);
  });

  test('that burns a face out does not make a mask of it', async () => {
    const all = await seeAll(({ picture }) => lit(picture, 2.2));
    expect(share(all, ({ mouthCovered }) => mouthCovered)).toBe(0);
  });

  test('from behind is far brighter than the face', async () => {
    const [one] = selfies;
    if (one === undefined) throw new Error('no selfies');
    const dark = await lit(one.picture, 0.4);
    const crown = one.at(10);
    const chin = one.at(152);
    const half = 0.75 * (chin.y - crown.y);
    const rgb = new Uint8Array(dark.rgb);
    for (let y = 0; y < chin.y; y += 1) {
      for (let x = 0; x < dark.width; x += 1) {
        if (Math.hypot(x - crown.x, y - (crown.y + chin.y) / 2) > half)
          rgb.fill(235, (y * dark.width + x) * 3, (y * dark.width + x + 1) * 3);
      }
    }
    const { luminance, surroundingsLuminance } = await see(await thumbnail({ ...dark, rgb }));
    expect(luminance).toBeLessThan(40);
    expect(surroundingsLuminance - luminance).toBeGreaterThan(25);
  });
});

test('blur shows, from the one that a moving hand makes on', async () => {
  const [slight, strong] = [
    await seeAll(({ picture }) => blurred(picture, 0.02)),
    await seeAll(({ picture }) => blurred(picture, 0.06)),
  ];
  expect(share(slight, ({ sharpness = 0 }) => sharpness >= 8)).toBeGreaterThan(0.85);
  expect(share(strong, ({ sharpness = 100 }) => sharpness < 8)).toBe(1);
});

describe('the angles of a head', () => {
  const front = async () => {
    const all = await seeAll(plain);
    return selfies.filter((_, index) => Math.abs(all[index]?.angles?.yaw ?? 99) < 12);
  };
  const turned = async ({ picture, at }: Selfie, turn: { yaw: number; pitch: number }) => {
    const mesh = new Float32Array(468 * 3);
    const [track] = await looker.tracks([{ image: await thumbnail(picture) }]);
    if (track === undefined || 'refused' in track || !track.landmarks) throw new Error('no face');
    const enlarged = picture.width / track.width;
    for (let point = 0; point < 468; point += 1) {
      mesh.set([at(point).x, at(point).y, (track.landmarks.mesh[point * 3 + 2] ?? 0) * enlarged], point * 3);
    }
    return see(await thumbnail(turnHead({ picture, mesh }, turn)));
  };

  test.each([
    ['the person’s right', { yaw: 35, pitch: 0 }, 'yaw', 1],
    ['the person’s left', { yaw: -35, pitch: 0 }, 'yaw', -1],
    ['down', { yaw: 0, pitch: 25 }, 'pitch', -1],
    ['up', { yaw: 0, pitch: -25 }, 'pitch', 1],
  ] as const)('say %s', async (_name, turn, axis, sign) => {
    const some = (await front()).slice(0, 3);
    expect(some).toHaveLength(3);
    for (const one of some) {
      const before = (await see(await thumbnail(one.picture))).angles;
      const after = (await turned(one, turn)).angles;
      expect(sign * ((after?.[axis] ?? 0) - (before?.[axis] ?? 0))).toBeGreaterThan(9);
    }
  });

  test('of real photos agree with where they look', async () => {
    // Turned to the person's left and right; straight.
    expect((await see(face('img/p01_2.jpg'))).angles?.yaw).toBeLessThan(-25);
    expect((await see(face('img/p02_4.jpg'))).angles?.yaw).toBeGreaterThan(20);
    expect(Math.abs((await see(face('img/p01_1.jpg'))).angles?.yaw ?? 99)).toBeLessThan(8);
  });
});

test('nothing is said of a face that is too small to tell, but where it is', async () => {
  const seen = await see(face('edge/small_face.jpg'));
  expect(seen).toMatchObject({ faceCount: 1, angles: undefined, sharpness: undefined, eyesCovered: false });
  expect(await see(face('edge/no_face.jpg'))).toMatchObject({
    faceCount: 0,
    box: undefined,
    angles: undefined,
  });
  expect((await see(face('edge/two_faces.jpg'))).faceCount).toBe(2);
});
