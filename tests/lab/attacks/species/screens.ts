import type { Random } from '../../../chaos/random.ts';
import { drawCamera, shoot } from '../camera.ts';
import { type Display, displayLayer, drawMonitor, drawPhone } from '../display.ts';
import { drawHold, fingersLayer } from '../holding.ts';
import { cropOf } from '../portraits.ts';
import { type Kit, pickPortrait, type Species } from '../presentation.ts';
import { drawRoom, stacked } from '../scenery.ts';

/** A photo shown on a phone that is held to the camera. */
export const phone: Species = {
  id: 'phone',
  title: 'phone screen',
  sort: 'attack',
  full: 80,
  quick: 6,
  make: (kit, random) => shootScreen(kit, random, drawPhone(random), random.between(0.52, 0.75), true),
};

/** A photo shown on a monitor on a desk. Held out: nothing may be tuned on it. */
export const monitor: Species = {
  id: 'monitor',
  title: 'monitor screen',
  sort: 'attack',
  heldOut: true,
  full: 80,
  quick: 6,
  make: (kit, random) => shootScreen(kit, random, drawMonitor(random), random.between(0.9, 1.5), false),
};

/** @param aspect of the part of the screen that the camera sees: a player shows the picture cropped to it */
async function shootScreen(kit: Kit, random: Random, display: Display, aspect: number, handHeld: boolean) {
  const portrait = pickPortrait(kit, random);
  const camera = drawCamera(
    random,
    random.next() < 0.6 ? { width: 480, height: 640 } : { width: 640, height: 480 },
  );
  const hold = drawHold(random, camera, aspect);
  const scene = stacked(
    drawRoom(random, camera),
    displayLayer(display, hold, portrait.raster, cropOf(portrait, aspect, random.between(1.8, 3))),
    handHeld ? fingersLayer(random, camera, hold) : () => {},
  );
  return { kind: 'still' as const, image: await shoot(scene, camera, random) };
}
