import type { Random } from '../../../chaos/random.ts';
import { develop, drawCamera, exposeCoarsely, pageJpeg } from '../camera.ts';
import { blended, faceOf, matchColours, softMask, warpedFace } from '../face-paste.ts';
import { spotsOf } from '../mesh-warp.ts';
import type { Portrait } from '../portraits.ts';
import { type Kit, type MorphPresentation, pickPortrait, type Species } from '../presentation.ts';
import { sample } from '../raster.ts';

/** Longer side of a submitted portrait. */
const PORTRAIT_SIDE = 480;

/**
 * Two faces at the mean of their landmarks and colours, set into the head of one of them: submitted as the portrait of a
 * session, it is an attack when live looks of both people match it.
 */
export const morph: Species = {
  id: 'morph',
  title: 'morph of two people, as the reference portrait',
  sort: 'attack',
  full: 50,
  quick: 6,
  async make(kit: Kit, random: Random, index: number): Promise<MorphPresentation> {
    // Tight crops, useless for liveness, are what portraits of documents look like.
    const pool = index % 2 === 0 ? kit.crops : kit.portraits;
    const [one, other] = drawPair(pool, random);
    const places = meanSpots(one, other, random.between(0.45, 0.6));
    const mask = softMask(places, one.raster, 0.04 * one.box.width);
    const base = warpedFace(faceOf(one.raster, one.mesh), places, one.raster);
    const second = matchColours(warpedFace(faceOf(other.raster, other.mesh), places, one.raster), base, mask);
    // The head around the face is of the first: a careful forger gives the second more of the face.
    const share = new Float32Array(mask.length).fill(random.between(0.5, 0.72));
    const merged = blended(blended(second, base, share), one.raster, mask);
    const scale = Math.max(merged.width, merged.height) / PORTRAIT_SIDE;
    const size = { width: Math.round(merged.width / scale), height: Math.round(merged.height / scale) };
    const scan = { ...drawCamera(random, size), blur: 0, readNoise: 0.001, shotNoise: 0.003, vignette: 0 };
    const scene = (x: number, y: number, out: Float32Array) => sample(merged, x * scale, y * scale, out);
    const image = await pageJpeg(develop(exposeCoarsely(scene, size), scan, random), size);
    return { kind: 'morph', image, probes: [one, other].map((contributor) => otherPhotos(kit, contributor)) };
  },
};

/** Two people who have other photos to be matched with, turned about the same way. */
function drawPair(pool: readonly Portrait[], random: Random): [Portrait, Portrait] {
  const several = pool.filter(({ person, name }) =>
    pool.some((one) => one.person === person && one.name !== name),
  );
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const one = pickPortrait({ portraits: several }, random);
    const alike = several.filter(({ person, yaw }) => person !== one.person && Math.abs(yaw - one.yaw) < 12);
    if (alike.length > 0) return [one, pickPortrait({ portraits: alike }, random)];
  }
  throw new Error('no pair of people to morph');
}

function otherPhotos({ portraits, crops }: Kit, contributor: Portrait): string[] {
  return [...portraits, ...crops]
    .filter(({ person, name }) => person === contributor.person && name !== contributor.name)
    .map(({ name }) => name);
}

/** The mean of both meshes in the place of the first: the second is brought there by its eyes. */
function meanSpots(one: Portrait, other: Portrait, share: number) {
  const [own, foreign] = [spotsOf(one.mesh), spotsOf(other.mesh)];
  const [a, b] = [eyesOf(own), eyesOf(foreign)];
  const [scale, angle] = [a.length / b.length, a.angle - b.angle];
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  return own.map((spot, index) => {
    const far = foreign[index] ?? spot;
    const [dx, dy] = [far.x - b.x, far.y - b.y];
    const brought = { x: a.x + cos * dx - sin * dy, y: a.y + sin * dx + cos * dy };
    return { x: spot.x + share * (brought.x - spot.x), y: spot.y + share * (brought.y - spot.y) };
  });
}

function eyesOf(spots: readonly { x: number; y: number }[]) {
  const [left, right] = [spots[33], spots[263]];
  if (!left || !right) throw new RangeError('a mesh has 468 points');
  return {
    x: (left.x + right.x) / 2,
    y: (left.y + right.y) / 2,
    length: Math.hypot(right.x - left.x, right.y - left.y),
    angle: Math.atan2(right.y - left.y, right.x - left.x),
  };
}
