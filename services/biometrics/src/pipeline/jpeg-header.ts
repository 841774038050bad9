import type { Size } from './detection.ts';

/** What the headers of a JPEG say, before any orientation. */
export interface JpegHeader extends Size {
  /**
   * The picture comes in several scans (progressive, or each component by itself): the decoder holds all coefficients of it
   * until it has read the last one, however small the picture shall become.
   */
  readonly severalScans: boolean;
}

/** Markers that begin a frame: SOF0 to SOF15 without the three that are something else. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Frames of the progressive modes. */
const PROGRESSIVE = [0xc2, 0xc6, 0xca, 0xce];
const SCAN = 0xda;
/** No segment follows these, or they have no place in a header: what comes next is the decoder's to judge. */
const isOdd = (marker: number) => marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd9) || marker === 0xff;
/** A header has some ten segments; a file that has more is left to the decoder to judge. */
const SEGMENTS_MAX = 100;

/**
 * Reads up to the first scan of a JPEG: what a whole extra pass of the decoder would say. Undefined when the bytes are no
 * JPEG, or an odd one.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const word = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  let frame: { marker: number; at: number } | undefined;
  let at = 2;
  for (let segment = 0; segment < SEGMENTS_MAX && at + 9 < bytes.length; segment += 1) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || isOdd(marker)) return undefined;
    if (isFrame(marker)) {
      if (frame !== undefined) return undefined;
      frame = { marker, at };
    }
    if (marker === SCAN) {
      if (frame === undefined) return undefined;
      const [width, height] = [word(frame.at + 7), word(frame.at + 5)];
      const components = bytes[frame.at + 9] ?? 0;
      const severalScans = PROGRESSIVE.includes(frame.marker) || (bytes[at + 4] ?? 0) < components;
      return width > 0 && height > 0 ? { width, height, severalScans } : undefined;
    }
    at += 2 + word(at + 2);
  }
  return undefined;
}
