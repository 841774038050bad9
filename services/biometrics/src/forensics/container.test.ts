import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { readContainer } from './container.ts';
import { inspectMedia } from './inspect.ts';

/** A picture with something in it, so that encoders have work. */
const pixels = { width: 64, height: 48, channels: 3 as const };
const rgb = Buffer.from({ length: 64 * 48 * 3 } as ArrayLike<number>).map((_, index) => (index * 37) % 251);
const picture = () => sharp(rgb, { raw: pixels });
const bytesOf = async (encoded: Sharp) => new Uint8Array(await encoded.toBuffer());

/** A segment of a JPEG: marker, length, body. */
function segment(marker: number, body: Uint8Array | string, length = body.length + 2): Buffer {
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), Buffer.from(body)]);
}

/** Puts segments right behind the start of a JPEG. */
function withSegments(jpeg: Uint8Array, ...segments: Buffer[]): Uint8Array {
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]));
}

/** EXIF with nothing but colour space and size, as Apple's encoder writes it into pictures of a page. */
const APPLE_EXIF = Buffer.concat([
  Buffer.from('Exif\0\0MM\0*'),
  Buffer.from([0, 0, 0, 8, 0, 1, 0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0x1a, 0, 0, 0, 0]),
  Buffer.from([0, 3, 0xa0, 1, 0, 3, 0, 0, 0, 1, 0, 1, 0, 0, 0xa0, 2, 0, 4, 0, 0, 0, 1, 0, 0, 2, 0x80]),
  Buffer.from([0xa0, 3, 0, 4, 0, 0, 0, 1, 0, 0, 1, 0xe0, 0, 0, 0, 0]),
]);

let jpeg: Uint8Array;
beforeAll(async () => {
  jpeg = await bytesOf(picture().jpeg({ quality: 90 }));
});

/** Names of the raised signals that come from the bytes alone. */
function raisedBy(bytes: Uint8Array): string[] {
  const blank = { width: 16, height: 16, rgb: new Uint8Array(16 * 16 * 3) };
  return inspectMedia(bytes, blank, undefined)
    .filter(({ name, raised }) => raised && name !== 'media_noise_level')
    .map(({ name }) => name);
}

