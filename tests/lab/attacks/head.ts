import { expose } from './camera.ts';
import {
  FACE_OUTLINE,
  fillTriangle,
  spotsOf,
  type Triangle,
  triangulate,
  warpTriangles,
} from './mesh-warp.ts';
import type { Spot } from './planes.ts';
import { type FrameSize, type Framing, framed, type Portrait } from './portraits.ts';
import type { Raster } from './raster.ts';

/** A head in a frame that can turn and be lit: a photo on the relief that the mesh model sees in it. */
export interface Head {
  /** The frame with the head at rest. */
  readonly rest: Raster;
  /** 468 points, then a ring on the hair, then a ring around the head, then the frame's edge; z away from the camera. */
  readonly points: readonly Solid[];
  readonly triangles: readonly Triangle[];
  readonly centre: Solid;
  /** Width of the face, pixels. */
  readonly width: number;
}

interface Solid extends Spot {
  readonly z: number;
}

/** A moment of a head: degrees as the mesh model reads them (yaw > 0 to image left), shifts in pixels. */
export interface Attitude {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly dx: number;
  readonly dy: number;
  /** Nearer to the camera: 1 as at rest. */
  readonly scale: number;
}

/** How much of the head's turn the two rings follow, and how much larger they are than the face's outline. */
const HAIR = { follow: 0.85, size: 1.28 } as const;
const SURROUNDINGS = { follow: 0.12, size: 2 } as const;

/** Builds the head of a portrait as `framing` places it in a frame of `size`. */
export function headOf(portrait: Portrait, framing: Framing, size: FrameSize): Head {
  const rest = expose(framed(portrait.raster, framing), size);
  const scale = 1 / Math.hypot(framing.a, framing.b);
  const solids: Solid[] = spotsOf(portrait.mesh).map((spot, index) => {
    const [x, y] = [spot.x - framing.tx, spot.y - framing.ty];
    return {
      x: (framing.a * x + framing.b * y) * scale * scale,
      y: (framing.a * y - framing.b * x) * scale * scale,
      z: (portrait.mesh[index * 3 + 2] as number) * scale,
    };
  });
  const outline = FACE_OUTLINE.map((index) => solids[index] as Solid);
  const middle = meanOf(outline);
  const width = Math.max(...outline.map(({ x }) => x)) - Math.min(...outline.map(({ x }) => x));
  // The axis of a turn runs through the neck, behind the face's outline.
  const centre = { ...middle, z: middle.z + 0.25 * width };
  const ring = (grow: number): Solid[] =>
    outline.map(({ x, y, z }) => ({
      x: middle.x + (x - middle.x) * grow,
      y: middle.y + (y - middle.y) * grow,
      z: middle.z + 0.6 * (z - middle.z) + (grow - 1) * 0.4 * width,
    }));
  const points = [...solids, ...ring(HAIR.size), ...ring(SURROUNDINGS.size), ...edgeOf(size)];
  return { rest, points, triangles: triangulate(points), centre, width };
}

function edgeOf({ width, height }: FrameSize): Solid[] {
  const spots: Solid[] = [];
  // Beyond the frame, so that its border is never torn.
  const [left, right, top, bottom] = [-width, 2 * width, -height, 2 * height];
  for (let step = 0; step < 8; step += 1) {
    const share = step / 8;
    spots.push(
      { x: left + share * (right - left), y: top, z: 0 },
      { x: right - share * (right - left), y: bottom, z: 0 },
    );
    spots.push(
      { x: right, y: top + share * (bottom - top), z: 0 },
      { x: left, y: bottom - share * (bottom - top), z: 0 },
    );
  }
  return spots;
}

/** Where every point of a head lies in the frame at a moment. */
export function posed(head: Head, attitude: Attitude): Solid[] {
  const { centre } = head;
  const [yaw, pitch, roll] = [attitude.yaw, attitude.pitch, attitude.roll].map(
    (degrees) => (degrees * Math.PI) / 180,
  ) as [number, number, number];
  return head.points.map((point, index) => {
    const follow = followOf(index);
    if (follow === 0) return point;
    const [x, y, z] = [point.x - centre.x, point.y - centre.y, point.z - centre.z];
    // yaw > 0 turns the nose to image left; pitch > 0 lowers it.
    const [turnedX, turnedZ] = [x * Math.cos(yaw) + z * Math.sin(yaw), z * Math.cos(yaw) - x * Math.sin(yaw)];
    const [noddedY, noddedZ] = [
      y * Math.cos(pitch) - turnedZ * Math.sin(pitch),
      turnedZ * Math.cos(pitch) + y * Math.sin(pitch),
    ];
    const [rolledX, rolledY] = [
      turnedX * Math.cos(roll) - noddedY * Math.sin(roll),
      turnedX * Math.sin(roll) + noddedY * Math.cos(roll),
    ];
    // A head a few of its widths away: what comes nearer grows.
    const near = attitude.scale / (1 + noddedZ / (6 * head.width));
    const still = 1 / (1 + z / (6 * head.width));
    const goal = {
      x: centre.x + rolledX * (near / still) + attitude.dx,
      y: centre.y + rolledY * (near / still) + attitude.dy,
      z: centre.z + noddedZ,
    };
    return {
      x: point.x + follow * (goal.x - point.x),
      y: point.y + follow * (goal.y - point.y),
      z: point.z + follow * (goal.z - point.z),
    };
  });
}

