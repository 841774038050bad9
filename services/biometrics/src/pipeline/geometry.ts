import type { Point } from './picture.ts';

/** x' = a x + b y + tx, y' = c x + d y + ty. Pixel centres lie on integer coordinates. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly c: number;
  readonly d: number;
  readonly ty: number;
}

/** Rotation by the angle of (a, b) and scaling by its length: x' = a x - b y + tx, y' = b x + a y + ty. */
export function similarity(a: number, b: number, tx: number, ty: number): Affine {
  return { a, b: -b, tx, c: b, d: a, ty };
}

/** The similarity that takes `from` nearest to `to` by least squares. Both lists pair up and are not all one point. */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Affine {
  const centre = mean(from);
  const target = mean(to);
  let dot = 0;
  let cross = 0;
  let norm = 0;
  from.forEach((point, index) => {
    const goal = to[index];
    if (goal === undefined) throw new RangeError('fitSimilarity: lists differ in length');
    const x = point.x - centre.x;
    const y = point.y - centre.y;
    const goalX = goal.x - target.x;
    const goalY = goal.y - target.y;
    dot += x * goalX + y * goalY;
    cross += x * goalY - y * goalX;
    norm += x * x + y * y;
  });
  const a = dot / norm;
  const b = cross / norm;
  return similarity(a, b, target.x - (a * centre.x - b * centre.y), target.y - (b * centre.x + a * centre.y));
}

/** Scales the result of `map` by `x` and `y`, about the origin. */
export function scaled(map: Affine, x: number, y: number): Affine {
  return { a: map.a * x, b: map.b * x, tx: map.tx * x, c: map.c * y, d: map.d * y, ty: map.ty * y };
}

export function inverse(map: Affine): Affine {
  const determinant = map.a * map.d - map.b * map.c;
  const a = map.d / determinant;
  const b = -map.b / determinant;
  const c = -map.c / determinant;
  const d = map.a / determinant;
  return { a, b, tx: -(a * map.tx + b * map.ty), c, d, ty: -(c * map.tx + d * map.ty) };
}

export function mean(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  for (const point of points) {
    x += point.x;
    y += point.y;
  }
  return { x: x / points.length, y: y / points.length };
}
