import type { CaptureManifest, PageFacts } from '../../../src/wire.ts';
import { momentsOf } from './camera.ts';
import { hex } from './device-key.ts';
import { everyFrame } from './shots.ts';

/** Facts about a camera, by their names in the signal catalogue. */
export type CameraFacts = CaptureManifest['camera'];

/** Watches a camera from beside. */
export interface CameraWatch {
  /** What is known by now. */
  facts(): CameraFacts;
  /** The camera's name as a digest that means nothing on other sites; its name itself goes nowhere. */
  ofPage(): PageFacts;
  stop(): void;
}

/** Programs that pose as a camera, by a part of the name that they give themselves. */
const virtualNames =
  /\b(obs|manycam|snap ?camera|xsplit|v4l2 ?loopback|dummy video|droidcam|iriun|epoccam|camo|ivcam|e2esoft|vcam|virtual|splitcam|sparkocam|youcam|webcamoid|akvcam|ndi|mmhmm|chromacam|unity video|deepfacelive|avatarify|altercam|fakewebcam|screen ?capture)\b/i;

/** Whether a label names a program instead of a device. */
export function isVirtualName(label: string): boolean {
  return virtualNames.test(label);
}

/** Whether a label is that of the test pattern that browsers deliver on demand. */
export function isTestDevice(label: string): boolean {
  return /\bfake[_ ](device|camera|video)/i.test(label);
}

/** Sizes that cameras deliver by themselves: either way round. */
const nativeSizes = new Set([
  ...['320x240', '352x288', '640x360', '640x480', '800x600', '848x480', '960x540', '960x720', '1024x576'],
  ...['1024x768', '1280x720', '1280x800', '1280x960', '1280x1024', '1440x1080', '1600x1200', '1920x1080'],
  ...['1920x1440', '2048x1536', '2560x1440', '2592x1944', '3264x2448', '3840x2160', '4032x3024'],
]);

/** Whether some camera is known to deliver pictures of this size. */
export function isNativeSize(width: number, height: number): boolean {
  return nativeSizes.has(`${Math.max(width, height)}x${Math.min(width, height)}`);
}

/** What the rhythm of frames tells: frames a second and the variation of their distances as a share of the mean. */
export function rhythmOf(timesMs: readonly number[]): { rate: number; jitter: number } | undefined {
  if (timesMs.length < rhythmFramesMin) return undefined;
  const gaps = timesMs.slice(1).map((time, at) => time - (timesMs[at] ?? time));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  if (!(mean > 0)) return undefined;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return { rate: 1_000 / mean, jitter: Math.sqrt(variance) / mean };
}

const rhythmFramesMin = 12;
const rhythmFramesMax = 150;

/** What a browser says of the device that it runs on. */
export interface SaidOfDevice {
  readonly userAgent: string;
  readonly platform: string;
  readonly maxTouchPoints: number;
}

/**
 * Whether a device is a phone whose browser tells where each camera faces: an iPhone, or Chrome on an Android phone with a
 * phone's processor. Developers' tools and desktop browsers that ask for mobile pages change the user agent and keep the
 * platform; tablets, television sets and phones with a desktop's page may have a camera that faces nowhere.
 */
export function isSurelyPhone({ userAgent, platform, maxTouchPoints }: SaidOfDevice): boolean {
  // Tools that pretend say one finger; screens of phones feel more.
  if (maxTouchPoints < 2) return false;
  if (platform === 'iPhone') return /\biPhone\b/.test(userAgent);
  const isArm = /^Linux (arm|aarch64)/.test(platform);
  return isArm && /\bAndroid\b.*\bChrome\/\d+.*\bMobile\b/.test(userAgent) && !/\bwv\b/.test(userAgent);
}

/** Whether a function is the browser's own, as far as its text tells. */
export function isNative(text: string): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(text);
}

/**
 * Watches a camera while it is looked through. Labels and ids are read here and go nowhere; nothing here can fail or wait.
 */
