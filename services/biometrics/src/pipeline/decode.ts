import sharp, { type Metadata } from 'sharp';
import type { Size } from './detection.ts';
import { type JpegHeader, readJpegHeader } from './jpeg-header.ts';
import type { Picture } from './picture.ts';

/** Longer side of the picture that every later step works on; the recipe's size. */
export const WORKING_SIDE = 640;
/** Longer side of the picture that live guidance works on. */
export const GUIDANCE_SIDE = 320;

/** Ample for a 5 MB photo of a phone. A JPEG of one scan is reduced while it is read, and never lies unpacked in memory. */
const SHRINKING_PIXELS_MAX = 40_000_000;
/** Of anything else every pixel is unpacked at full size: 4096x4096. */
const WHOLE_PIXELS_MAX = 2 ** 24;
/** With four channels of 8 bits. The thread pool of the process unpacks four pictures at once, so four times that. */
const WHOLE_BYTES_MAX = 4 * WHOLE_PIXELS_MAX;
/** Unpacking takes 2 to 100 ms; whatever needs seconds was made to. */
const DECODE_SECONDS_MAX = 5;

/** Degrees clockwise. */
export type Turn = 0 | 90 | 180 | 270;

/** A decoded picture and how large it was, upright and turned, before it was reduced. */
export interface Decoded extends Picture {
  readonly source: Size;
}

/** Why bytes are no picture. The text may be shown to the caller. */
export interface Refused {
  readonly refused: string;
}

// Nothing but the four formats is ever parsed, no decoded picture is kept, and a look stays on its own core.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadTiff'],
});
sharp.cache(false);
sharp.concurrency(1);

/**
 * Decodes a JPEG, PNG, WebP or TIFF to upright sRGB without alpha, the longer side at most `side` pixels. The content
 * decides what a file is, not its name. Truncated, damaged and oversized files are refused; mere warnings are let pass,
 * since phones and scanners write odd but harmless headers.
 * @param turn by how much the upright picture is turned on top
 */
export async function decode(bytes: Uint8Array, side: number, turn: Turn = 0): Promise<Decoded | Refused> {
  if (!isKnownFormat(bytes)) return { refused: 'The image is not a JPEG, PNG, WebP or TIFF file.' };
  try {
    const image = sharp(bytes, { failOn: 'error', limitInputPixels: SHRINKING_PIXELS_MAX });
    const stored = readJpegHeader(bytes) ?? (await image.metadata());
    if (isTooLarge(stored)) return TOO_LARGE;
    const { data, info } = await image
      .timeout({ seconds: DECODE_SECONDS_MAX })
      .autoOrient()
      // Turned once it is small: turning takes the whole picture into memory.
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .rotate(turn)
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return { refused: 'The image has no RGB form.' };
    return { width: info.width, height: info.height, rgb: data, source: likewise(stored, info) };
  } catch (error) {
    const tooLarge = error instanceof Error && error.message.includes('pixel limit');
    return tooLarge ? TOO_LARGE : { refused: 'The image is damaged or incomplete.' };
  }
}

const TOO_LARGE: Refused = { refused: 'The image has too many pixels.' };

/** By what its header says, before anything is unpacked. */
function isTooLarge(stored: JpegHeader | Metadata): boolean {
  const pixels = stored.width * stored.height;
  if ('severalScans' in stored)
    return pixels > (stored.severalScans ? WHOLE_PIXELS_MAX : SHRINKING_PIXELS_MAX);
  const bytes = pixels * stored.channels * (SAMPLE_BYTES[stored.depth] ?? SAMPLE_BYTES_MAX);
  return pixels > WHOLE_PIXELS_MAX || bytes > WHOLE_BYTES_MAX;
}

/** Of one channel of one pixel, by the decoder's name of its form; what is not here is larger still. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
};
const SAMPLE_BYTES_MAX = 16;

/** The stored size, lying or standing as the decoded picture does: orientation and turn have exchanged the sides or not. */
function likewise({ width, height }: Size, decoded: Size): Size {
  const exchanged = width > height !== decoded.width > decoded.height;
  return exchanged ? { width: height, height: width } : { width, height };
}

/** A picture as JPEG bytes, to warm the decoder with. */
export async function encodeBlank({ width, height, rgb }: Picture): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

/** By the first bytes: FF D8 FF, the PNG signature, RIFF....WEBP, or TIFF in either byte order. */
function isKnownFormat(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(12, bytes.byteLength)).toString('latin1');
  return (
    head.startsWith('\xff\xd8\xff') ||
    head.startsWith('\x89PNG\r\n\x1a\n') ||
    (head.startsWith('RIFF') && head.slice(8) === 'WEBP') ||
    head.startsWith('II*\0') ||
    head.startsWith('MM\0*')
  );
}
