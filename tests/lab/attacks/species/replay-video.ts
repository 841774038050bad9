import type { Random } from '../../../chaos/random.ts';
import { drawCamera, exposeCoarsely, shoot } from '../camera.ts';
import { drawProp, propScene } from '../flat-scene.ts';
import { drawHold, fingersLayer } from '../holding.ts';
import {
  castHead,
  drawFlash,
  drawMotion,
  film,
  following,
  frameTimes,
  NO_LIGHT,
  played,
  SEQUENCE_FRAME,
  screenLight,
  swaying,
} from '../performance.ts';
import { wander } from '../planes.ts';
import { challenged, type Kit, type LabChallenge, type Presentation, type Species } from '../presentation.ts';
import { stacked } from '../scenery.ts';

/** What the phone shows: the whole of the video's frame. */
const WHOLE = { left: 0, top: 0, ...SEQUENCE_FRAME };

/** A video of the victim played on a phone, as one passive frame. */
export const replayVideo: Species = {
  id: 'replay-video',
  title: 'video replayed on a phone, passive frame',
  sort: 'attack',
  full: 40,
  quick: 2,
  async make(kit: Kit, random: Random): Promise<Presentation> {
    const { head } = castHead(kit, random);
    const camera = drawCamera(random, { width: 480, height: 640 });
    const prop = drawProp(random, camera, 'display');
    const hold = drawHold(random, camera, SEQUENCE_FRAME.width / SEQUENCE_FRAME.height);
    const shown = played(head, swaying(random), NO_LIGHT, random.between(0, 3000));
    const scene = stacked(propScene(prop, hold, shown, WHOLE, [0, 0, 0]), fingersLayer(random, camera, hold));
    return { kind: 'still', image: await shoot(scene, camera, random) };
  },
};

/** The same against FLASHING: the phone before it lights its glass a little. */
export const replayFlash: Species = {
  id: 'replay-flashing',
  title: 'video replayed on a phone against FLASHING',
  sort: 'attack',
  full: 20,
  quick: 2,
  make: (kit, random) => filmReplay(kit, random, drawFlash(random)),
};

/** The same against ACTIVE_3D at its worst: the video happens to show the very poses, at the right times. */
export const replayMotion: Species = {
  id: 'replay-active-3d',
  title: 'video replayed on a phone that shows the right poses of ACTIVE_3D',
  sort: 'attack',
  full: 30,
  quick: 2,
  make: (kit, random) => filmReplay(kit, random, drawMotion(random)),
};

async function filmReplay(kit: Kit, random: Random, challenge: LabChallenge): Promise<Presentation> {
  const { head } = castHead(kit, random);
  const camera = drawCamera(random, SEQUENCE_FRAME);
  const prop = drawProp(random, camera, 'display');
  const hold = drawHold(random, camera, SEQUENCE_FRAME.width / SEQUENCE_FRAME.height);
  const isFlash = challenge.method === 'flash';
  const light = isFlash ? screenLight(challenge.steps, 100, random.between(0.2, 0.6)) : NO_LIGHT;
  const motion = isFlash ? swaying(random) : following(challenge.steps, random);
  const [sway, bob] = [wander(random), wander(random)];
  const moment = (timeMs: number) => {
    const shown = played(head, motion, NO_LIGHT, timeMs);
    const centre = { x: hold.centre.x + 2 * sway(timeMs / 1000), y: hold.centre.y + 2 * bob(timeMs / 1000) };
    return exposeCoarsely(propScene(prop, { ...hold, centre }, shown, WHOLE, light(timeMs)), camera);
  };
  return challenged(challenge, await film(frameTimes(challenge, random), moment, camera, random));
}
