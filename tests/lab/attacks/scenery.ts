import type { Random } from '../../chaos/random.ts';
import type { Scene } from './camera.ts';
import { blank, blurred, type Raster, sample } from './raster.ts';

/** Width and height of the coarse raster that a room is painted on; it is out of focus anyway. */
const ROOM = { width: 96, height: 96 };

/** A made-up room behind the artefact: a wall in uneven light, a window or lamp, furniture, out of focus. */
export function drawRoom(random: Random, size: { width: number; height: number }): Scene {
  const room = blank(ROOM.width, ROOM.height);
  const wall = random.pick([
    [0.42, 0.4, 0.36],
    [0.3, 0.32, 0.34],
    [0.5, 0.47, 0.42],
    [0.22, 0.25, 0.24],
    [0.36, 0.3, 0.25],
  ]);
  const light = { x: random.between(-0.2, 1.2), y: random.between(-0.3, 0.6), fall: random.between(0.6, 2) };
  for (let y = 0; y < ROOM.height; y += 1) {
    for (let x = 0; x < ROOM.width; x += 1) {
      const away = (x / ROOM.width - light.x) ** 2 + (y / ROOM.height - light.y) ** 2;
      const level = 0.35 + 0.75 / (1 + light.fall * away);
      for (let channel = 0; channel < 3; channel += 1) {
        room.rgb[(y * ROOM.width + x) * 3 + channel] = (wall[channel] ?? 0.3) * level;
      }
    }
  }
  const furniture = 3 + random.integer(5);
  for (let piece = 0; piece < furniture; piece += 1) {
    const tone = random.between(0.02, 0.35);
    const tint = [random.between(0.8, 1.3), 1, random.between(0.7, 1.2)];
    paint(
      room,
      random,
      tint.map((value) => value * tone),
      random.between(0.08, 0.5),
      random.between(0.1, 0.6),
    );
  }
  if (random.next() < 0.5)
    paint(room, random, [0.95, 1, 1.05], random.between(0.1, 0.3), random.between(0.2, 0.4));
  const soft = blurred(room, random.between(1, 3));
  return (x, y, out) =>
    sample(soft, (x / size.width) * (ROOM.width - 1), (y / size.height) * (ROOM.height - 1), out);
}

function paint(room: Raster, random: Random, colour: readonly number[], width: number, height: number): void {
  const left = Math.floor(random.between(-width / 2, 1 - width / 2) * room.width);
  const top = Math.floor(random.between(-height / 3, 1 - height / 2) * room.height);
  for (let y = Math.max(0, top); y < Math.min(room.height, top + height * room.height); y += 1) {
    for (let x = Math.max(0, left); x < Math.min(room.width, left + width * room.width); x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        room.rgb[(y * room.width + x) * 3 + channel] = colour[channel] ?? 0.1;
      }
    }
  }
}

/** A thumb or finger that holds the artefact: a capsule in skin tone, shaded round. Frame pixels. */
export interface Finger {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly radius: number;
  readonly colour: readonly [number, number, number];
}

const SKINS = [
  [0.52, 0.31, 0.22],
  [0.4, 0.22, 0.15],
  [0.22, 0.11, 0.07],
  [0.6, 0.4, 0.31],
] as const;

/** One or two fingers that reach from below or from a side onto an artefact's lower edge. */
export function drawFingers(
  random: Random,
  edge: { readonly left: number; readonly right: number; readonly bottom: number },
): Finger[] {
  const colour = random.pick(SKINS);
  const radius = Math.max(14, (edge.right - edge.left) * random.between(0.05, 0.075));
  const at = (share: number, lean: number): Finger => ({
    x: edge.left + share * (edge.right - edge.left),
    y: edge.bottom - radius * random.between(0.2, 1.6),
    dx: lean,
    dy: 1,
    radius,
    colour: [colour[0], colour[1], colour[2]],
  });
  const fingers = [at(random.between(0.12, 0.4), random.between(-0.5, 0.1))];
  if (random.next() < 0.6) fingers.push(at(random.between(0.6, 0.9), random.between(-0.1, 0.5)));
  return fingers;
}

/** Paints the fingers over what is in `out`. */
export function overFingers(fingers: readonly Finger[], x: number, y: number, out: Float32Array): void {
  for (const finger of fingers) {
    const along = Math.max(
      0,
      ((x - finger.x) * finger.dx + (y - finger.y) * finger.dy) / Math.hypot(finger.dx, finger.dy),
    );
    const norm = Math.hypot(finger.dx, finger.dy);
    const offX = x - finger.x - (finger.dx / norm) * along;
    const offY = y - finger.y - (finger.dy / norm) * along;
    const away = (offX * offX + offY * offY) / (finger.radius * (1 + along / 160)) ** 2;
    if (away >= 1) continue;
    const shade = 0.3 + 0.75 * Math.sqrt(1 - away) - 0.15 * (offX / finger.radius);
    for (let channel = 0; channel < 3; channel += 1)
      out[channel] = (finger.colour[channel] as number) * shade;
  }
}

/** Whether two or more layers are stacked: the scene behind, then what is held, then fingers. */
export function stacked(...layers: readonly Scene[]): Scene {
  return (x, y, out) => {
    for (const layer of layers) layer(x, y, out);
  };
}
