import type { Species } from './presentation.ts';
import { bonaFideFlash, bonaFideMotion } from './species/active-bona-fide.ts';
import { bonaFideFile, bonaFideSelfie, bonaFideVideo } from './species/bona-fide.ts';
import { cutOut } from './species/cut-out.ts';
import { faceSwap } from './species/face-swap.ts';
import { flashMismatch } from './species/flash-mismatch.ts';
import { handHeld } from './species/hand-held.ts';
import { doubleJpeg, virtualCamera } from './species/injected-files.ts';
import { morph } from './species/morph.ts';
import { poseReplay } from './species/pose-replay.ts';
import { glossyPrint, print } from './species/prints.ts';
import { recapture } from './species/recapture.ts';
import { replayFlash, replayMotion, replayVideo } from './species/replay-video.ts';
import { monitor, phone } from './species/screens.ts';
import { staleFrame } from './species/stale-frame.ts';

/**
 * Everything that the lab shows to the system. Held out of all tuning are `monitor` among the passive ones and
 * `pose-replay` among the active ones: what is reached there is what an attack meets that nobody thought of.
 */
export const CATALOGUE: readonly Species[] = [
  print,
  glossyPrint,
  cutOut,
  phone,
  monitor,
  recapture,
  replayVideo,
  replayFlash,
  replayMotion,
  handHeld,
  flashMismatch,
  poseReplay,
  staleFrame,
  doubleJpeg,
  virtualCamera,
  faceSwap,
  morph,
  bonaFideSelfie,
  bonaFideVideo,
  bonaFideFile,
  bonaFideFlash,
  bonaFideMotion,
];
