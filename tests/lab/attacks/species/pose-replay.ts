import type { Random } from '../../../chaos/random.ts';
import { castHead, drawMotion, film, following, frameTimes, NO_LIGHT, played } from '../performance.ts';
import { challenged, type Kit, type Species } from '../presentation.ts';

/** A recording of somebody who met another challenge, fed in place of the camera. Held out: nothing may be tuned on it. */
export const poseReplay: Species = {
  id: 'pose-replay',
  title: 'pose replay: motion recorded for another challenge',
  sort: 'attack',
  heldOut: true,
  full: 40,
  quick: 2,
  async make(kit: Kit, random: Random) {
    const { head, camera } = castHead(kit, random);
    const challenge = drawMotion(random);
    const order = (motion: typeof challenge) => motion.steps.map(({ pose }) => pose).join();
    let recorded = drawMotion(random);
    while (order(recorded) === order(challenge)) recorded = drawMotion(random);
    const motion = following(recorded.steps, random);
    const times = frameTimes(challenge, random);
    return challenged(
      challenge,
      await film(times, (time) => played(head, motion, NO_LIGHT, time), camera, random),
    );
  },
};
