import type { Picture } from '../pipeline/picture.ts';

/** Mesh points along the outline of the face, clockwise from the crown. */
const OUTLINE = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
  150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;
/** The outermost points at image left and right: the width of the face. */
const [LEFT, RIGHT] = [234, 454];

/** Places along the outline: every point and the middle to the next. */
const PLACES = 2 * OUTLINE.length;
/** Samples across the outline at each place, over a quarter of the face's width. */
const ACROSS = 25;
const SPAN = 0.25;
/** A step counts for at most so many grey levels, so that one strong edge does not make up for many that are missing. */
const STEP_MAX = 25;

const steps = new Float32Array(PLACES * ACROSS);
const samples = new Float32Array(ACROSS * 3);
let totals = new Float32Array(ACROSS);
let next = new Float32Array(ACROSS);

/**
 * How complete an edge runs round the face, 0..25: the mean step in colour along the closed line near the outline that
 * gathers most, found as a shortest path. A face blends into forehead, ears and neck somewhere; a mask, a cut-out print or
 * a pasted face is bordered all round.
 *
 * @param mesh 468 points x, y, z in pixels of the picture
 */
export function contourStep(picture: Picture, mesh: Float32Array): number {
  measureSteps(picture, mesh);
  totals.fill(0);
  let once = 0;
  // Twice round: the second time the path has forgotten where it began.
  for (let place = 0; place < 2 * PLACES; place += 1) {
    const row = (place % PLACES) * ACROSS;
    for (let at = 1; at < ACROSS - 1; at += 1) {
      const before = Math.max(totals[at] ?? 0, totals[at - 1] ?? 0, totals[at + 1] ?? 0);
      next[at] = before + (steps[row + at] ?? 0);
    }
    [totals, next] = [next, totals];
    if (place === PLACES - 1) once = Math.max(...totals);
  }
  return (Math.max(...totals) - once) / PLACES;
}

function measureSteps({ rgb, width, height }: Picture, mesh: Float32Array): void {
  const x = (index: number) => mesh[index * 3] ?? 0;
  const y = (index: number) => mesh[index * 3 + 1] ?? 0;
  const centre = { x: 0, y: 0 };
  for (const index of OUTLINE) {
    centre.x += x(index) / OUTLINE.length;
    centre.y += y(index) / OUTLINE.length;
  }
  const span = SPAN * Math.hypot(x(RIGHT) - x(LEFT), y(RIGHT) - y(LEFT));
  for (let place = 0; place < PLACES; place += 1) {
    const one = OUTLINE[place >> 1] ?? 0;
    const other = OUTLINE[((place + 1) >> 1) % OUTLINE.length] ?? 0;
    const at = { x: (x(one) + x(other)) / 2, y: (y(one) + y(other)) / 2 };
    const radius = Math.hypot(at.x - centre.x, at.y - centre.y) || 1;
    const outward = { x: (at.x - centre.x) / radius, y: (at.y - centre.y) / radius };
    for (let sample = 0; sample < ACROSS; sample += 1) {
      const offset = (sample / (ACROSS - 1) - 0.5) * span;
      const column = inside(at.x + outward.x * offset, width - 1);
      const row = inside(at.y + outward.y * offset, height - 1);
      const from = (row * width + column) * 3;
      samples[sample * 3] = rgb[from] ?? 0;
      samples[sample * 3 + 1] = rgb[from + 1] ?? 0;
      samples[sample * 3 + 2] = rgb[from + 2] ?? 0;
    }
    for (let sample = 1; sample < ACROSS - 1; sample += 1) {
      const before = (sample - 1) * 3;
      const step =
        Math.abs((samples[before + 6] ?? 0) - (samples[before] ?? 0)) +
        Math.abs((samples[before + 7] ?? 0) - (samples[before + 1] ?? 0)) +
        Math.abs((samples[before + 8] ?? 0) - (samples[before + 2] ?? 0));
      steps[place * ACROSS + sample] = Math.min(STEP_MAX, step / 3);
    }
  }
}

/** The nearest whole pixel inside; a place that is no number counts as the first. */
function inside(value: number, last: number): number {
  // Half a pixel is added so that cutting off the fraction rounds.
  return value > 0 ? Math.min(last, value + 0.5) | 0 : 0;
}
