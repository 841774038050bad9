/** Why there is no picture, each with its own way out. */
export type CameraTrouble = 'refused' | 'absent' | 'in_use' | 'stopped' | 'embedded' | 'unsupported';

/** A running camera or the reason why not. */
export type CameraStart =
  | { readonly ok: true; readonly stream: MediaStream }
  | { readonly ok: false; readonly reason: CameraTrouble };

/** As much as liveness and matching profit from; more only costs the user's link. */
const wanted: MediaTrackConstraints = {
  facingMode: 'user',
  width: { ideal: 1280 },
  height: { ideal: 960 },
  frameRate: { ideal: 30 },
};

/** Asks for the user's camera; waits as long as the browser's question is open. */
export async function startCamera(): Promise<CameraStart> {
  if (navigator.mediaDevices?.getUserMedia === undefined) return { ok: false, reason: 'unsupported' };
  try {
    return { ok: true, stream: await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false }) };
  } catch (error) {
    return { ok: false, reason: troubleOf(error instanceof Error ? error.name : '', embedderForbids()) };
  }
}

/** Names the trouble behind a refusal of `getUserMedia`, by the error's name. */
export function troubleOf(errorName: string, forbiddenByEmbedder: boolean): CameraTrouble {
  switch (errorName) {
    case 'NotAllowedError':
    case 'SecurityError':
    case 'PermissionDeniedError':
      return forbiddenByEmbedder ? 'embedded' : 'refused';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'absent';
    case 'TypeError':
      return 'unsupported';
    default:
      return 'in_use';
  }
}

/** True when an embedding page keeps the camera from us, as far as the browser tells. */
function embedderForbids(): boolean {
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  return window.parent !== window && policy?.allowsFeature('camera') === false;
}

/** Switches the camera and its light off. */
export function stopCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Calls back when the user grants a camera that was refused. Where browsers do not tell, nothing happens. */
export async function whenCameraGranted(signal: AbortSignal, granted: () => void): Promise<void> {
  try {
    const permission = await navigator.permissions.query({ name: 'camera' as PermissionName });
    permission.addEventListener('change', () => permission.state === 'granted' && granted(), { signal });
  } catch {
    // Not every browser knows this permission by name; the button is there.
  }
}
