import type { Spot } from './planes.ts';
import { type Raster, sample } from './raster.ts';

/** Corners of a triangle, as places in a list of spots. */
export type Triangle = readonly [number, number, number];

/**
 * Delaunay triangulation (Bowyer and Watson, The Computer Journal 24(2), 1981): every spot is a corner, and together the
 * triangles fill the outline of all.
 */
export function triangulate(spots: readonly Spot[]): Triangle[] {
  const reach = 1e5;
  const all = [...spots, { x: -reach, y: -reach }, { x: reach, y: -reach }, { x: 0, y: 2 * reach }];
  const first = spots.length;
  let circles = [circleOf(all, [first, first + 1, first + 2])];
  spots.forEach((spot, index) => {
    const edges = new Map<string, [number, number]>();
    circles = circles.filter((circle) => {
      if ((spot.x - circle.x) ** 2 + (spot.y - circle.y) ** 2 >= circle.squared) return true;
      const [a, b, c] = circle.corners;
      for (const [from, to] of [
        [a, b],
        [b, c],
        [c, a],
      ] as const) {
        const key = from < to ? `${from},${to}` : `${to},${from}`;
        // An edge of two removed triangles lies inside the hole.
        if (!edges.delete(key)) edges.set(key, [from, to]);
      }
      return false;
    });
    for (const [from, to] of edges.values()) circles.push(circleOf(all, [from, to, index]));
  });
  return circles
    .map((circle) => circle.corners)
    .filter((corners) => corners.every((corner) => corner < first));
}

function circleOf(spots: readonly Spot[], corners: Triangle) {
  const [a, b, c] = corners.map((corner) => spots[corner]) as [Spot, Spot, Spot];
  const twice = 2 * (a.x * (b.y - c.y) + b.x * (c.y - a.y) + c.x * (a.y - b.y));
  if (Math.abs(twice) < 1e-9) return { corners, x: 0, y: 0, squared: Number.POSITIVE_INFINITY };
  const [aa, bb, cc] = [a, b, c].map(({ x, y }) => x * x + y * y) as [number, number, number];
  const x = (aa * (b.y - c.y) + bb * (c.y - a.y) + cc * (a.y - b.y)) / twice;
  const y = (aa * (c.x - b.x) + bb * (a.x - c.x) + cc * (b.x - a.x)) / twice;
  return { corners, x, y, squared: (a.x - x) ** 2 + (a.y - y) ** 2 };
}

/** What a triangle's pixel gets: barycentric weights of the three corners at frame position (x, y). */
type Paint = (x: number, y: number, wa: number, wb: number, wc: number) => void;

/** Visits every pixel of a triangle inside width x height. */
export function fillTriangle(
  [a, b, c]: readonly [Spot, Spot, Spot],
  size: { readonly width: number; readonly height: number },
  paint: Paint,
): void {
  const area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
  if (Math.abs(area) < 1e-6) return;
  const top = Math.max(0, Math.ceil(Math.min(a.y, b.y, c.y)));
  const bottom = Math.min(size.height - 1, Math.floor(Math.max(a.y, b.y, c.y)));
  const left = Math.max(0, Math.ceil(Math.min(a.x, b.x, c.x)));
  const right = Math.min(size.width - 1, Math.floor(Math.max(a.x, b.x, c.x)));
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const wb = ((x - a.x) * (c.y - a.y) - (c.x - a.x) * (y - a.y)) / area;
      const wc = ((b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y)) / area;
      const wa = 1 - wb - wc;
      // A hair of overlap: no cracks between neighbours.
      if (wa >= -1e-4 && wb >= -1e-4 && wc >= -1e-4) paint(x, y, wa, wb, wc);
    }
  }
}

/**
 * Draws a picture warped piece by piece: each triangle of `from` (in `picture`) lands on the same triangle of `to` (in
 * `target`). Triangles that come later lie on top.
 */
export function warpTriangles(
  picture: Raster,
  from: readonly Spot[],
  to: readonly Spot[],
  triangles: readonly Triangle[],
  target: Raster,
): void {
  const colour = new Float32Array(3);
  for (const [i, j, k] of triangles) {
    const [a, b, c] = [from[i], from[j], from[k]];
    const [p, q, r] = [to[i], to[j], to[k]];
    if (!a || !b || !c || !p || !q || !r) continue;
    fillTriangle([p, q, r], target, (x, y, wa, wb, wc) => {
      sample(picture, wa * a.x + wb * b.x + wc * c.x, wa * a.y + wb * b.y + wc * c.y, colour);
      const at = (y * target.width + x) * 3;
      target.rgb[at] = colour[0] as number;
      target.rgb[at + 1] = colour[1] as number;
      target.rgb[at + 2] = colour[2] as number;
    });
  }
}

/** Points of the 468-point mesh on the outline of the face, clockwise from the crown. */
export const FACE_OUTLINE = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
  150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;

/** The x, y of all points of a mesh. */
export function spotsOf(mesh: Float32Array): Spot[] {
  return Array.from({ length: mesh.length / 3 }, (_, index) => ({
    x: mesh[index * 3] as number,
    y: mesh[index * 3 + 1] as number,
  }));
}
