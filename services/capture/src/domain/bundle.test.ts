import { describe, expect, it } from 'vitest';
import { cutPictures, openBundle } from './bundle.ts';

const manifest = (bytes: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

describe('a bundle', () => {
  it('is a manifest and what lies behind it', () => {
    const body = Buffer.concat([manifest(Buffer.from('{"a":"é"}')), Buffer.from('pictures')]);
    const opened = openBundle(body);
    expect(opened?.manifest).toEqual({ a: 'é' });
    expect(opened?.pictures.toString()).toBe('pictures');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a length', Buffer.alloc(3)],
    ['a length of nothing', Buffer.alloc(8)],
    ['a manifest that ends behind its end', manifest(Buffer.from('{}')).subarray(0, 5)],
    ['a manifest of 2 GB', Buffer.from([0x80, 0, 0, 0, 0x7b, 0x7d])],
    ['no JSON', manifest(Buffer.from('{'))],
    ['no UTF-8', manifest(Buffer.from([0x22, 0xff, 0x22]))],
    ['a manifest over 64 kB', manifest(Buffer.from(`"${'a'.repeat(64_000)}"`))],
  ])('is not %s', (_what, body) => {
    expect(openBundle(body)).toBeNull();
  });

  it('is cut into its pictures without a copy', () => {
    const pictures = Buffer.from('image1234');
    const cut = cutPictures(pictures, { image_bytes: 5, frames: [{ bytes: 1 }, { bytes: 3 }] });
    expect(cut?.image.toString()).toBe('image');
    expect(cut?.frames.map(String)).toEqual(['1', '234']);
    expect(cut?.image.buffer).toBe(pictures.buffer);
  });

  it.each([
    ['one byte too few', { image_bytes: 5, frames: [{ bytes: 3 }] }],
    ['one byte too many', { image_bytes: 5, frames: [{ bytes: 5 }] }],
  ])('with lengths that are %s is none', (_what, layout) => {
    expect(cutPictures(Buffer.from('image1234'), layout)).toBeNull();
  });

  it('with frames of more than 10 MB together is none', () => {
    const layout = { image_bytes: 1, frames: [{ bytes: 10_000_001 }] };
    expect(cutPictures(Buffer.alloc(10_000_002), layout)).toBeNull();
  });
});
