import { describe, expect, it } from 'vitest';
import { judgeFont, judgePicture } from './brand-file.ts';

const be32 = (...numbers: number[]) => {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, index * 4);
  return bytes;
};
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const le16 = (number: number) => Buffer.from([number & 255, number >> 8]);
const le24 = (number: number) => Buffer.from([number & 255, (number >> 8) & 255, number >> 16]);

const png = (width: number, height: number) =>
  Buffer.concat([hex('89504e470d0a1a0a 0000000d 49484452'), be32(width, height), hex('0806000000'), be32(0)]);
/** An APP0 segment, fill bytes, then the frame header. */
const jpeg = (width: number, height: number, frame = 'c2') =>
  Buffer.concat([
    hex(`ffd8 ffe0 0004 0000 ff ff${frame} 0011 08`),
    Buffer.from([height >> 8, height & 255, width >> 8, width & 255]),
    hex('03 012200 021101 031101'),
  ]);
const webp = (chunk: Buffer) =>
  Buffer.concat([Buffer.from('RIFF'), be32(0), Buffer.from('WEBP'), chunk, Buffer.alloc(16)]);
const extended = (width: number, height: number) =>
  webp(Buffer.concat([Buffer.from('VP8X'), be32(0, 0), le24(width - 1), le24(height - 1)]));
const lossy = (width: number, height: number) =>
  webp(Buffer.concat([Buffer.from('VP8 '), be32(0), hex('000000 9d012a'), le16(width), le16(height)]));
function lossless(width: number, height: number) {
  const bits = Buffer.alloc(4);
  bits.writeUInt32LE(((height - 1) << 14) | (width - 1));
  return webp(Buffer.concat([Buffer.from('VP8L'), be32(0), hex('2f'), bits]));
}
function icon(...pictures: { width: number; height: number; bytes: Buffer }[]) {
  const head = Buffer.concat([hex('00000100'), le16(pictures.length)]);
  let offset = 6 + pictures.length * 16;
  const entries = pictures.map(({ width, height, bytes }) => {
    const entry = Buffer.alloc(16);
    entry.set([width & 255, height & 255]);
    entry.writeUInt32LE(bytes.length, 8);
    entry.writeUInt32LE(offset, 12);
    offset += bytes.length;
    return entry;
  });
  return Buffer.concat([head, ...entries, ...pictures.map(({ bytes }) => bytes)]);
}
/** A header; its height counts the mask, too. */
function dib(width: number, height: number) {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32LE(40, 0);
  bytes.writeInt32LE(width, 4);
  bytes.writeInt32LE(height * 2, 8);
  return bytes;
}
const bitmap = { width: 32, height: 32, bytes: dib(32, 32) };

describe('a picture is what its bytes are', () => {
  it.each([
    ['png', png(512, 512)],
    ['png', png(2048, 1)],
    ['jpg', jpeg(640, 200)],
    ['jpg', jpeg(640, 200, 'c0')],
    ['webp', extended(2048, 300)],
    ['webp', lossy(64, 64)],
    ['webp', lossless(64, 2048)],
    ['ico', icon(bitmap)],
    ['ico', icon(bitmap, { width: 256, height: 256, bytes: png(256, 256) })],
  ])('%s', (extension, bytes) => {
    expect(judgePicture(bytes)).toEqual({ extension });
  });

  it.each([
    ['png', png(2049, 10)],
    ['jpg', jpeg(10, 4000)],
    ['webp', extended(2049, 1)],
    ['webp', lossy(3000, 1)],
    ['webp', lossless(1, 2049)],
    ['ico', icon({ width: 16, height: 16, bytes: png(20_000, 20_000) })],
    ['ico', icon(bitmap, { width: 16, height: 16, bytes: dib(30_000, 30_000) })],
    ['ico', icon({ width: 16, height: 16, bytes: dib(16, -30_000) })],
  ])('a %s with more pixels than any screen shows of it is refused', (_, bytes) => {
    expect(judgePicture(bytes)).toEqual({
      mistake: expect.stringMatching(/pixels; each side may have 2048/),
    });
  });

  it.each([
    ['<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['\uFEFF  <?xml version="1.0"?><svg/>'],
    ['<!-- logo --><svg/>'],
    ['<!DOCTYPE svg PUBLIC "x"><svg/>'],
  ])('SVG is refused with the reason: %j', (text) => {
    expect(judgePicture(Buffer.from(text))).toEqual({ mistake: expect.stringContaining('can hold scripts') });
  });

  it.each([
    ['a GIF', Buffer.from('GIF89a')],
    ['text', Buffer.from('hello')],
    ['a page', Buffer.from('<html><script>alert(1)</script></html>')],
    ['nothing', Buffer.alloc(0)],
    ['a cursor', hex('000002000100')],
  ])('%s is none', (_, bytes) => {
    expect(judgePicture(bytes)).toEqual({ mistake: expect.stringContaining('not a PNG') });
  });

  it('what is cut off anywhere before its size, or says nothing of it, is refused', () => {
    for (const whole of [png(8, 8), jpeg(8, 8), extended(8, 8), icon(bitmap)]) {
      for (const length of [4, 8, 12, 16]) {
        const verdict = judgePicture(whole.subarray(0, length));
        expect(verdict, whole.toString('hex', 0, length)).toHaveProperty('mistake');
      }
    }
    expect(judgePicture(png(0, 8))).toHaveProperty('mistake');
    expect(judgePicture(icon())).toHaveProperty('mistake');
    expect(judgePicture(icon(bitmap, { ...bitmap, bytes: dib(0, 0) }))).toHaveProperty('mistake');
    expect(judgePicture(icon({ ...bitmap, bytes: Buffer.alloc(64) }))).toHaveProperty('mistake');
    expect(judgePicture(hex('ffd8 ffe0 0000 0000 0000 0000'))).toHaveProperty('mistake');
    expect(judgePicture(webp(Buffer.from('ABCD')))).toHaveProperty('mistake');
  });
});

describe('a font is a WOFF2 file that tells its true length', () => {
  const font = (length: number, unpacked = 1_000) =>
    Buffer.concat([Buffer.from('wOF2'), be32(0x00010000, length), hex('000a 0000'), be32(unpacked)], 64);

  it('is taken', () => {
    expect(judgeFont(font(64))).toEqual({ extension: 'woff2' });
  });

  it.each([
    ['cut off', font(65)],
    ['something else', Buffer.from('wOFF'.padEnd(64))],
    ['a header alone', font(64).subarray(0, 40)],
    ['huge when unpacked', font(64, 100_000_000)],
  ])('is refused when it is %s', (_, bytes) => {
    expect(judgeFont(bytes)).toHaveProperty('mistake');
  });
});