describe('the bytes tell where a picture comes from', () => {
  test('the encoder of a browser raises nothing', () => {
    const { format, width, height, jpeg: structure } = readContainer(jpeg);
    expect([format, width, height]).toEqual(['jpeg', 64, 48]);
    expect([structure?.tableFamily, structure?.quality]).toEqual(['standard', 90]);
    expect(raisedBy(jpeg)).toEqual([]);
    expect(raisedBy(withSegments(jpeg, segment(0xe1, APPLE_EXIF)))).toEqual([]);
  });

  test('PNG and WebP are formats of a page as well', async () => {
    expect(raisedBy(await bytesOf(picture().png()))).toEqual([]);
    expect(raisedBy(await bytesOf(picture().webp()))).toEqual([]);
  });

  test('tables and scans that no browser writes', async () => {
    expect(raisedBy(await bytesOf(picture().jpeg({ mozjpeg: true })))).toEqual([
      'media_jpeg_quant_table_hash',
    ]);
    expect(raisedBy(await bytesOf(picture().jpeg({ progressive: true })))).toEqual([
      'media_jpeg_quant_table_hash',
    ]);
    expect(raisedBy(withSegments(jpeg, segment(0xee, 'Adobe\0d\0\0\0\0\0')))).toEqual([
      'media_jpeg_quant_table_hash',
    ]);
  });

  test('tables of one setting have one hash, of another another', async () => {
    const hash = async (quality: number) =>
      readContainer(await bytesOf(picture().jpeg({ quality }))).jpeg?.tableHash;
    expect(await hash(90)).toBe(await hash(90));
    expect(await hash(90)).not.toBe(await hash(91));
  });

  test.each(['jpeg', 'png', 'webp'] as const)('metadata of a camera or an editor in %s', async (format) => {
    const camera = picture().withExif({ IFD0: { Make: 'Camera Works' } });
    expect(raisedBy(await bytesOf(camera.toFormat(format)))).toContain('media_exif_present');
    const editor = picture().withExif({ IFD0: { Software: 'Anything 1.0' } });
    expect(raisedBy(await bytesOf(editor.toFormat(format)))).toContain('media_exif_software');
  });

  test('tags of a TIFF', () => {
    const tag = (tag: number) =>
      new Uint8Array([
        0x49,
        0x49,
        0x2a,
        0,
        8,
        0,
        0,
        0,
        1,
        0,
        tag & 255,
        tag >> 8,
        2,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
      ]);
    expect(raisedBy(tag(0x100))).toEqual(['media_format']);
    expect(raisedBy(tag(0x10f))).toEqual(['media_format', 'media_exif_present']);
    expect(raisedBy(tag(0x131))).toEqual(['media_format', 'media_exif_present', 'media_exif_software']);
  });

  test('names of editors, virtual cameras and generators in comments', () => {
    const comment = (text: string) => raisedBy(withSegments(jpeg, segment(0xfe, text)));
    expect(comment('Lavc61.3.100')).toEqual(['media_exif_software']);
    expect(comment('made by OBS Studio')).toEqual(['media_virtual_camera_mark']);
    expect(comment('Steps: 20, Sampler: Euler, Negative prompt: none')).toEqual([
      'media_c2pa_manifest_present',
    ]);
    expect(comment('nothing of the kind')).toEqual([]);
  });

  test('a provenance manifest in any of its boxes', async () => {
    const box = segment(0xeb, 'JP\0\0\0\0\0\0\0\0\0jumbc2pa');
    expect(raisedBy(withSegments(jpeg, box))).toEqual(['media_c2pa_manifest_present']);
    const png = await bytesOf(picture().png());
    const chunk = Buffer.from([0, 0, 0, 4, 0x63, 0x61, 0x42, 0x58, 1, 2, 3, 4, 0, 0, 0, 0]);
    const signed = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    expect(raisedBy(new Uint8Array(signed))).toEqual(['media_c2pa_manifest_present']);
  });

  test('no text of a picture leaves with its signals', () => {
    const secret = withSegments(jpeg, segment(0xfe, 'photoshop of Jane Doe'));
    expect(JSON.stringify(inspectMedia(secret, { ...pixels, rgb }, undefined))).not.toContain('Jane');
  });
});

describe('hostile bytes are read to their end and no further', () => {
  test('segments of absurd lengths, tables without steps, fill bytes for ever', () => {
    for (const hostile of [
      withSegments(jpeg, segment(0xdb, '', 2)),
      withSegments(jpeg, segment(0xdb, '', 0)),
      withSegments(jpeg, segment(0xe1, 'Exif\0\0', 0xffff)),
      withSegments(jpeg, segment(0xc0, 'x', 3)),
      new Uint8Array(Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(100_000, 0xff)])),
      withSegments(jpeg, ...Array.from({ length: 2000 }, () => segment(0xfe, 'again'))),
    ]) {
      expect(readContainer(hostile).format).toBe('jpeg');
    }
  });

  test('an EXIF directory that points at itself or beyond the end', () => {
    const loop = Buffer.concat([
      Buffer.from('Exif\0\0II*\0'),
      Buffer.from([8, 0, 0, 0, 0xff, 0xff, 0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0]),
    ]);
    const beyond = Buffer.concat([Buffer.from('Exif\0\0MM\0*'), Buffer.from([0xff, 0xff, 0xff, 0xff])]);
    for (const exif of [loop, beyond]) {
      expect(readContainer(withSegments(jpeg, segment(0xe1, exif))).tags?.orientation).toBe(1);
    }
  });

  test('files cut at any place or with any byte changed are told apart or not, and never throw', async () => {
    const noted = picture().withExif({ IFD0: { Software: 'x' } });
    for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
      const bytes = await bytesOf(noted.clone().toFormat(format));
      const header = Math.min(bytes.length, 900);
      for (let at = 0; at < header; at += 1) {
        readContainer(bytes.subarray(0, at));
        for (const value of [0, 0x7f, 0xff]) {
          const changed = bytes.slice();
          changed[at] = value;
          readContainer(changed);
        }
      }
    }
  });
});
