import type { FlashStep } from '../src/challenge/challenge.ts';
import type { Picture } from '../src/pipeline/picture.ts';

/**
 * Renders what a camera would see of a face, or of a picture of one, while a screen before it changes its colour. A
 * simulation: light adds, skin scatters evenly to all sides, the camera exposes by itself. No sensor was asked.
 */
export interface FlashScene {
  /** What the screen lights: a head with relief, a print that fills the picture or only
   * the head, a display that lights itself, or nothing (an injected stream). */
  readonly surface: 'head' | 'print' | 'cutout' | 'display' | 'none';
  /** Light of the screen, shown full, on the face as a share of the room's. */
  readonly strength: number;
  /** Of the room: evenly from all sides, and from one (x to image right, y down, z to the camera). */
  readonly room: {
    readonly even: number;
    readonly directed: number;
    readonly from: readonly [number, number, number];
  };
  /** Colour of the room's light, mean 1. */
  readonly tint: readonly [number, number, number];
  readonly delayMs: number;
  /** How far the camera evens out the brightness of the frame, 0..1. */
  readonly autoExposure: number;
  /** Change of exposure over the whole sequence, as a share. */
  readonly driftShare: number;
  /** Deviation of the sensor's noise in 8-bit steps. */
  readonly noise: number;
  /** Pixels that a hand sways. */
  readonly sway: number;
}

export const LIVING_ROOM: FlashScene = {
  surface: 'head',
  strength: 0.25,
  room: { even: 0.6, directed: 0.6, from: [0.3, -0.8, 0.5] },
  tint: [1.15, 1, 0.85],
  delayMs: 120,
  autoExposure: 0.5,
  driftShare: 0.1,
  noise: 2.5,
  sway: 3,
};

/** A picture of a face and its mesh (468 points x, y, z in pixels). */
export interface FlashModel {
  readonly picture: Picture;
  readonly mesh: Float32Array;
}

/** The distance from the screen to the tip of the nose and the width of a face, in centimetres. */
const SCREEN_CM = 33;
const FACE_WIDTH_CM = 14;
/** Light on what is behind the head, as a share of that on the face: a wall a metre away. */
const WALL_SHARE = 0.06;
const SHOULDER_SHARE = 0.5;
const CELL = 4;

const toLight = Float64Array.from({ length: 256 }, (_, v) =>
  v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
);
const GAMMA = Uint8Array.from({ length: 4097 }, (_, i) => {
  const light = i / 4096;
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
});

/** Numbers 0..1 that repeat with the seed. */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The screen's light at a moment, 0..1 by channel. Before and after the sequence the screen is dark. */
function screenAt(steps: readonly FlashStep[], from: number, to: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  for (const { colour, startsAtMs, durationMs } of steps) {
    const share =
      Math.max(0, Math.min(to, startsAtMs + durationMs) - Math.max(from, startsAtMs)) / (to - from);
    [16, 8, 0].forEach((shift, channel) => {
      sum[channel as 0 | 1 | 2] += share * (toLight[(colour >> shift) & 255] ?? 0);
    });
  }
  return sum;
}

/**
 * Prepares a scene. The returned function gives the frame of a moment and where the mesh is in it.
 * @param steps what the screen really shows
 */
export function flashScene(model: FlashModel, scene: FlashScene, steps: readonly FlashStep[], seed = 1) {
  const { picture } = model;
  const { width, height, rgb } = picture;
  const base = Float32Array.from(rgb, (v) => toLight[v] ?? 0);
  const gain = gainField(model, scene);
  const random = randomFrom(seed);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  // Blocks of ready noise: a fresh number for each pixel would take most of the time.
  const grain = Float32Array.from({ length: 65_536 }, gauss);
  const phase = [random() * 7, random() * 7];
  const total = (steps.at(-1)?.startsAtMs ?? 0) + (steps.at(-1)?.durationMs ?? 1);
  let exposure = 1;
  let before = 0;

  return (takenAtMs: number): FlashModel => {
    const at = takenAtMs - scene.delayMs;
    const light = screenAt(steps, at - 30, at).map(
      (v, c) => (v * scene.strength) / (scene.tint[c as 0 | 1 | 2] ?? 1),
    );
    // The camera evens out what it meters, with a time constant of 300 ms.
    const metered =
      scene.surface === 'none' ? 1 : 1 + (0.4 * ((light[0] ?? 0) + (light[1] ?? 0) + (light[2] ?? 0))) / 3;
    const follow = 1 - Math.exp(-(takenAtMs - before) / 300);
    exposure += follow * (metered ** -scene.autoExposure - exposure);
    before = takenAtMs;
    const level = exposure * (1 + scene.driftShare * (takenAtMs / total - 0.5));
    const dx = Math.round(scene.sway * Math.sin(takenAtMs / 530 + (phase[0] ?? 0)));
    const dy = Math.round(scene.sway * Math.sin(takenAtMs / 710 + (phase[1] ?? 0)));
    const out = new Uint8Array(rgb.length);
    let noiseAt = Math.floor(random() * 65_536);
    for (let y = 0; y < height; y += 1) {
      const sy = Math.max(0, Math.min(height - 1, y - dy));
      for (let x = 0; x < width; x += 1) {
        const sx = Math.max(0, Math.min(width - 1, x - dx));
        const from = (sy * width + sx) * 3;
        const g = gain[((sy / CELL) | 0) * Math.ceil(width / CELL) + ((sx / CELL) | 0)] ?? 0;
        for (let c = 0; c < 3; c += 1) {
          const own = base[from + c] ?? 0;
          const lit =
            scene.surface === 'display' ? own + g * (light[c] ?? 0) : own * (1 + g * (light[c] ?? 0));
          const value =
            (GAMMA[Math.min(4096, Math.max(0, lit * level * 4096)) | 0] ?? 0) +
            scene.noise * (grain[noiseAt & 65_535] ?? 0);
          out[(y * width + x) * 3 + c] = Math.max(0, Math.min(255, Math.round(value)));
          noiseAt += 1;
        }
      }
    }
    const jitter = 0.3;
    const mesh = Float32Array.from(model.mesh, (v, i) =>
      i % 3 === 2 ? v : v + (i % 3 === 0 ? dx : dy) + jitter * gauss(),
    );
    return { picture: { width, height, rgb: out }, mesh };
  };
}

