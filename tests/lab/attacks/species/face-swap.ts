import type { Random } from '../../../chaos/random.ts';
import { develop, drawCamera, expose, pageJpeg } from '../camera.ts';
import { blended, faceOf, matchColours, softMask, warpedFace } from '../face-paste.ts';
import { spotsOf } from '../mesh-warp.ts';
import { framed, frameSelfie, frameSizeOf } from '../portraits.ts';
import { type Kit, pickAlike, pickPortrait, type Species } from '../presentation.ts';
import { bytesOf, linearOf } from '../raster.ts';

/**
 * The victim's face, warped piece by piece onto an attacker's live frame and matched in colour, as a cheap real-time swap
 * does it, then played in by a virtual camera.
 */
export const faceSwap: Species = {
  id: 'face-swap',
  title: 'face swap by warping, injected',
  sort: 'attack',
  full: 80,
  quick: 6,
  async make(kit: Kit, random: Random) {
    const attacker = pickPortrait(kit, random);
    const victim = pickAlike(kit, random, attacker);
    const camera = drawCamera(random, frameSizeOf(attacker));
    const framing = frameSelfie(attacker, camera, random);
    const live = develop(expose(framed(attacker.raster, framing), camera), camera, random);
    const frame = { width: camera.width, height: camera.height, rgb: linearOf(live) };
    const norm = framing.a ** 2 + framing.b ** 2;
    const places = spotsOf(attacker.mesh).map((spot) => {
      const [x, y] = [spot.x - framing.tx, spot.y - framing.ty];
      return { x: (framing.a * x + framing.b * y) / norm, y: (framing.a * y - framing.b * x) / norm };
    });
    const mask = softMask(places, frame, random.between(2, 16));
    const face = warpedFace(faceOf(victim.raster, victim.mesh), places, frame);
    const swapped = blended(matchColours(face, frame, mask), frame, mask);
    return { kind: 'still' as const, image: await pageJpeg(bytesOf(swapped), frame) };
  },
};
