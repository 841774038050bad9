/**
 * How the points of a face moved between two frames. A plane that turns before a distant camera moves them by an affine
 * map, which foreshortens; of a head that turns, the nose moves otherwise than the eyes and the temples.
 */
export interface Parallax {
  /** Degrees by which a plane would have to be turned for the same foreshortening. */
  readonly planeAngle: number;
  /** Whether the face got narrower rather than shorter. */
  readonly sideways: boolean;
  /** What no affine map explains: root mean square, in distances between the outer corners of the eyes. */
  readonly residual: number;
}

/**
 * Points of the 468-point mesh that grimaces move least: corners of the eyes, nose, forehead, temples. Measured on the
 * photos of one person with shut eyes and open mouth, lids, brows, lips and jaw move by more than a small turn does.
 */
const RIGID = [
  33, 133, 362, 263, 6, 168, 197, 195, 5, 4, 1, 9, 8, 151, 10, 67, 297, 234, 454, 127, 356, 93, 323, 48, 278,
  98, 327, 122, 351, 196, 419,
];
const [EYE_CORNER_LEFT, EYE_CORNER_RIGHT] = [33, 263];

/** @param from @param to meshes of 468 points x, y, z in pixels */
export function parallaxBetween(from: Float32Array, to: Float32Array): Parallax {
  const [ax, ay] = centred(from);
  const [bx, by] = centred(to);
  const dot = (one: readonly number[], other: readonly number[]) =>
    one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
  const [xx, xy, yy] = [dot(ax, ax), dot(ax, ay), dot(ay, ay)];
  const determinant = xx * yy - xy * xy || 1;
  const row = (goal: readonly number[]) => {
    const [gx, gy] = [dot(goal, ax), dot(goal, ay)];
    return [(gx * yy - gy * xy) / determinant, (gy * xx - gx * xy) / determinant] as const;
  };
  const [a, b] = row(bx);
  const [c, d] = row(by);
  const squares = ax.reduce(
    (sum, x, at) =>
      sum +
      (a * x + b * (ay[at] ?? 0) - (bx[at] ?? 0)) ** 2 +
      (c * x + d * (ay[at] ?? 0) - (by[at] ?? 0)) ** 2,
    0,
  );
  const area = Math.abs(a * d - b * c);
  const norm = a * a + b * b + c * c + d * d;
  const longest = Math.sqrt((norm + Math.sqrt(Math.max(0, norm * norm - 4 * area * area))) / 2) || 1;
  // Of the two main axes, which one is stretched most: x or y of the first frame.
  const sideways = a * a + c * c < b * b + d * d;
  const scale = Math.sqrt(area);
  // A turned face has its eyes closer together: the wider of the two tells the size.
  const size = Math.max(eyeDistance(from) * scale, eyeDistance(to)) || 1;
  return {
    planeAngle: (Math.acos(Math.min(1, area / longest ** 2)) * 180) / Math.PI,
    sideways,
    residual: Math.sqrt(squares / RIGID.length) / size,
  };
}

function centred(mesh: Float32Array): [number[], number[]] {
  const axis = (offset: number) => {
    const values = RIGID.map((point) => mesh[point * 3 + offset] ?? 0);
    const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - middle);
  };
  return [axis(0), axis(1)];
}

function eyeDistance(mesh: Float32Array): number {
  const at = (point: number, axis: number) => mesh[point * 3 + axis] ?? 0;
  return Math.hypot(
    at(EYE_CORNER_LEFT, 0) - at(EYE_CORNER_RIGHT, 0),
    at(EYE_CORNER_LEFT, 1) - at(EYE_CORNER_RIGHT, 1),
  );
}
