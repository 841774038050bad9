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
import { challenged, type Kit, type Presentation, type Species } from '../presentation.ts';
import { stacked } from '../scenery.ts';

/** A video of the victim played on a phone: as a passive frame, against FLASHING, and against ACTIVE_3D in the right order. */
export const replayVideo: Species = {
  id: 'replay-video',
  title: 'video replayed on a phone: passive, FLASHING, ACTIVE_3D',
  sort: 'attack',
  full: 60,
  quick: 3,
  async make(kit: Kit, random: Random, index: number): Promise<Presentation> {
    const { head } = castHead(kit, random);
    const whole = { left: 0, top: 0, ...SEQUENCE_FRAME };
    const camera = drawCamera(random, index % 3 === 0 ? { width: 480, height: 640 } : SEQUENCE_FRAME);
    const prop = drawProp(random, camera, 'display');
    const hold = drawHold(random, camera, SEQUENCE_FRAME.width / SEQUENCE_FRAME.height);
    if (index % 3 === 0) {
      const shown = played(head, swaying(random), NO_LIGHT, random.between(0, 3000));
      const scene = stacked(
        propScene(prop, hold, shown, whole, [0, 0, 0]),
        fingersLayer(random, camera, hold),
      );
      return { kind: 'still', image: await shoot(scene, camera, random) };
    }
    const challenge = index % 3 === 1 ? drawFlash(random) : drawMotion(random);
    // The phone before the replaying one lights its glass; the recording may even take the right poses.
    const light =
      challenge.method === 'flash' ? screenLight(challenge.steps, 100, random.between(0.2, 0.6)) : NO_LIGHT;
    const motion = challenge.method === 'motion' ? following(challenge.steps, random) : swaying(random);
    const [sway, bob] = [wander(random), wander(random)];
    const moment = (timeMs: number) => {
      const shown = played(head, motion, NO_LIGHT, timeMs);
      const centre = {
        x: hold.centre.x + 2 * sway(timeMs / 1000),
        y: hold.centre.y + 2 * bob(timeMs / 1000),
      };
      return exposeCoarsely(propScene(prop, { ...hold, centre }, shown, whole, light(timeMs)), camera);
    };
    return challenged(challenge, await film(frameTimes(challenge, random), moment, camera, random));
  },
};
