import { FACE_OUTLINE, fillTriangle, spotsOf, triangulate, warpTriangles } from './mesh-warp.ts';
import type { Spot } from './planes.ts';
import { blank, blurred, type Raster } from './raster.ts';

/** A face in a raster: the raster, and the 468 spots of its mesh. */
export interface Face {
  readonly raster: Raster;
  readonly spots: readonly Spot[];
}

export function faceOf(raster: Raster, mesh: Float32Array): Face {
  return { raster, spots: spotsOf(mesh) };
}

/** Draws `face` with its mesh at `spots`, into an empty raster of `size`; what is no face stays black. */
export function warpedFace(face: Face, spots: readonly Spot[], size: Raster): Raster {
  const target = blank(size.width, size.height);
  warpTriangles(face.raster, face.spots, spots, triangulate(spots), target);
  return target;
}

/** Opacity 0..1 of a face at `spots`, in row order: 1 inside, falling off towards the outline within `feather` pixels. */
export function softMask(spots: readonly Spot[], size: Raster, feather: number): Float32Array {
  const outline = FACE_OUTLINE.map((index) => spots[index] as Spot);
  const middle = {
    x: outline.reduce((sum, { x }) => sum + x, 0) / outline.length,
    y: outline.reduce((sum, { y }) => sum + y, 0) / outline.length,
  };
  const radius = Math.hypot((outline[9]?.x ?? 0) - middle.x, (outline[9]?.y ?? 0) - middle.y) || 1;
  const shrink = Math.max(0.5, 1 - feather / radius);
  const inner = outline.map(({ x, y }) => ({
    x: middle.x + (x - middle.x) * shrink,
    y: middle.y + (y - middle.y) * shrink,
  }));
  const mask = blank(size.width, size.height);
  inner.forEach((corner, index) => {
    const next = inner[(index + 1) % inner.length] as Spot;
    fillTriangle([middle, corner, next], size, (x, y) =>
      mask.rgb.fill(1, (y * size.width + x) * 3, (y * size.width + x) * 3 + 3),
    );
  });
  const soft = blurred(mask, feather / 2);
  return Float32Array.from({ length: size.width * size.height }, (_, pixel) => soft.rgb[pixel * 3] as number);
}

/** Gains and offsets, by channel, that give `face` the mean and spread that `onto` has under the mask. */
export function matchColours(face: Raster, onto: Raster, mask: Float32Array): Raster {
  const rgb = face.rgb.slice();
  for (let channel = 0; channel < 3; channel += 1) {
    const [own, goal] = [momentsOf(face, mask, channel), momentsOf(onto, mask, channel)];
    const gain = Math.max(0.6, Math.min(1.5, goal.deviation / (own.deviation || 1)));
    for (let at = channel; at < rgb.length; at += 3)
      rgb[at] = Math.max(0, ((rgb[at] as number) - own.mean) * gain + goal.mean);
  }
  return { ...face, rgb };
}

function momentsOf(
  { rgb }: Raster,
  mask: Float32Array,
  channel: number,
): { mean: number; deviation: number } {
  let [weight, sum, squares] = [0, 0, 0];
  mask.forEach((share, pixel) => {
    const value = rgb[pixel * 3 + channel] as number;
    weight += share;
    sum += share * value;
    squares += share * value * value;
  });
  const mean = sum / (weight || 1);
  return { mean, deviation: Math.sqrt(Math.max(0, squares / (weight || 1) - mean * mean)) };
}

/** `over` laid on `under` by the mask. */
export function blended(over: Raster, under: Raster, mask: Float32Array): Raster {
  const rgb = Float32Array.from(under.rgb, (value, at) => {
    const share = mask[(at / 3) | 0] as number;
    return value + share * ((over.rgb[at] as number) - value);
  });
  return { ...under, rgb };
}
