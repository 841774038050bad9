import type { Random } from '../../../chaos/random.ts';
import { develop, drawCamera, expose, pageJpeg } from '../camera.ts';
import { blended, faceOf, matchColours, softMask, warpedFace } from '../face-paste.ts';
import { spotsOf } from '../mesh-warp.ts';
import { framed, frameSelfie, frameSizeOf, type Portrait } from '../portraits.ts';
import { type Kit, type MorphPresentation, pickAlike, pickPortrait, type Species } from '../presentation.ts';

/**
 * Two faces at the mean of their landmarks, half of each, set into the head of one of them: submitted as the portrait of a
 * session, it is an attack when live looks of both people match it.
 */
export const morph: Species = {
  id: 'morph',
  title: 'morph of two people, as the reference portrait',
  sort: 'attack',
  full: 50,
  quick: 4,
  async make(kit: Kit, random: Random): Promise<MorphPresentation> {
    const [one, other] = drawPair(kit, random);
    const places = meanSpots(one, other, 0.5);
    const mask = softMask(places, one.raster, 10);
    const base = warpedFace(faceOf(one.raster, one.mesh), places, one.raster);
    const second = matchColours(warpedFace(faceOf(other.raster, other.mesh), places, one.raster), base, mask);
    const half = new Float32Array(mask.length).fill(random.between(0.45, 0.55));
    const merged = blended(blended(second, base, half), one.raster, mask);
    const camera = { ...drawCamera(random, frameSizeOf(one)), blur: 0, readNoise: 0.001, shotNoise: 0.003 };
    const framing = frameSelfie(one, camera, random);
    const image = await pageJpeg(develop(expose(framed(merged, framing), camera), camera, random), camera);
    return { kind: 'morph', image, probes: [one, other].map((contributor) => otherPhotos(kit, contributor)) };
  },
};

/** Two people who have other photos to be matched with, turned about the same way. */
function drawPair(kit: Kit, random: Random): [Portrait, Portrait] {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const one = pickPortrait(kit, random);
    const other = pickAlike(kit, random, one);
    if (otherPhotos(kit, one).length > 0 && otherPhotos(kit, other).length > 0) return [one, other];
  }
  throw new Error('no pair of people to morph');
}

function otherPhotos({ portraits }: Kit, contributor: Portrait): string[] {
  return portraits
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
