import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetsDirectory } from '@selfsame/testing/assets';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { decode, WORKING_SIDE } from '../src/pipeline/decode.ts';
import { cosine } from '../src/pipeline/embedding.ts';
import type { Looker } from '../src/pipeline/look.ts';
import { face } from './faces.ts';
import { lookAt, openLooker, subjectOf } from './looker.ts';

/** The parts of reference.json that the default pipeline computes. */
interface Reference {
  images: Record<string, ReferenceImage>;
  pairs: { a: string; b: string; reid0095: number }[];
}
interface ReferenceImage {
  width: number;
  height: number;
  pixels_sha256: string;
  faces: number;
  box: number[];
  score: number;
  mesh_points: [number, number][];
  pose_deg: { yaw: number; pitch: number; roll: number };
  reid0095_256_first8: number[];
  liveness: { prob_2_7: number[]; prob_4_0: number[]; score: number };
  quality: number;
  age: number;
}

const reference: Reference = JSON.parse(
  readFileSync(join(assetsDirectory(), 'models', 'reference.json'), 'utf8'),
);

/** As the reference grants for identical pixels; degrees follow from coordinates. */
const VALUE_TOLERANCE = 1e-3;
const PIXEL_TOLERANCE = 0.05;
const DEGREE_TOLERANCE = 0.05;
/** A value of some tens: the same relative error. */
const YEAR_TOLERANCE = 0.02;

let looker: Looker;
beforeAll(async () => {
  looker = await openLooker({ age: true });
});

function expectNear(actual: readonly (number | undefined)[], expected: readonly number[], tolerance: number) {
  const worst = Math.max(...expected.map((value, index) => Math.abs(value - (actual[index] ?? Number.NaN))));
  expect(worst, `${actual} against ${expected}`).toBeLessThanOrEqual(tolerance);
}

describe('the pipeline gives the published reference numbers', () => {
  test.each(Object.entries(reference.images))('%s', async (name, expected) => {
    const picture = await decode(face(name), WORKING_SIDE);
    if ('refused' in picture) throw new Error(picture.refused);
    expect([picture.width, picture.height]).toEqual([expected.width, expected.height]);
    expect(createHash('sha256').update(picture.rgb).digest('hex')).toBe(expected.pixels_sha256);

    const { faces, subject } = await lookAt(looker, name, { age: true });
    const box = faces[0]?.box;
    expect(faces).toHaveLength(expected.faces);
    expectNear([box?.left, box?.top, box?.width, box?.height], expected.box, PIXEL_TOLERANCE);
    expectNear([faces[0]?.score], [expected.score], VALUE_TOLERANCE);
    if (!subject) throw new Error('no subject');
    const { points, pose } = subject.landmarks;
    expectNear(
      points.flatMap(({ x, y }) => [x, y]),
      expected.mesh_points.flat(),
      PIXEL_TOLERANCE,
    );
    const { yaw, pitch, roll } = expected.pose_deg;
    expectNear([pose.yaw, pose.pitch, pose.roll], [yaw, pitch, roll], DEGREE_TOLERANCE);
    expectNear([...subject.embedding.slice(0, 8)], expected.reid0095_256_first8, VALUE_TOLERANCE);
    expectNear(subject.liveBy.near, expected.liveness.prob_2_7, VALUE_TOLERANCE);
    expectNear(subject.liveBy.far, expected.liveness.prob_4_0, VALUE_TOLERANCE);
    expectNear([subject.live], [expected.liveness.score], VALUE_TOLERANCE);
    expectNear([subject.quality], [expected.quality], VALUE_TOLERANCE);
    expectNear([subject.age], [expected.age], YEAR_TOLERANCE);
  });

  test.each(reference.pairs)('$a against $b', async ({ a, b, reid0095 }) => {
    const [one, other] = [await subjectOf(looker, a), await subjectOf(looker, b)];
    expectNear([cosine(one.embedding, other.embedding)], [reid0095], VALUE_TOLERANCE);
  });
});

test('a photo stored sideways is the same face once its EXIF orientation is applied', async () => {
  const [upright, sideways] = [
    await subjectOf(looker, 'img/p01_1.jpg'),
    await subjectOf(looker, 'edge/exif_orientation_6.jpg'),
  ];
  expect(cosine(upright.embedding, sideways.embedding)).toBeGreaterThan(0.99);
});

test.each([90, 180, 270] as const)(
  'a picture turned by %i degrees and back is the same face',
  async (turn) => {
    const picture = face('img/p01_1.jpg');
    const upright = await lookAt(looker, picture);
    const turned = await sharp(picture)
      .rotate(360 - turn)
      .jpeg({ quality: 95 })
      .toBuffer();
    const back = await lookAt(looker, turned, { turn });
    expect([back.width, back.height, back.source]).toEqual([upright.width, upright.height, upright.source]);
    const [one, other] = [back.subject, upright.subject];
    expect(one && other && cosine(one.embedding, other.embedding)).toBeGreaterThan(0.98);
  },
);

test('a large picture is worked on smaller, and tells how large it was', async () => {
  const large = await sharp(face('img/p01_1.jpg')).resize(1908, 2560).jpeg().toBuffer();
  const { source, width, height } = await lookAt(looker, large);
  expect([source, width, height]).toEqual([{ width: 1908, height: 2560 }, 477, 640]);
});

test('a track has the landmarks of a look, and the colours and the print of its frame', async () => {
  const [track] = await looker.tracks([{ image: face('img/p01_1.jpg') }]);
  const { landmarks } = await subjectOf(looker, 'img/p01_1.jpg');
  if (!track || 'refused' in track) throw new Error('no track');
  expect(track.landmarks).toEqual(landmarks);
  expect(track.regions).toBeDefined();
  expect(track.fingerprint).toBeDefined();
});
