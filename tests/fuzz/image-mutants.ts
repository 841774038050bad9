import { readFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import { facePath } from '@selfsame/testing/assets';
import sharp, { type Sharp } from 'sharp';
import type { Random } from '../chaos/random.ts';

/** A picture that somebody might upload, on purpose or not. */
export interface Mutant {
  /** What was done to it. */
  readonly kind: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A valid picture in one of the formats. */
interface Sample {
  readonly format: string;
  readonly bytes: Buffer;
}

const ORIENTATIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 65_535];

/** What pictures are mutated from: one small face in every format and flavour that callers have, valid all of them. */
export async function loadSamples(): Promise<readonly Sample[]> {
  const face = sharp(await readFile(facePath('img/p01_1.jpg'))).resize({ width: 240 });
  const make = async (format: string, image: Sharp): Promise<Sample> => ({
    format,
    bytes: await image.toBuffer(),
  });
  const frames = await Promise.all([0, 90, 180].map((angle) => face.clone().rotate(angle).png().toBuffer()));
  const animation = sharp(
    await Promise.all(
      frames.map((frame) => sharp(frame).resize(160, 160, { fit: 'cover' }).png().toBuffer()),
    ),
    { join: { animated: true } },
  );
  return Promise.all([
    make('jpeg', face.clone().jpeg()),
    make('progressive jpeg', face.clone().jpeg({ progressive: true })),
    make('cmyk jpeg', face.clone().toColourspace('cmyk').jpeg()),
    make('grey jpeg', face.clone().greyscale().jpeg()),
    make('4:4:4 jpeg', face.clone().jpeg({ chromaSubsampling: '4:4:4' })),
    make('png', face.clone().png()),
    make('palette png', face.clone().png({ palette: true })),
    make('16-bit png', face.clone().toColourspace('rgb16').png()),
    make('png with alpha', face.clone().ensureAlpha(0.5).png()),
    make('webp', face.clone().webp()),
    make('lossless webp', face.clone().webp({ lossless: true })),
    make('animated webp', animation.clone().webp()),
    make('animated gif', animation.clone().gif()),
    make('tiff', face.clone().tiff({ compression: 'lzw' })),
    make('jpeg tiff', face.clone().tiff({ compression: 'jpeg' })),
    make('tiled tiff', face.clone().tiff({ compression: 'deflate', tile: true })),
    make('avif', face.clone().resize({ width: 64 }).avif({ effort: 0 })),
    ...ORIENTATIONS.slice(1, 9).map((orientation) =>
      make(`orientation ${orientation}`, face.clone().withMetadata({ orientation }).jpeg()),
    ),
  ]);
}

type Mutation = (sample: Sample, random: Random, samples: readonly Sample[]) => Buffer;

const mutations: Readonly<Record<string, Mutation>> = {
  whole: ({ bytes }) => bytes,
  truncated: ({ bytes }, random) => bytes.subarray(0, random.integer(bytes.length)),
  'bits flipped': ({ bytes }, random) => {
    const mutant = Buffer.from(bytes);
    for (let count = 1 + random.integer(64); count > 0; count -= 1) {
      const at = random.integer(mutant.length);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << random.integer(8));
    }
    return mutant;
  },
  'header damaged': ({ bytes }, random) => {
    const mutant = Buffer.from(bytes);
    for (let count = 1 + random.integer(8); count > 0; count -= 1) {
      mutant[random.integer(Math.min(200, mutant.length))] = random.integer(256);
    }
    return mutant;
  },
  'numbers made huge': ({ bytes }, random) => {
    const mutant = Buffer.from(bytes);
    const at = random.integer(Math.max(1, Math.min(1_000, mutant.length - 4)));
    mutant.writeUInt32BE(random.pick([0, 0x7fffffff, 0x80000000, 0xffffffff, 0x00010000]), at);
    return mutant;
  },
  'part overwritten': ({ bytes }, random) => {
    const mutant = Buffer.from(bytes);
    const from = random.integer(mutant.length);
    mutant.fill(
      random.pick([0, 0xff, 0xd8, 0x5a]),
      from,
      Math.min(mutant.length, from + random.integer(2_000)),
    );
    return mutant;
  },
  'part repeated': ({ bytes }, random) => {
    const from = random.integer(bytes.length);
    const part = bytes.subarray(from, from + random.integer(4_000));
    return Buffer.concat([bytes.subarray(0, from), part, part, bytes.subarray(from)]);
  },
  'two files joined': ({ bytes }, random, samples) => {
    const other = random.pick(samples).bytes;
    return Buffer.concat([
      bytes.subarray(0, random.integer(bytes.length)),
      other.subarray(random.integer(other.length)),
    ]);
  },
  'noise after the signature': ({ bytes }, random) => {
    const noise = Buffer.from(Array.from({ length: 500 + random.integer(4_000) }, () => random.integer(256)));
    return Buffer.concat([bytes.subarray(0, 12), noise]);
  },
  'claims 20000 x 20000': ({ format, bytes }) => claimSize(format, bytes, 20_000, 20_000),
  'claims no size': ({ format, bytes }) => claimSize(format, bytes, 0, 0),
  'odd orientation': ({ bytes }, random) => withOrientation(bytes, random.pick(ORIENTATIONS)),
  'trailing megabyte': ({ bytes }) => Buffer.concat([bytes, Buffer.alloc(1024 * 1024)]),
};

