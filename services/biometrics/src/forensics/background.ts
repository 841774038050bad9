import type { Box } from '../pipeline/picture.ts';
import type { Overview } from './overview.ts';

/** Of the box, in its own widths and heights: hair and ears belong to the head, not to what is behind it. */
const HEAD = { beside: 0.3, above: 0.35 };
/** Fewer places than this share of the picture say nothing. */
const PLACES_MIN = 0.05;
/** Every second place of every second row is read. */
const SKIP = 2;

/** What lies behind a head. */
export interface Background {
  /** Mean luma 0..255. */
  readonly brightness: number;
  /** Standard deviation of the luma. */
  readonly contrast: number;
}

/**
 * Measures what is beside and above a head; what is below it is the body. Undefined when the head fills the picture.
 * @param box in pixels of the picture that the overview was taken of
 */
export function measureBackground({ luma, width, height, step }: Overview, box: Box): Background | undefined {
  const left = (box.left - HEAD.beside * box.width) / step;
  const right = (box.left + (1 + HEAD.beside) * box.width) / step;
  const top = (box.top - HEAD.above * box.height) / step;
  const bottom = Math.min(height, (box.top + box.height) / step);
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 0; y < bottom; y += SKIP) {
    for (let x = 0; x < width; x += SKIP) {
      if (y >= top && x >= left && x < right) continue;
      const value = luma[y * width + x] ?? 0;
      sum += value;
      squares += value * value;
      count += 1;
    }
  }
  if (count * SKIP * SKIP < PLACES_MIN * width * height) return undefined;
  const brightness = sum / count;
  return { brightness, contrast: Math.sqrt(Math.max(0, squares / count - brightness * brightness)) };
}