export function watchCamera(stream: MediaStream, video: HTMLVideoElement): CameraWatch {
  const [track] = stream.getVideoTracks();
  const shown: number[] = [];
  const delays: number[] = [];
  let [lastMediaTime, isMonotonic, mutes] = [Number.NEGATIVE_INFINITY, true, 0];
  let devices: CameraFacts = {};
  let name: PageFacts = {};
  digestOf(track?.label ?? '').then(
    (digest) => {
      name = { 'page.camera_digest': digest };
    },
    () => undefined,
  );
  void devicesOf(track?.label ?? '').then((found) => {
    devices = found;
  });
  const count = () => {
    mutes += 1;
  };
  track?.addEventListener('mute', count);
  track?.addEventListener('unmute', count);
  const stopFrames = everyFrame(video, (metadata) => {
    if (metadata === undefined || shown.length >= rhythmFramesMax) return;
    if (metadata.mediaTime < lastMediaTime) isMonotonic = false;
    lastMediaTime = metadata.mediaTime;
    shown.push(metadata.mediaTime > 0 ? metadata.mediaTime * 1_000 : metadata.presentationTime);
    if (metadata.captureTime !== undefined) delays.push(metadata.presentationTime - metadata.captureTime);
  });

  const facts = (): CameraFacts => {
    const rhythm = rhythmOf(shown);
    const moments = momentsOf(stream);
    return finite({
      ...devices,
      ...trackFacts(track, video),
      auto_extension_camera_hook: isHooked(),
      cam_track_muted_events: mutes,
      ...(shown.length > 1 ? { cam_timestamp_monotonic: isMonotonic } : {}),
      ...(rhythm === undefined
        ? {}
        : { cam_frame_rate_measured: rhythm.rate, cam_frame_interval_jitter: rhythm.jitter }),
      cam_capture_delay_ms: middleOf(delays),
      ...(moments === undefined
        ? {}
        : {
            cam_permission_latency_ms: moments.grantedAtMs - moments.askedAtMs,
            cam_first_frame_delay_ms: (moments.firstPictureAtMs ?? Number.NaN) - moments.grantedAtMs,
          }),
    });
  };
  const stop = () => {
    stopFrames();
    track?.removeEventListener('mute', count);
    track?.removeEventListener('unmute', count);
  };
  return { facts, ofPage: () => name, stop };
}

async function digestOf(label: string): Promise<string | null> {
  if (label === '') return null;
  const text = new TextEncoder().encode(`${label} ${location.origin}`);
  return hex(await crypto.subtle.digest('SHA-256', text));
}

/** What the list of cameras tells; of the label of the chosen one as well. */
async function devicesOf(label: string): Promise<CameraFacts> {
  const own = { cam_label_virtual_keyword: isVirtualName(label), cam_fake_device_flag: isTestDevice(label) };
  try {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(
      ({ kind }) => kind === 'videoinput',
    );
    return {
      ...own,
      cam_device_count: cameras.length,
      cam_any_virtual_present: cameras.some((camera) => isVirtualName(camera.label)),
    };
  } catch {
    return own;
  }
}

function trackFacts(track: MediaStreamTrack | undefined, video: HTMLVideoElement): CameraFacts {
  if (track === undefined) return {};
  const settings: MediaTrackSettings & { backgroundBlur?: boolean } = track.getSettings?.() ?? {};
  const capabilities = track.getCapabilities?.();
  return {
    cam_device_id_empty: (settings.deviceId ?? '') === '',
    cam_facing_mode_missing_on_phone: settings.facingMode === undefined && isSurelyPhone(navigator),
    ...(settings.frameRate === undefined ? {} : { cam_frame_rate_reported: settings.frameRate }),
    ...(settings.facingMode === undefined ? {} : { cam_facing_mode: facings.indexOf(settings.facingMode) }),
    // By the system, before the browser has the picture.
    ...(settings.backgroundBlur === undefined ? {} : { cam_background_blur: settings.backgroundBlur }),
    ...(capabilities === undefined ? {} : capabilityFacts(capabilities)),
    ...(video.videoWidth > 0
      ? {
          cam_resolution_not_native: !isNativeSize(video.videoWidth, video.videoHeight),
          cam_frame_width_px: video.videoWidth,
          cam_frame_height_px: video.videoHeight,
        }
      : {}),
  };
}

/** Told by their place; -1 is one that browsers have thought of since. */
const facings = ['user', 'environment', 'left', 'right'];

function capabilityFacts(capabilities: MediaTrackCapabilities): CameraFacts {
  const { width, height, frameRate } = capabilities;
  return {
    cam_capabilities_count: Object.keys(capabilities).length,
    cam_resolution_max: (width?.max ?? Number.NaN) * (height?.max ?? Number.NaN),
    cam_frame_rate_max: frameRate?.max ?? Number.NaN,
  };
}

/** The median; NaN of none. */
function middleOf(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
}

/** Whether something stands between the page and the browser's camera. */
function isHooked(): boolean {
  const { mediaDevices } = navigator;
  const own = [
    mediaDevices?.getUserMedia,
    mediaDevices?.enumerateDevices,
    HTMLCanvasElement.prototype.captureStream,
  ];
  return own.some((one) => typeof one === 'function' && !isNative(Function.prototype.toString.call(one)));
}

/** Numbers in thousandths; what is no number is no fact. */
function finite(facts: CameraFacts): CameraFacts {
  const entries = Object.entries(facts)
    .filter(([, value]) => typeof value === 'boolean' || Number.isFinite(value))
    .map(([name, value]) => [name, typeof value === 'boolean' ? value : Math.round(value * 1_000) / 1_000]);
  return Object.fromEntries(entries);
}
