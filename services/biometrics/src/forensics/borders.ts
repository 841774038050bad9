import type { Box } from '../pipeline/picture.ts';
import { OVERVIEW_SIDE, type Overview } from './overview.ts';

/** Tangents of the tilts at which a border is looked for: 14 degrees to either side. */
const TILTS = Float64Array.from({ length: 15 }, (_, index) => Math.tan(((index - 7) * 2 * Math.PI) / 180));
/** A step of so many grey levels between neighbours makes an edge. */
const EDGE_MIN = 7;
/** An edge runs along a border when it leans at most so far (tangent). */
const LEAN_MAX = 0.3;
/** A border runs along at least so much of the face's height (sides) or width (top, bottom). */
const LENGTH_MIN = 1.1;
/** A tilt moves a row's edges by at most so much: further ones meet the face's centre outside of the overview. */
const SHIFT_MAX = OVERVIEW_SIDE;
const BINS = 512;
const votes = new Uint16Array(TILTS.length * BINS);
/** Where the edges of one row lie. */
const edges = new Uint16Array(OVERVIEW_SIDE);

/** A straight border: its tilt and how much of the face's length it runs along. */
interface Line {
  readonly tilt: number;
  readonly length: number;
}

/**
 * How many sides of the face 0..4 have a long straight border beyond them, the opposite ones being nearly parallel: the
 * frame of a device or the edge of paper. Doors, windows and pictures on walls have them too.
 */
export function countBorders(overview: Overview, box: Box): number {
  const { step, width, height } = overview;
  const face = {
    left: box.left / step,
    top: box.top / step,
    width: box.width / step,
    height: box.height / step,
  };
  const centre = { x: face.left + face.width / 2, y: face.top + face.height / 2 };
  // Beyond the cheeks, to three face widths away; above the crown and below the chin likewise.
  const sides = [
    findLine(
      overview,
      'upright',
      centre.x - 3 * face.width,
      face.left - 0.05 * face.width,
      centre.y,
      face.height,
    ),
    findLine(
      overview,
      'upright',
      face.left + 1.05 * face.width,
      centre.x + 3 * face.width,
      centre.y,
      face.height,
    ),
    findLine(
      overview,
      'level',
      centre.y - 3 * face.height,
      face.top - 0.1 * face.height,
      centre.x,
      face.width,
    ),
    findLine(
      overview,
      'level',
      face.top + 1.15 * face.height,
      centre.y + 3 * face.height,
      centre.x,
      face.width,
    ),
  ];
  if (width === 0 || height === 0) return 0;
  const [left, right, top, bottom] = sides;
  return pair(left, right) + pair(top, bottom);
}

/** 2 for two borders that are nearly parallel, 1 for one or two that are not. */
function pair(one: Line | undefined, other: Line | undefined): number {
  if (one && other) return Math.abs(one.tilt - other.tilt) <= PARALLEL_MAX ? 2 : 1;
  return one || other ? 1 : 0;
}

/** A device held at an angle shows its sides up to so far from parallel (tangent). */
const PARALLEL_MAX = 0.11;

/**
 * The longest straight border whose middle lies between `from` and `to`, measured across it at the height of the face's
 * centre `along`. Edges vote for the lines they may lie on.
 */
function findLine(
  { luma, width, height }: Overview,
  kind: 'upright' | 'level',
  from: number,
  to: number,
  along: number,
  size: number,
): Line | undefined {
  const [across, down] = kind === 'upright' ? [width, height] : [height, width];
  const [stepAcross, stepDown] = kind === 'upright' ? [1, width] : [width, 1];
  // The outermost pixels are no border: the picture ends there.
  const first = Math.max(3, Math.floor(from));
  const last = Math.min(across - 4, Math.ceil(to));
  if (last - first < 2) return undefined;
  votes.fill(0);
  const low = Math.max(1, Math.floor(along - 2 * size));
  const high = Math.min(down - 2, Math.ceil(along + 2 * size));
  for (let v = low; v <= high; v += 1) {
    const start = v * stepDown;
    let count = 0;
    for (let u = first; u <= last; u += 1) {
      const at = u * stepAcross + start;
      const slope = (luma[at + stepAcross] ?? 0) - (luma[at - stepAcross] ?? 0);
      const steep = slope < 0 ? -slope : slope;
      if (steep < EDGE_MIN) continue;
      const lean = Math.abs((luma[at + stepDown] ?? 0) - (luma[at - stepDown] ?? 0));
      if (lean <= LEAN_MAX * steep) edges[count++] = u;
    }
    if (count > 0) vote(v - along, count);
  }
  let best: Line | undefined;
  for (let tilt = 0; tilt < TILTS.length; tilt += 1) {
    for (let foot = first; foot <= last; foot += 1) {
      const length = (votes[tilt * BINS + foot + SHIFT_MAX] ?? 0) / size;
      if (length >= LENGTH_MIN && length > (best?.length ?? 0)) best = { tilt: TILTS[tilt] ?? 0, length };
    }
  }
  return best;
}

/** Counts the first `count` edges of a row, `distance` from the face's centre, for the line of every tilt. */
function vote(distance: number, count: number): void {
  for (let tilt = 0; tilt < TILTS.length; tilt += 1) {
    const shift = Math.round(-(TILTS[tilt] ?? 0) * distance);
    const origin = tilt * BINS + SHIFT_MAX + Math.max(-SHIFT_MAX, Math.min(SHIFT_MAX, shift));
    for (let edge = 0; edge < count; edge += 1) {
      const bin = origin + (edges[edge] ?? 0);
      votes[bin] = (votes[bin] ?? 0) + 1;
    }
  }
}
