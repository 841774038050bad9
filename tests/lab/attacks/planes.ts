import type { Random } from '../../chaos/random.ts';

/** A map between planes: eight coefficients of (a x + b y + c, d x + e y + f) / (g x + h y + 1). */
export type Homography = readonly [number, number, number, number, number, number, number, number];

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** The homography that takes four spots to four others. @throws Error when three of them lie on a line */
function homography(from: readonly Spot[], to: readonly Spot[]): Homography {
  const rows = from.flatMap(({ x, y }, index) => {
    const goal = to[index] ?? { x: 0, y: 0 };
    return [
      [x, y, 1, 0, 0, 0, -x * goal.x, -y * goal.x, goal.x],
      [0, 0, 0, x, y, 1, -x * goal.y, -y * goal.y, goal.y],
    ];
  });
  return solve(rows) as unknown as Homography;
}

/** Gauss-Jordan with pivoting; each row ends with its right side. */
function solve(rows: number[][]): number[] {
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    const order = rows.slice(column).sort((a, b) => Math.abs(b[column] ?? 0) - Math.abs(a[column] ?? 0));
    rows.splice(column, size - column, ...order);
    const pivot = rows[column] ?? [];
    const head = pivot[column] ?? 0;
    if (Math.abs(head) < 1e-12) throw new Error('three corners on a line');
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = (row[column] ?? 0) / head;
      for (let at = column; at <= size; at += 1) row[at] = (row[at] ?? 0) - factor * (pivot[at] ?? 0);
    }
  }
  return rows.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}

/** Where a homography takes a spot. */
export function project(map: Homography, { x, y }: Spot): Spot {
  const depth = map[6] * x + map[7] * y + 1;
  return { x: (map[0] * x + map[1] * y + map[2]) / depth, y: (map[3] * x + map[4] * y + map[5]) / depth };
}

/** How a flat thing is held before the camera. Lengths in pixels of the frame, angles in degrees. */
export interface Hold {
  readonly centre: Spot;
  readonly width: number;
  readonly height: number;
  readonly roll: number;
  readonly yaw: number;
  readonly pitch: number;
}

/** Corners in the frame, clockwise from the top left, seen from about two and a half widths away. */
export function corners({ centre, width, height, roll, yaw, pitch }: Hold): Spot[] {
  const distance = 2.5 * Math.max(width, height);
  const [r, p, q] = [roll, yaw, pitch].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([sx = 0, sy = 0]) => {
    const [x, y] = [(sx * width) / 2, (sy * height) / 2];
    const turnedX = x * Math.cos(p) + y * Math.sin(q) * Math.sin(p);
    const turnedY = y * Math.cos(q);
    const depth = 1 + (x * Math.sin(p) - y * Math.sin(q) * Math.cos(p)) / distance;
    const [flatX, flatY] = [turnedX / depth, turnedY / depth];
    return {
      x: centre.x + flatX * Math.cos(r) - flatY * Math.sin(r),
      y: centre.y + flatX * Math.sin(r) + flatY * Math.cos(r),
    };
  });
}

/** From pixels of the frame to the unit square of what is held. */
export function toUnitSquare(hold: Hold): Homography {
  return homography(corners(hold), [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
    { x: 1, y: 1 },
    { x: 0, y: 1 },
  ]);
}

/** A hand's small wander over time: sums of slow sines, and a path that the same random gives again. Amplitude 1. */
export function wander(random: Random): (seconds: number) => number {
  const parts = [0.4, 0.9, 1.7, 3.1].map((hertz) => ({
    hertz: hertz * random.between(0.7, 1.4),
    phase: random.between(0, 2 * Math.PI),
    weight: random.between(0.3, 1) / (1 + hertz),
  }));
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  return (seconds) =>
    parts.reduce(
      (sum, part) => sum + part.weight * Math.sin(2 * Math.PI * part.hertz * seconds + part.phase),
      0,
    ) / total;
}
