import { readTags, type Tags } from './exif.ts';
import { type JpegStructure, readJpeg } from './jpeg.ts';
import { bothMarks, type Marks, NO_MARKS, readMarks } from './marks.ts';

/** What the bytes of a picture tell before a pixel is seen. */
export interface Container {
  readonly format: 'jpeg' | 'png' | 'webp' | 'tiff' | 'unknown';
  /** Pixels as stored, 0 when not found. */
  readonly width: number;
  readonly height: number;
  readonly tags: Tags | undefined;
  readonly marks: Marks;
  readonly jpeg: JpegStructure | undefined;
}

/** Chunks of a PNG of 5 MB in pieces of 8 kB, and some. */
const CHUNKS_MAX = 1024;

/** Reads a picture's container by its first bytes. Never throws, whatever the bytes. */
export function readContainer(bytes: Uint8Array): Container {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.byteLength)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) {
    const jpeg = readJpeg(bytes);
    return {
      format: 'jpeg',
      width: jpeg.width,
      height: jpeg.height,
      tags: jpeg.tags,
      marks: jpeg.marks,
      jpeg,
    };
  }
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return readChunks(bytes, 'png');
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return readChunks(bytes, 'webp');
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) {
    const tags = readTags(bytes);
    return {
      ...EMPTY,
      format: 'tiff',
      width: tags.width,
      height: tags.height,
      tags,
      marks: readMarks(bytes),
    };
  }
  return EMPTY;
}

const EMPTY: Container = {
  format: 'unknown',
  width: 0,
  height: 0,
  tags: undefined,
  marks: NO_MARKS,
  jpeg: undefined,
};

/** Chunks of pixels and of headers: nothing to be read in them. */
const PIXEL_CHUNKS = new Set([
  'IDAT',
  'IHDR',
  'PLTE',
  'IEND',
  'iCCP',
  'VP8 ',
  'VP8L',
  'VP8X',
  'ALPH',
  'ICCP',
  'ANMF',
]);

/** PNG: length, name, data, checksum; big endian. WebP: name, length, data, padded to even; little endian. */
function readChunks(bytes: Uint8Array, format: 'png' | 'webp'): Container {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = format === 'png';
  let tags: Tags | undefined;
  let marks = NO_MARKS;
  let [width, height] = [0, 0];
  let at = isPng ? 8 : 12;
  for (let count = 0; count < CHUNKS_MAX && at + 8 <= bytes.length; count += 1) {
    const length = isPng ? view.getUint32(at) : view.getUint32(at + 4, true);
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + (isPng ? 4 : 0), 4).toString('latin1');
    const body = bytes.subarray(at + 8, Math.min(bytes.length, at + 8 + length));
    at += 8 + length + (isPng ? 4 : length % 2);
    if (name === 'IHDR' && body.length >= 8) [width, height] = [view32(body, 0), view32(body, 4)];
    if (name === 'eXIf' || name === 'EXIF') {
      tags ??= readTags(startsWithExif(body) ? body.subarray(6) : body);
    }
    if (!PIXEL_CHUNKS.has(name)) marks = bothMarks(marks, readMarks(body));
    if (name === 'caBX' || name === 'C2PA') marks = { ...marks, provenance: true };
  }
  return { format, width, height, tags, marks, jpeg: undefined };
}

function startsWithExif(body: Uint8Array): boolean {
  return body[0] === 0x45 && body[1] === 0x78 && body[2] === 0x69 && body[3] === 0x66;
}

function view32(body: Uint8Array, at: number): number {
  return (
    (((body[at] ?? 0) << 24) |
      ((body[at + 1] ?? 0) << 16) |
      ((body[at + 2] ?? 0) << 8) |
      (body[at + 3] ?? 0)) >>>
    0
  );
}
