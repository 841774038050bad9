import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decode, type Turn } from './decode.ts';
import type { Picture } from './picture.ts';

/** Noise on a ramp: compresses to something worth cutting short. */
function pixels(width: number, height: number, channels: 3 | 4 = 3): Buffer {
  const bytes = Buffer.alloc(width * height * channels);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 31 + (at >> 7) * 17) % 256;
  return bytes;
}

function source(width = 64, height = 48) {
  return sharp(pixels(width, height), { raw: { width, height, channels: 3 } });
}

async function decoded(bytes: Uint8Array, side = 640): Promise<Picture> {
  const picture = await decode(bytes, side);
  if ('refused' in picture) throw new Error(picture.refused);
  return picture;
}

const formats = {
  jpeg: () => source().jpeg().toBuffer(),
  png: () => source().png().toBuffer(),
  webp: () => source().webp().toBuffer(),
  tiff: () => source().tiff({ compression: 'lzw' }).toBuffer(),
};

/** A PNG whose header claims a size that its data never fills. */
function pngClaiming(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The same JPEG with another size written into its frame header. */
function jpegClaiming(jpeg: Buffer, width: number, height: number): Buffer {
  const bytes = Buffer.from(jpeg);
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

describe('the four formats decode to upright sRGB', () => {
  test.each(Object.entries(formats))('%s', async (_, make) => {
    const { width, height, rgb } = await decoded(await make());
    expect([width, height, rgb.length]).toEqual([64, 48, 64 * 48 * 3]);
  });

  test.each([
    ['a grey picture', () => source().greyscale().jpeg().toBuffer()],
    ['16 bits', () => source().toColourspace('rgb16').png().toBuffer()],
    ['CMYK', () => source().toColourspace('cmyk').jpeg().toBuffer()],
    ['a palette', () => source().png({ palette: true }).toBuffer()],
    ['progressive', () => source().jpeg({ progressive: true }).toBuffer()],
  ])('%s', async (_, make) => {
    const { rgb } = await decoded(await make());
    expect(rgb.length).toBe(64 * 48 * 3);
  });

  test('transparency is dropped, not blended', async () => {
    const red = { r: 200, g: 10, b: 10, alpha: 0.1 };
    const image = sharp({ create: { width: 8, height: 8, channels: 4, background: red } });
    const { rgb } = await decoded(await image.png().toBuffer());
    expect([...rgb.subarray(0, 3)]).toEqual([200, 10, 10]);
  });

  test('the EXIF orientation is applied', async () => {
    const { width, height } = await decoded(
      await source().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    expect([width, height]).toEqual([48, 64]);
  });

  test('the turn comes on top of the orientation', async () => {
    const corner = Buffer.alloc(64 * 48 * 3);
    corner.fill(255, 0, 3);
    const make = (orientation: number) =>
      sharp(corner, { raw: { width: 64, height: 48, channels: 3 } })
        .withMetadata({ orientation })
        .png()
        .toBuffer();
    /** Where the white corner is: from the left, from the top. */
    const cornerOf = async (orientation: number, turn: Turn) => {
      const picture = await decode(await make(orientation), 640, turn);
      if ('refused' in picture) throw new Error(picture.refused);
      const at = picture.rgb.indexOf(255) / 3;
      return [picture.width, at % picture.width, Math.floor(at / picture.width)];
    };
    expect(await cornerOf(1, 90)).toEqual([48, 47, 0]);
    expect(await cornerOf(6, 0)).toEqual([48, 47, 0]);
    expect(await cornerOf(6, 90)).toEqual([64, 63, 47]);
    expect(await cornerOf(6, 270)).toEqual([64, 0, 0]);
    // Mirrored.
    expect(await cornerOf(2, 0)).toEqual([64, 63, 0]);
    expect(await cornerOf(2, 90)).toEqual([48, 47, 63]);
    expect(await cornerOf(5, 0)).toEqual([48, 0, 0]);
    expect(await cornerOf(5, 90)).toEqual([64, 63, 0]);
  });

  test('a large picture turned is the large picture, turned', async () => {
    const large = await source(1_500, 1_000).jpeg().toBuffer();
    const [upright, turned] = [await decode(large, 320), await decode(large, 320, 180)];
    if ('refused' in upright || 'refused' in turned) throw new Error('refused');
    const backwards: number[] = [];
    for (let at = upright.rgb.length - 3; at >= 0; at -= 3)
      backwards.push(...upright.rgb.subarray(at, at + 3));
    expect(Buffer.compare(Buffer.from(turned.rgb), Buffer.from(backwards))).toBe(0);
    expect(turned.source).toEqual({ width: 1_500, height: 1_000 });
  });

  test('large pictures shrink to the working size, small ones stay', async () => {
    const large = await decoded(await source(3000, 2000).jpeg().toBuffer());
    expect([large.width, large.height]).toEqual([640, 427]);
    const thin = await decoded(await source(2000, 1).png().toBuffer());
    expect([thin.width, thin.height]).toEqual([640, 1]);
  });
});

describe('hostile files are refused', () => {
  test.each<[string, () => Promise<Uint8Array> | Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['one byte', () => Uint8Array.of(0xff)],
    ['text', () => Buffer.from('not an image at all')],
    ['HTML', () => Buffer.from('<!doctype html><img src=x onerror=alert(1)>')],
    ['an SVG that includes a file', () => Buffer.from('<svg><image href="file:///etc/passwd"/></svg>')],
    ['a GIF', () => source().gif().toBuffer()],
    ['an AVIF', () => source().avif().toBuffer()],
    ['a PDF', () => Buffer.from('%PDF-1.7\n1 0 obj <<>> endobj')],
    ['a ZIP', () => Buffer.from('PK\x03\x04 zip', 'latin1')],
    ['a bare JPEG marker', () => Uint8Array.of(0xff, 0xd8, 0xff)],
    [
      'a JPEG marker before HTML',
      () => Buffer.concat([Uint8Array.of(0xff, 0xd8, 0xff), Buffer.from('<html>')]),
    ],
    ['a bare PNG signature', () => Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['a WebP header and nothing more', () => Buffer.from('RIFF\xff\xff\xff\x7fWEBPVP8 ', 'latin1')],
    ['a TIFF whose directory points nowhere', () => Buffer.from('II*\0\xff\xff\xff\x7f', 'latin1')],
    ['a PNG of 400 megapixels in a kilobyte', () => pngClaiming(20_000, 20_000)],
    ['a PNG of 12 megapixels with a few rows', () => pngClaiming(4_000, 3_000)],
    ['a PNG with more pixels than numbers', () => pngClaiming(0x7fffffff, 0x7fffffff)],
    ['a JPEG that claims 65500x65500', async () => jpegClaiming(await formats.jpeg(), 65_500, 65_500)],
    ['a JPEG of 41 megapixels', () => source(8_200, 5_000).jpeg({ quality: 1 }).toBuffer()],
  ])('%s', async (_, make) => {
    expect(await decode(await make(), 640)).toEqual({ refused: expect.any(String) });
  });

  const black = (width: number, height: number, channels: 3 | 4 = 3) =>
    sharp({ create: { width, height, channels, background: 'black' } });
  test.each<[string, () => Promise<Uint8Array>]>([
    ['a PNG of 17 megapixels', () => black(4_250, 4_000).png().toBuffer()],
    ['a WebP of 17 megapixels', () => black(4_250, 4_000).webp({ effort: 0 }).toBuffer()],
    ['a TIFF of 17 megapixels', () => black(4_250, 4_000).tiff({ compression: 'deflate' }).toBuffer()],
    ['a progressive JPEG of 17 megapixels', () => black(4_250, 4_000).jpeg({ progressive: true }).toBuffer()],
    ['9 megapixels of 16 bits', () => black(3_000, 3_000, 4).toColourspace('rgb16').png().toBuffer()],
  ])('what would be unpacked at full size: %s', async (_, make) => {
    expect(await decode(await make(), 640)).toEqual({ refused: 'The image has too many pixels.' });
  });

  test.each(Object.entries(formats))('%s cut off anywhere', async (_, make) => {
    const whole = await make();
    for (const share of [0.02, 0.3, 0.6, 0.9]) {
      const picture = await decode(whole.subarray(0, Math.floor(whole.length * share)), 640);
      expect(picture, `at ${share}`).toHaveProperty('refused');
    }
  });

  test('the reason never repeats the content', async () => {
    const secret = 'four-horses-under-the-bridge';
    for (const head of ['', '\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'II*\0']) {
      const result = await decode(Buffer.from(head + secret, 'latin1'), 640);
      expect(JSON.stringify(result)).not.toContain(secret);
    }
  });
});
