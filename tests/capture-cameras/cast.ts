import { assetPlaces, loadModelBytes } from '@selfsame/biometrics/assets';
import { createLooker } from '@selfsame/biometrics/pipeline/look';
import { loadModels } from '@selfsame/biometrics/pipeline/models';
import { loadPortrait } from '../lab/attacks/portraits.ts';
import { renderReel } from './actor.ts';
import type { Performance } from './camera-script.ts';

/** Somebody of the sample photos who looks ahead, and somebody else. */
const PERSON = 'img/p01_3.jpg';
const OTHER = 'img/p08_3.jpg';
/** Holds the head as the first one does: who is swapped in must be found out by the face. */
const AS_PERSON = { yaw: 8, pitch: -4 } as const;

/** Everyone who comes before a fake camera. */
export type Role =
  /** Does what is asked. */
  | 'person'
  /** A picture that nothing moves. */
  | 'photo'
  /** A picture that throws every colour back evenly. */
  | 'print'
  /** A recording of somebody who met another challenge of the same length. */
  | 'recording'
  /** Somebody who gives way to another in the middle of the turns. */
  | 'swapped'
  /** A stream that stands still. */
  | 'frozen';

/** Renders the cast of one method. About three seconds on one core. */
export async function castOf(method: 'FLASHING' | 'ACTIVE_3D'): Promise<Record<Role, Performance>> {
  const looker = createLooker(await loadModels(await loadModelBytes(assetPlaces(process.env))));
  const [portrait, other] = [await loadPortrait(looker, PERSON), await loadPortrait(looker, OTHER)];
  const wanted = { colours: method === 'FLASHING', poses: method === 'ACTIVE_3D' };
  const own = await renderReel(portrait, wanted);
  const foreign = method === 'ACTIVE_3D' ? await renderReel(other, { ...wanted, held: AS_PERSON }) : own;
  const flat = method === 'FLASHING' ? await renderReel(portrait, { ...wanted, isFlat: true }) : own;
  const person: Performance = { reels: [own], colours: 'shown', poses: 'asked' };
  const still = { ...own, lit: {}, turned: {} };
  return {
    person,
    photo: { ...person, reels: [still], poses: 'none' },
    print: { ...person, reels: [flat] },
    recording: { ...person, colours: 'another', poses: 'another' },
    swapped: { ...person, reels: [own, foreign], swapsAtPose: 2 },
    frozen: { ...person, reels: [still], isFrozen: true },
  };
}
