import { readFileSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readJpegHeader } from './jpeg-header.ts';

test.each(['img/p01_1.jpg', 'edge/exif_orientation_6.jpg', 'edge/group.jpg', 'edge/small_face.jpg'])(
  '%s is as large as the decoder says',
  async (name) => {
    const bytes = readFileSync(facePath(name));
    const { width, height } = await sharp(bytes).metadata();
    expect(readJpegHeader(bytes)).toEqual({ width, height, severalScans: false });
  },
);

test('progressive pictures and pictures with long headers are read as well', async () => {
  const picture = sharp({ create: { width: 321, height: 123, channels: 3, background: 'red' } });
  const progressive = await picture.clone().jpeg({ progressive: true }).withMetadata().toBuffer();
  expect(readJpegHeader(progressive)).toEqual({ width: 321, height: 123, severalScans: true });
});

test('a picture whose components come one after the other is one of several scans', () => {
  const bytes = Uint8Array.from(readFileSync(facePath('img/p01_1.jpg')));
  const scan = Buffer.from(bytes.buffer).indexOf(Buffer.from([0xff, 0xda, 0x00, 0x0c, 0x03]));
  expect(scan).toBeGreaterThan(0);
  bytes[scan + 4] = 1;
  expect(readJpegHeader(bytes)?.severalScans).toBe(true);
});

test('fill bytes, markers without a segment and a second frame are left to the decoder', () => {
  const whole = readFileSync(facePath('img/p01_1.jpg'));
  const after = (...inserted: number[]) =>
    Buffer.concat([whole.subarray(0, 2), Uint8Array.from(inserted), whole.subarray(2)]);
  expect(readJpegHeader(after(0xff))).toBeUndefined();
  expect(readJpegHeader(after(0xff, 0xd0))).toBeUndefined();
  const frame = [0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0];
  expect(readJpegHeader(after(...frame))).toBeUndefined();
});

test('what is no JPEG, or ends in its header, has no size', async () => {
  const whole = readFileSync(facePath('img/p01_1.jpg'));
  expect(readJpegHeader(whole.subarray(0, 12))).toBeUndefined();
  expect(readJpegHeader(new Uint8Array(10_000))).toBeUndefined();
  expect(readJpegHeader(new Uint8Array(10_000).fill(0xff))).toBeUndefined();
  const png = await sharp(whole).png().toBuffer();
  expect(readJpegHeader(png)).toBeUndefined();
});
