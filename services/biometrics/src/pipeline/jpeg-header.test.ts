import { readFileSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { jpegSize } from './jpeg-header.ts';

test.each(['img/p01_1.jpg', 'edge/exif_orientation_6.jpg', 'edge/group.jpg', 'edge/small_face.jpg'])(
  '%s is as large as the decoder says',
  async (name) => {
    const bytes = readFileSync(facePath(name));
    const { width, height } = await sharp(bytes).metadata();
    expect(jpegSize(bytes)).toEqual({ width, height });
  },
);

test('progressive pictures and pictures with long headers are read as well', async () => {
  const picture = sharp({ create: { width: 321, height: 123, channels: 3, background: 'red' } });
  const progressive = await picture.clone().jpeg({ progressive: true }).withMetadata().toBuffer();
  expect(jpegSize(progressive)).toEqual({ width: 321, height: 123 });
});

test('what is no JPEG, or ends in its header, has no size', async () => {
  const whole = readFileSync(facePath('img/p01_1.jpg'));
  expect(jpegSize(whole.subarray(0, 12))).toBeUndefined();
  expect(jpegSize(new Uint8Array(10_000))).toBeUndefined();
  expect(jpegSize(new Uint8Array(10_000).fill(0xff))).toBeUndefined();
  const png = await sharp(whole).png().toBuffer();
  expect(jpegSize(png)).toBeUndefined();
});
