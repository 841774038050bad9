import type { Picture } from '../src/pipeline/picture.ts';

/** Degrees. yaw > 0: towards image left, the person's right; pitch > 0: down. */
export interface Turn {
  readonly yaw: number;
  readonly pitch: number;
}

/** A picture of a face and its mesh (468 points x, y, z in pixels). */
export interface MotionModel {
  readonly picture: Picture;
  readonly mesh: Float32Array;
}

/** Every n-th pixel gets a displacement of its own; between them it is interpolated. */
const CELL = 4;
/** Displacement of a place follows this many of the nearest points. */
const NEIGHBOURS = 6;

/**
 * The picture of a face as its head turns: the mesh is turned about a point behind the ears and takes the pixels along,
 * what is around the head stays. A simulation: no skin folds, nothing that was hidden comes into view.
 */
export function turnHead({ picture, mesh }: MotionModel, turn: Turn): Picture {
  const pivot = pivotOf(mesh);
  const from: [number, number][] = [];
  const to: [number, number][] = [];
  for (let i = 0; i < 468; i += 3) {
    const [x, y, z] = [mesh[i * 3] ?? 0, mesh[i * 3 + 1] ?? 0, mesh[i * 3 + 2] ?? 0];
    from.push([x, y]);
    to.push(turned([x, y, z], pivot, turn));
  }
  // A ring around the head that stays where it is.
  for (let angle = 0; angle < 2 * Math.PI; angle += Math.PI / 12) {
    const place: [number, number] = [
      pivot.x + 1.9 * pivot.half * Math.cos(angle),
      pivot.y + 2.3 * pivot.half * Math.sin(angle),
    ];
    from.push(place);
    to.push(place);
  }
  return displaced(picture, (x, y) => {
    const best: { distance: number; index: number }[] = [];
    for (let index = 0; index < to.length; index += 1) {
      const [px, py] = to[index] ?? [0, 0];
      const distance = (px - x) ** 2 + (py - y) ** 2 + 1;
      if (best.length === NEIGHBOURS && distance >= (best.at(-1)?.distance ?? 0)) continue;
      best.push({ distance, index });
      best.sort((one, other) => one.distance - other.distance);
      if (best.length > NEIGHBOURS) best.pop();
    }
    let [dx, dy, sum] = [0, 0, 0];
    for (const { distance, index } of best) {
      const weight = 1 / distance ** 1.5;
      dx += weight * ((from[index]?.[0] ?? 0) - (to[index]?.[0] ?? 0));
      dy += weight * ((from[index]?.[1] ?? 0) - (to[index]?.[1] ?? 0));
      sum += weight;
    }
    return [x + dx / sum, y + dy / sum];
  });
}

/** The picture printed on paper that is turned before a camera, flat or bent around an upright cylinder. */
export function turnPrint({ picture, mesh }: MotionModel, turn: Turn, bend = 0): Picture {
  const { x: cx, y: cy, half } = pivotOf(mesh);
  const distance = 8 * half;
  const [yaw, pitch] = [(turn.yaw * Math.PI) / 180, (turn.pitch * Math.PI) / 180];
  // Finds the place on the paper by a few steps of Newton's method over both coordinates.
  const project = (u: number, v: number): [number, number] => {
    const radius = bend > 0 ? half / bend : 0;
    const x = radius > 0 ? radius * Math.sin(u / radius) : u;
    const z = radius > 0 ? radius * (1 - Math.cos(u / radius)) : 0;
    const x1 = x * Math.cos(yaw) - z * Math.sin(yaw);
    const z1 = x * Math.sin(yaw) + z * Math.cos(yaw);
    const y2 = v * Math.cos(pitch) + z1 * Math.sin(pitch);
    const z2 = -v * Math.sin(pitch) + z1 * Math.cos(pitch);
    const scale = distance / (distance + z2);
    return [x1 * scale, y2 * scale];
  };
  return displaced(picture, (px, py) => {
    let [u, v] = [px - cx, py - cy];
    for (let step = 0; step < 6; step += 1) {
      const [x, y] = project(u, v);
      const [xu, yu] = project(u + 1, v);
      const [xv, yv] = project(u, v + 1);
      const [a, b, c, d] = [xu - x, xv - x, yu - y, yv - y];
      const det = a * d - b * c || 1;
      const [ex, ey] = [px - cx - x, py - cy - y];
      u += (d * ex - b * ey) / det;
      v += (a * ey - c * ex) / det;
    }
    return [u + cx, v + cy];
  });
}

