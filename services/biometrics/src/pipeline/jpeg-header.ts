import type { Size } from './detection.ts';

/** Markers that begin a frame: SOF0 to SOF15 without the three that are something else. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** A header has some ten segments; a file that has more is left to the decoder to judge. */
const SEGMENTS_MAX = 100;

/**
 * Pixels of a JPEG as its frame header says, before any orientation: what a whole extra pass of the decoder would say.
 * Undefined when the bytes are no JPEG, or an odd one.
 */
export function jpegSize(bytes: Uint8Array): Size | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const word = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  let at = 2;
  for (let segment = 0; segment < SEGMENTS_MAX && at + 9 < bytes.length; segment += 1) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (isFrame(marker)) {
      const size = { width: word(at + 7), height: word(at + 5) };
      return size.width > 0 && size.height > 0 ? size : undefined;
    }
    at += 2 + word(at + 2);
  }
  return undefined;
}
