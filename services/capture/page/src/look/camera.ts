/** Why there is no picture, each with its own way out. */
export type CameraTrouble = 'refused' | 'absent' | 'in_use' | 'stopped' | 'embedded' | 'unsupported';

/** The camera beside the screen, or the one behind it, for someone who is held the device by another. */
export type Lens = 'front' | 'back';

/** A running camera or the reason why not. */
export type CameraStart =
  | { readonly ok: true; readonly stream: MediaStream }
  | { readonly ok: false; readonly reason: CameraTrouble };

/**
 * As much as liveness and matching profit from; more only costs the user's link. Every wish is an ideal: a camera that
 * cannot is taken as it is.
 */
const wanted = (lens: Lens): MediaTrackConstraints => ({
  facingMode: lens === 'front' ? 'user' : 'environment',
  width: { ideal: 1280 },
  height: { ideal: 960 },
  frameRate: { ideal: 30 },
});

/** When the browser was asked for a camera, gave one and had its first picture, in milliseconds of `performance.now()`. */
export interface CameraMoments {
  readonly askedAtMs: number;
  readonly grantedAtMs: number;
  readonly firstPictureAtMs?: number;
}

const moments = new WeakMap<MediaStream, CameraMoments>();

/** When this camera was asked for and granted; undefined of a stream that `startCamera` did not open. */
export function momentsOf(stream: MediaStream): CameraMoments | undefined {
  return moments.get(stream);
}

/** Asks for the user's camera; waits as long as the browser's question is open. */
export async function startCamera(lens: Lens = 'front'): Promise<CameraStart> {
  if (navigator.mediaDevices?.getUserMedia === undefined) return { ok: false, reason: 'unsupported' };
  const askedAtMs = performance.now();
  try {
    const stream = await openCamera(lens);
    moments.set(stream, { askedAtMs, grantedAtMs: performance.now() });
    return { ok: true, stream };
  } catch (error) {
    return { ok: false, reason: troubleOf(nameOf(error), embedderForbids()) };
  }
}

/** Some drivers refuse a mode that they have offered: then any camera in any mode is better than none. */
async function openCamera(lens: Lens): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wanted(lens), audio: false });
  } catch (error) {
    if (!mayBeTheMode(nameOf(error))) throw error;
    return navigator.mediaDevices.getUserMedia({ video: true, audio: false });
  }
}

/** Whether a camera that failed so may start in another mode. */
export function mayBeTheMode(errorName: string): boolean {
  return ['OverconstrainedError', 'NotReadableError', 'AbortError'].includes(errorName);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** A camera that shows nothing after this long is not going to. */
const firstPictureMs = 8_000;

/** Shows the camera in `video`. Resolves true once there is a picture, false when none comes in time or on abort. */
export async function firstPicture(
  video: HTMLVideoElement,
  stream: MediaStream | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (video.srcObject !== stream) video.srcObject = stream;
  // A refused play() shows itself by the picture staying away.
  void video.play().catch(() => undefined);
  for (let waited = 0; waited < firstPictureMs && !signal.aborted; waited += 50) {
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) {
      remember(stream);
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

function remember(stream: MediaStream | null): void {
  const known = stream === null ? undefined : moments.get(stream);
  if (stream === null || known === undefined || known.firstPictureAtMs !== undefined) return;
  moments.set(stream, { ...known, firstPictureAtMs: performance.now() });
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
