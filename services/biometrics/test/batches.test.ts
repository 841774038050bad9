import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Refused } from '../src/pipeline/decode.ts';
import type { Failed } from '../src/pipeline/examination.ts';
import type { Look, Looker } from '../src/pipeline/look.ts';
import { face } from './faces.ts';
import { openLooker } from './looker.ts';

const TOLERANCE = 1e-4;

let looker: Looker;
/** Pictures that would show if rows of a batch touched each other, and what each gives alone. */
const pictures: Uint8Array[] = [];
const alone: (Look | Refused | Failed)[] = [];

function plain(value: number): Promise<Buffer> {
  const [width, height] = [640, 480];
  return sharp(Buffer.alloc(width * height * 3, value), { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

beforeAll(async () => {
  looker = await openLooker({ age: true });
  const noise = { raw: { width: 640, height: 480, channels: 3 as const } };
  pictures.push(
    face('img/p04_1.jpg'),
    await plain(255),
    face('edge/group.jpg'),
    await sharp(randomBytes(640 * 480 * 3), noise)
      .jpeg()
      .toBuffer(),
    face('img/p05_1.jpg'),
    await plain(0),
    face('edge/no_face.jpg'),
    face('edge/two_faces.jpg'),
    Uint8Array.of(0xff, 0xd8, 0xff, 1, 2, 3),
    face('edge/exif_orientation_6.jpg'),
    face('edge/small_face.jpg'),
    face('spoof/spoof_3.jpg'),
  );
  for (const image of pictures) alone.push(...(await looker.looks([{ image, options: { age: true } }])));
});

/** Everything that a look says in numbers. */
function numbers(look: Look | Refused | Failed | undefined): number[] {
  if (look === undefined || 'refused' in look || 'failed' in look) return [];
  const { subject, faces } = look;
  const boxes = faces.flatMap(({ box, score }) => [score, box.left, box.top, box.width, box.height]);
  if (subject === undefined) return [look.luma, ...boxes];
  const { embedding, quality, live, age = Number.NaN, landmarks } = subject;
  return [look.luma, ...boxes, quality, live, age, ...landmarks.mesh, ...embedding];
}

test.each([2, 3, 4, 7, 8, 16, 32])(
  'in a batch of %i every picture gets the answer that it gets alone',
  async (size) => {
    const members = Array.from({ length: size }, (_, index) => (index * 5) % pictures.length);
    const looks = await looker.looks(
      members.map((member) => ({ image: pictures[member] ?? new Uint8Array(), options: { age: true } })),
    );
    expect(looks).toHaveLength(size);
    members.forEach((member, row) => {
      const [actual, expected] = [numbers(looks[row]), numbers(alone[member])];
      expect(actual).toHaveLength(expected.length);
      const worst = Math.max(
        0,
        ...actual.map((value, index) => Math.abs(value - (expected[index] ?? Number.NaN))),
      );
      expect(worst, `picture ${member} in a batch of ${size}`).toBeLessThanOrEqual(TOLERANCE);
    });
  },
);

test('a batch of nothing but refusals is answered too', async () => {
  const image = Uint8Array.of(1, 2, 3);
  expect(await looker.looks([{ image }, { image }])).toEqual([
    { refused: expect.any(String) },
    { refused: expect.any(String) },
  ]);
});
