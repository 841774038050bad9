import type { Random } from '../../../chaos/random.ts';
import { develop, pageJpeg } from '../camera.ts';
import {
  castHead,
  drawFlash,
  drawMotion,
  film,
  frameTimes,
  NO_LIGHT,
  played,
  screenLight,
  swaying,
} from '../performance.ts';
import { challenged, type Kit, type Species, type TimedFrame } from '../presentation.ts';

/** A stream that repeats itself: one frame held, one frame encoded again and again, a short clip in a loop. */
export const staleFrame: Species = {
  id: 'stale-frame',
  title: 'stale frames: held, encoded again, looped',
  sort: 'attack',
  full: 36,
  quick: 3,
  async make(kit: Kit, random: Random, index: number) {
    const { head, camera } = castHead(kit, random);
    const challenge = random.next() < 0.5 ? drawFlash(random) : drawMotion(random);
    const times = frameTimes(challenge, random);
    // The attacker reflects the colours where the attack allows it: what is left to find is the repetition.
    const light = challenge.method === 'flash' ? screenLight(challenge.steps, 100, 0.3) : NO_LIGHT;
    const motion = swaying(random);
    if (index % 3 === 2) {
      const clip = await film(times.slice(0, 5), (time) => played(head, motion, light, time), camera, random);
      return challenged(challenge, looped(clip, times));
    }
    const developed = develop(played(head, motion, light, times[0] ?? 0), camera, random);
    const held = await pageJpeg(developed, camera);
    if (index % 3 === 0)
      return challenged(
        challenge,
        times.map((takenAtMs) => ({ takenAtMs, image: held.slice() })),
      );
    const frames: TimedFrame[] = [];
    for (const takenAtMs of times) {
      // One level brighter or darker: other bytes, the same picture.
      const nudge = random.integer(3) - 1;
      const image = await pageJpeg(
        developed.map((value) => Math.max(0, Math.min(255, value + nudge))),
        camera,
      );
      frames.push({ takenAtMs, image });
    }
    return challenged(challenge, frames);
  },
};

function looped(clip: readonly TimedFrame[], times: readonly number[]): TimedFrame[] {
  return times.map((takenAtMs, index) => ({
    takenAtMs,
    image: (clip[index % clip.length]?.image ?? new Uint8Array()).slice(),
  }));
}
