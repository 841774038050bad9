import type { MediaSignal } from '@selfsame/contracts/biometrics/v1/evidence';
import type { UsedChallenge } from '@selfsame/contracts/session/v1/service';
import type { AnsweredChallenge } from './answered-challenge.ts';
import type { Capture } from './capture.ts';
import { cameraSignals } from './domain/camera-facts.ts';

/** The page says it of its camera, and this service of the times that the page told. */
const timesSignal = 'cam_timestamp_monotonic';

/**
 * What this service knows of how a capture came to be: the page's facts about its camera, the nonce, the device's
 * signature, and whether its times are possible. To be joined with what biometrics found; numbers only.
 * @param used the challenge that the attempt answers; absent when none was issued
 * @param isSigned whether its device signed it; undefined where no signature came
 */
export function captureSignals(
  capture: Capture,
  used: UsedChallenge | undefined,
  answered: AnsweredChallenge | undefined,
  isSigned: boolean | undefined,
): MediaSignal[] {
  const told = cameraSignals(capture.camera);
  return [
    ...told.filter(({ name }) => name !== timesSignal),
    ...timing(told.find(({ name }) => name === timesSignal)?.raised, answered),
    flag('auto_nonce_token_missing', used?.nonceMatches !== true),
    // A browser without WebCrypto or storage has no key: a missing signature says nothing.
    ...(isSigned === undefined ? [] : [flag('capture_signature_invalid', !isSigned)]),
  ];
}

/** Absent when nobody could tell. */
function timing(isRaised: boolean | undefined, answered: AnsweredChallenge | undefined): MediaSignal[] {
  if (isRaised === undefined && answered === undefined) return [];
  const raised = isRaised === true || answered?.isPossible === false;
  return [{ name: timesSignal, value: raised ? 0 : 1, raised }];
}

function flag(name: string, isSo: boolean): MediaSignal {
  return { name, value: isSo ? 1 : 0, raised: isSo };
}