function pivotOf(mesh: Float32Array): { x: number; y: number; z: number; half: number } {
  const at = (point: number, axis: number) => mesh[point * 3 + axis] ?? 0;
  const half = Math.hypot(at(454, 0) - at(234, 0), at(454, 1) - at(234, 1), at(454, 2) - at(234, 2)) / 2;
  return {
    x: (at(234, 0) + at(454, 0)) / 2,
    y: (at(10, 1) + at(152, 1)) / 2,
    z: (at(234, 2) + at(454, 2)) / 2 + 0.3 * half,
    half,
  };
}

function turned(
  [x, y, z]: readonly [number, number, number],
  pivot: { x: number; y: number; z: number; half: number },
  turn: Turn,
): [number, number] {
  const [yaw, pitch] = [(turn.yaw * Math.PI) / 180, (turn.pitch * Math.PI) / 180];
  const [dx, dy, dz] = [x - pivot.x, y - pivot.y, z - pivot.z];
  // z grows away from the camera: to image left the nose, whose z is negative, moves to lower x.
  const x1 = dx * Math.cos(yaw) + dz * Math.sin(yaw);
  const z1 = -dx * Math.sin(yaw) + dz * Math.cos(yaw);
  const y2 = dy * Math.cos(pitch) - z1 * Math.sin(pitch);
  const z2 = dy * Math.sin(pitch) + z1 * Math.cos(pitch);
  const distance = 8 * pivot.half;
  const scale = distance / (distance + z2 + pivot.half);
  const front = distance / distance;
  return [pivot.x + x1 * scale * front, pivot.y + y2 * scale * front];
}

/** Takes every pixel from where `source` says, bilinear; what comes from outside repeats the edge. */
function displaced(
  { width, height, rgb }: Picture,
  source: (x: number, y: number) => [number, number],
): Picture {
  const columns = Math.ceil(width / CELL) + 1;
  const rows = Math.ceil(height / CELL) + 1;
  const grid = new Float32Array(columns * rows * 2);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = source(column * CELL, row * CELL);
      grid[(row * columns + column) * 2] = x;
      grid[(row * columns + column) * 2 + 1] = y;
    }
  }
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / CELL);
    const fy = y / CELL - row;
    for (let x = 0; x < width; x += 1) {
      const column = Math.floor(x / CELL);
      const fx = x / CELL - column;
      const at = (row * columns + column) * 2;
      const mix = (axis: number) =>
        ((grid[at + axis] ?? 0) * (1 - fx) + (grid[at + 2 + axis] ?? 0) * fx) * (1 - fy) +
        ((grid[at + columns * 2 + axis] ?? 0) * (1 - fx) + (grid[at + columns * 2 + 2 + axis] ?? 0) * fx) *
          fy;
      const sx = Math.max(0, Math.min(width - 1.001, mix(0)));
      const sy = Math.max(0, Math.min(height - 1.001, mix(1)));
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      const [wx, wy] = [sx - left, sy - top];
      const from = (top * width + left) * 3;
      for (let c = 0; c < 3; c += 1) {
        const upper = (rgb[from + c] ?? 0) * (1 - wx) + (rgb[from + 3 + c] ?? 0) * wx;
        const lower = (rgb[from + width * 3 + c] ?? 0) * (1 - wx) + (rgb[from + width * 3 + 3 + c] ?? 0) * wx;
        out[(y * width + x) * 3 + c] = Math.round(upper * (1 - wy) + lower * wy);
      }
    }
  }
  return { width, height, rgb: out };
}
