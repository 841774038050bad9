import type { Picture } from '../pipeline/picture.ts';

/** Rows or columns of one black, at most so many grey levels apart: what a codec leaves of them. */
const BLACK_MAX = 20;
const SPREAD_MAX = 6;
/** Of each row or column so many pixels are looked at. */
const PROBES = 64;

/**
 * The share 0..1 of the picture's width or height, whichever is more, that black bars take on both sides. A camera fills
 * its frame; a picture or video of another shape that is played into it does not.
 */
export function letterbox(picture: Picture): number {
  const across = bars(picture.width, (line, probe) => pixel(picture, line, probe * (picture.height - 1)));
  const down = bars(picture.height, (line, probe) => pixel(picture, probe * (picture.width - 1), line));
  return Math.max(across, down);
}

/** Both bars have to be there; a dark room at one side is no bar. */
function bars(lines: number, read: (line: number, probe: number) => number): number {
  const isBlack = (line: number) => {
    let [lowest, highest] = [255, 0];
    for (let probe = 0; probe < PROBES; probe += 1) {
      const value = read(line, probe / (PROBES - 1));
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
      if (highest > BLACK_MAX || highest - lowest > SPREAD_MAX) return false;
    }
    return true;
  };
  let first = 0;
  while (first < lines / 2 && isBlack(first)) first += 1;
  let last = 0;
  while (last < lines / 2 && isBlack(lines - 1 - last)) last += 1;
  // All of it black: a dark picture, not a framed one.
  return first === 0 || last === 0 || first + last >= lines - 1 ? 0 : (first + last) / lines;
}

/** The brightest channel. */
function pixel({ rgb, width }: Picture, x: number, y: number): number {
  const at = (Math.round(y) * width + Math.round(x)) * 3;
  return Math.max(rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0);
}
