import type { Random } from '../../../chaos/random.ts';
import {
  castHead,
  drawFlash,
  film,
  frameTimes,
  type Light,
  NO_LIGHT,
  played,
  screenLight,
  swaying,
} from '../performance.ts';
import { challenged, type FlashStep, type Kit, type Species } from '../presentation.ts';

/** A live-looking video fed in place of the camera that does not reflect the colours shown: none, others, late, another order. */
export const flashMismatch: Species = {
  id: 'flash-mismatch',
  title: 'flash mismatch: none, wrong, late, permuted colours',
  sort: 'attack',
  full: 48,
  quick: 4,
  async make(kit: Kit, random: Random, index: number) {
    const { head, camera } = castHead(kit, random);
    const challenge = drawFlash(random);
    const strength = random.between(0.12, 0.45);
    const light = mismatch(index, challenge.steps, strength, random);
    const motion = swaying(random);
    const times = frameTimes(challenge, random);
    return challenged(
      challenge,
      await film(times, (time) => played(head, motion, light, time), camera, random),
    );
  },
};

function mismatch(index: number, steps: readonly FlashStep[], strength: number, random: Random): Light {
  const delayMs = random.between(60, 200);
  switch (index % 4) {
    case 0:
      return NO_LIGHT;
    case 1:
      return screenLight(drawFlash(random).steps, delayMs, strength);
    case 2:
      return screenLight(steps, random.between(500, 1100), strength);
    default:
      return screenLight(permuted(steps, random), delayMs, strength);
  }
}

/** The same colours in an order in which at least half of them stand elsewhere. */
function permuted(steps: readonly FlashStep[], random: Random): FlashStep[] {
  for (;;) {
    const colours = random.shuffle(steps.map(({ colour }) => colour));
    const moved = colours.filter((colour, index) => colour !== steps[index]?.colour).length;
    if (moved >= steps.length / 2)
      return steps.map((step, index) => ({ ...step, colour: colours[index] ?? step.colour }));
  }
}