/** The screen's light at full strength as a share of the room's, for each cell of the picture. */
function gainField(
  { picture: { width, height }, mesh }: FlashModel,
  { surface, room }: FlashScene,
): Float32Array {
  const [columns, rows] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
  const field = new Float32Array(columns * rows);
  if (surface === 'none') return field;
  const at = (p: number, axis: number) => mesh[p * 3 + axis] ?? 0;
  const faceWidth = Math.hypot(at(454, 0) - at(234, 0), at(454, 1) - at(234, 1), at(454, 2) - at(234, 2));
  const cm = FACE_WIDTH_CM / faceWidth;
  const [cx, cy] = [(at(234, 0) + at(454, 0)) / 2, (at(10, 1) + at(152, 1)) / 2];
  const nose = Math.min(...Array.from({ length: 468 }, (_, p) => at(p, 2)));
  const normals = surface === 'head' ? meshNormals(mesh) : [];
  const [fx, fy, fz] = room.from;
  const norm = Math.hypot(fx, fy, fz);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = [(column + 0.5) * CELL, (row + 0.5) * CELL];
      let place: [number, number, number] = [(x - cx) * cm, (y - cy) * cm, 0];
      let normal: [number, number, number] = [0, 0, 1];
      let share = 1;
      if (surface === 'cutout') {
        const distance = Math.hypot((x - cx) / (faceWidth * 0.62), (y - cy) / (faceWidth * 0.85));
        if (distance > 1.15) share = WALL_SHARE;
      }
      if (surface === 'head') {
        const near = nearest(mesh, x, y);
        const distance = Math.hypot((x - cx) / (faceWidth * 0.62), (y - cy) / (faceWidth * 0.85));
        if (distance > 1.15) share = y > cy + faceWidth * 0.6 ? SHOULDER_SHARE : WALL_SHARE;
        place = [place[0], place[1], -(at(near, 2) - nose) * cm];
        normal = share === 1 ? (normals[near] ?? normal) : [0, 0, 1];
        if (share !== 1) place[2] = 0;
      }
      const to = [-place[0], -place[1], SCREEN_CM - place[2]] as const;
      const far = Math.hypot(...to);
      const facing = Math.max(0.02, (normal[0] * to[0] + normal[1] * to[1] + normal[2] * to[2]) / far);
      const screen = (share * facing * SCREEN_CM ** 2) / far ** 2;
      const directed = Math.max(0, (normal[0] * fx + normal[1] * fy + normal[2] * fz) / norm);
      const ambient =
        surface === 'head' ? room.even * (0.75 + 0.25 * normal[2]) + room.directed * directed : 1;
      // A display shines by itself; of light from outside its glass gives back next to nothing.
      field[row * columns + column] = surface === 'display' ? 0.01 * screen : screen / Math.max(0.1, ambient);
    }
  }
  return field;
}

/** Unit normals towards the camera at the points of a mesh, from the plane through each one's neighbours. */
function meshNormals(mesh: Float32Array): [number, number, number][] {
  const p = (i: number) => [mesh[i * 3] ?? 0, mesh[i * 3 + 1] ?? 0, mesh[i * 3 + 2] ?? 0] as const;
  return Array.from({ length: 468 }, (_, i) => {
    const [x, y, z] = p(i);
    const order = Array.from({ length: 468 }, (_, j) => j).sort(
      (a, b) => squared(p(a), p(i)) - squared(p(b), p(i)),
    );
    let [xx, xy, yy, xz, yz] = [1e-6, 0, 1e-6, 0, 0];
    for (const j of order.slice(1, 14)) {
      const [u, v, w] = p(j);
      const [dx, dy, dz] = [u - x, v - y, w - z];
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
      xz += dx * dz;
      yz += dy * dz;
    }
    const det = xx * yy - xy * xy || 1e-9;
    const [a, b] = [(xz * yy - yz * xy) / det, (yz * xx - xz * xy) / det];
    // z falls towards the camera: the normal (a, b, -1) of z = ax + by, with the depth turned round.
    const length = Math.hypot(a, b, 1);
    return [a / length, b / length, 1 / length];
  });
}

function squared(a: readonly [number, number, number], b: readonly [number, number, number]): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}

function nearest(mesh: Float32Array, x: number, y: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let i = 0; i < 468; i += 1) {
    const distance = ((mesh[i * 3] ?? 0) - x) ** 2 + ((mesh[i * 3 + 1] ?? 0) - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
