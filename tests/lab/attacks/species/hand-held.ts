import type { Random } from '../../../chaos/random.ts';
import { drawCamera, exposeCoarsely } from '../camera.ts';
import { drawProp, propScene } from '../flat-scene.ts';
import { drawHold } from '../holding.ts';
import { drawMotion, film, following, frameTimes, SEQUENCE_FRAME } from '../performance.ts';
import { cropOf } from '../portraits.ts';
import { challenged, type Kit, pickPortrait, type Species } from '../presentation.ts';

/** A print or a phone that the hand turns as the head should turn: every motion that a plane can make, and no other. */
export const handHeld: Species = {
  id: 'hand-held',
  title: 'hand-held motion of a print or phone against ACTIVE_3D',
  sort: 'attack',
  full: 36,
  quick: 2,
  async make(kit: Kit, random: Random, index: number) {
    const portrait = pickPortrait(kit, random);
    const camera = drawCamera(random, SEQUENCE_FRAME);
    const prop = drawProp(random, camera, index % 2 === 0 ? 'paper' : 'display');
    const challenge = drawMotion(random);
    const aspect = random.between(0.66, 0.78);
    const hold = drawHold(random, camera, aspect);
    const crop = cropOf(portrait, aspect, random.between(1.8, 2.6));
    const motion = following(challenge.steps, random);
    const exaggeration = random.between(1, 1.6);
    const moment = (timeMs: number) => {
      const { yaw, pitch, roll, dx, dy } = motion(timeMs);
      const held = {
        ...hold,
        centre: { x: hold.centre.x + 2 * dx, y: hold.centre.y + 2 * dy },
        yaw: hold.yaw / 3 + exaggeration * yaw,
        pitch: hold.pitch / 3 + exaggeration * pitch,
        roll: hold.roll + 1.5 * roll,
      };
      return exposeCoarsely(propScene(prop, held, portrait.raster, crop, [0, 0, 0]), camera);
    };
    return challenged(challenge, await film(frameTimes(challenge, random), moment, camera, random));
  },
};
