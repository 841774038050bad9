import type { Signal } from '../signal.ts';
import { cameraSignals } from './look-camera.ts';
import { challengeSignals } from './look-challenge.ts';
import { faceSignals } from './look-face.ts';
import { mediaSignals } from './look-media.ts';

/** What a look at the face found, and how the picture came to be. */
export const lookSignals: readonly Signal[] = [
  ...cameraSignals,
  ...mediaSignals,
  ...faceSignals,
  ...challengeSignals,
];
