import type { Random } from '../../../chaos/random.ts';
import {
  castHead,
  drawFlash,
  drawMotion,
  film,
  following,
  frameTimes,
  NO_LIGHT,
  played,
  screenLight,
  swaying,
} from '../performance.ts';
import { challenged, type Kit, type Species } from '../presentation.ts';

/** Somebody who holds the phone before the face while it shows the colours. */
export const bonaFideFlash: Species = {
  id: 'flashing',
  title: 'FLASHING met by a simulated live head',
  sort: 'bona fide',
  full: 30,
  quick: 2,
  async make(kit: Kit, random: Random) {
    const { head, camera } = castHead(kit, random);
    const challenge = drawFlash(random);
    const light = screenLight(challenge.steps, random.between(60, 200), random.between(0.12, 0.45));
    const motion = swaying(random);
    const times = frameTimes(challenge, random);
    return challenged(
      challenge,
      await film(times, (time) => played(head, motion, light, time), camera, random),
    );
  },
};

/** Somebody who turns the head as asked. */
export const bonaFideMotion: Species = {
  id: 'active-3d',
  title: 'ACTIVE_3D met by a simulated live head',
  sort: 'bona fide',
  full: 30,
  quick: 2,
  async make(kit: Kit, random: Random) {
    const { head, camera } = castHead(kit, random);
    const challenge = drawMotion(random);
    const motion = following(challenge.steps, random);
    const times = frameTimes(challenge, random);
    return challenged(
      challenge,
      await film(times, (time) => played(head, motion, NO_LIGHT, time), camera, random),
    );
  },
};