/** What is no picture of ours at all, or a bomb: few, and the same in every run. */
export function oddities(): Mutant[] {
  const text = (content: string) => Buffer.from(content);
  return (
    [
      ['empty', Buffer.alloc(0)],
      ['one byte', Buffer.of(0xff)],
      [
        'svg',
        text(
          '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
        ),
      ],
      ['svg with an entity', text('<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/hostname">]><svg>&a;</svg>')],
      ['pdf', text('%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF')],
      ['html', text('<html><body>no picture</body></html>')],
      ['zip', text('PK\x03\x04 no picture')],
      ['bmp', Buffer.concat([text('BM'), Buffer.alloc(60)])],
      ['png bomb of 20000 x 20000', pngBomb(20_000)],
      ['png of 6000 x 6000, just below the limit', pngBomb(6_000)],
      ['zeros, 5 MB', Buffer.alloc(5 * 1024 * 1024)],
    ] satisfies [string, Buffer][]
  ).map(([kind, bytes]) => ({ kind, bytes: new Uint8Array(bytes) }));
}

/** One mutant; the same random numbers give the same one. */
export function mutate(samples: readonly Sample[], random: Random): Mutant {
  const sample = random.pick(samples);
  const name = random.pick(Object.keys(mutations));
  const mutation = mutations[name];
  if (mutation === undefined) throw new Error(`no mutation ${name}`);
  return { kind: name, bytes: new Uint8Array(mutation(sample, random, samples)) };
}

/** Writes another size into the header of a JPEG, PNG or WebP; other formats get the number at a random-looking place. */
function claimSize(format: string, bytes: Buffer, width: number, height: number): Buffer {
  const mutant = Buffer.from(bytes);
  if (format.endsWith('png')) {
    mutant.writeUInt32BE(width, 16);
    mutant.writeUInt32BE(height, 20);
    mutant.writeUInt32BE(crc32(mutant.subarray(12, 29)), 29);
    return mutant;
  }
  const frame = Math.max(mutant.indexOf(Buffer.of(0xff, 0xc0)), mutant.indexOf(Buffer.of(0xff, 0xc2)));
  if (frame >= 0 && frame + 9 < mutant.length) {
    mutant.writeUInt16BE(height, frame + 5);
    mutant.writeUInt16BE(width, frame + 7);
    return mutant;
  }
  mutant.writeUInt32LE(width, Math.min(26, mutant.length - 4));
  return mutant;
}

/** An EXIF segment with this orientation right after the start of the picture, whatever the picture is. */
function withOrientation(bytes: Buffer, orientation: number): Buffer {
  const exif = Buffer.from('Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
  exif.writeUInt16LE(orientation, 24);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(0xffe1, 0);
  head.writeUInt16BE(exif.length + 2, 2);
  return Buffer.concat([bytes.subarray(0, 2), head, exif, bytes.subarray(2)]);
}

/** A valid grey PNG of one bit a pixel, all black: small to send, large to unpack. */
function pngBomb(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