function followOf(index: number): number {
  if (index < 468) return 1;
  if (index < 468 + FACE_OUTLINE.length) return HAIR.follow;
  return index < 468 + 2 * FACE_OUTLINE.length ? SURROUNDINGS.follow : 0;
}

/** The frame with the head at a moment: the photo drawn on the turned relief, far parts first. */
export function turned(head: Head, places: readonly Solid[]): Raster {
  // What the turn uncovers and the photo has not seen is filled from the head at rest.
  const frame: Raster = { ...head.rest, rgb: head.rest.rgb.slice() };
  const depth = ([i, j, k]: Triangle) => (places[i]?.z ?? 0) + (places[j]?.z ?? 0) + (places[k]?.z ?? 0);
  const isEdge = (triangle: Triangle) => triangle.some((corner) => followOf(corner) === 0);
  // The surroundings never hide the head, and nobody sees a triangle from behind.
  const order = head.triangles
    .filter((triangle) => turns(head.points, triangle) * turns(places, triangle) > 0)
    .map((triangle) => ({ triangle, far: isEdge(triangle) ? Number.POSITIVE_INFINITY : depth(triangle) }))
    .sort((one, other) => other.far - one.far)
    .map(({ triangle }) => triangle);
  warpTriangles(head.rest, head.points, places, order, frame);
  return frame;
}

/** Twice the area of a triangle, negative when its corners run the other way round. */
function turns(places: readonly Spot[], [i, j, k]: Triangle): number {
  const [a, b, c] = [places[i], places[j], places[k]] as [Spot, Spot, Spot];
  return (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
}

/** Share 0..1 of the screen's light that each pixel throws back, in row order: what faces the screen, and how near it is. */
export function facingScreen(head: Head, places: readonly Solid[]): Float32Array {
  const { width, height } = head.rest;
  const shade = shadeOf(head, places);
  const map = new Float32Array(width * height);
  for (const [i, j, k] of head.triangles) {
    const [a, b, c] = [places[i], places[j], places[k]];
    if (!a || !b || !c) continue;
    const [sa, sb, sc] = [shade[i] ?? 0, shade[j] ?? 0, shade[k] ?? 0];
    fillTriangle([a, b, c], head.rest, (x, y, wa, wb, wc) => {
      map[y * width + x] = wa * sa + wb * sb + wc * sc;
    });
  }
  return map;
}

/** By point: the cosine to a screen before and a little below the face, weaker with distance; surroundings hardly at all. */
function shadeOf({ triangles, width }: Head, places: readonly Solid[]): number[] {
  const normals = places.map(() => [0, 0, 0] as [number, number, number]);
  for (const triangle of triangles) {
    const [a, b, c] = triangle.map((corner) => places[corner]) as [Solid, Solid, Solid];
    const [ux, uy, uz] = [b.x - a.x, b.y - a.y, b.z - a.z];
    const [vx, vy, vz] = [c.x - a.x, c.y - a.y, c.z - a.z];
    const normal = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx] as const;
    // Towards the camera, whichever way round the corners were listed.
    const sign = normal[2] > 0 ? -1 : 1;
    for (const corner of triangle) {
      const sum = normals[corner];
      if (sum)
        for (let axis = 0; axis < 3; axis += 1)
          sum[axis] = (sum[axis] as number) + sign * (normal[axis] as number);
    }
  }
  const nearest = Math.min(...places.slice(0, 468).map(({ z }) => z));
  return places.map(({ z }, index) => {
    if (index >= 468)
      return index < 468 + FACE_OUTLINE.length ? 0.3 : index < 468 + 2 * FACE_OUTLINE.length ? 0.08 : 0.02;
    const [x, y, depth] = normals[index] ?? [0, 0, -1];
    const length = Math.hypot(x, y, depth) || 1;
    const facing = Math.max(0, (-depth + 0.25 * y) / length);
    return (0.15 + 0.85 * facing) / (1 + (0.5 * (z - nearest)) / width) ** 2;
  });
}

/** Adds the light of a screen: `light` by channel, 1 as bright as the room is on the face, times the map of facingScreen. */
export function lit(frame: Raster, facing: Float32Array, light: readonly [number, number, number]): Raster {
  const rgb = new Float32Array(frame.rgb.length);
  for (let at = 0, pixel = 0; at < rgb.length; at += 3, pixel += 1) {
    const share = facing[pixel] as number;
    for (let channel = 0; channel < 3; channel += 1) {
      rgb[at + channel] = (frame.rgb[at + channel] as number) * (1 + share * (light[channel] as number));
    }
  }
  return { ...frame, rgb };
}

function meanOf(solids: readonly Solid[]): Solid {
  const sum = solids.reduce((total, { x, y, z }) => ({ x: total.x + x, y: total.y + y, z: total.z + z }), {
    x: 0,
    y: 0,
    z: 0,
  });
  return { x: sum.x / solids.length, y: sum.y / solids.length, z: sum.z / solids.length };
}
