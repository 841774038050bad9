import { draw, encode, narrowed } from './picture.ts';

/** A frame of a challenge, taken at a moment of the challenge's clock; its JPEG follows, null when it cannot be encoded. */
export interface Shot {
  readonly takenAtMs: number;
  readonly jpeg: Promise<Blob | null>;
}

/** A frame as it goes into a bundle. */
export interface Frame {
  readonly takenAtMs: number;
  readonly jpeg: Blob;
}

/** As many frames as a bundle may have. */
export const framesMax = 32;
/** Shorter side and quality: all that the judges of challenges profit from, measured; see docs/capture-quality.md. */
const shotSide = 360;
const shotQuality = 0.75;
const frameBytesMax = 1_000_000;
/** Pictures of a burst that are being encoded at once; a phone that is slower than this skips some. */
const encodingMax = 8;

/** What takes frames as long as it is not stopped. */
export interface Burst {
  readonly shots: readonly Shot[];
  /** Takes one now, whatever the rhythm. */
  take(): void;
  stop(): void;
}

/**
 * Takes frames un-mirrored as the camera delivers them, at most one in `everyMs`.
 * @param clock milliseconds since the challenge began
 * @param shotsMax no more are taken
 */
export function startBurst(
  video: HTMLVideoElement,
  { everyMs, clock, shotsMax }: { everyMs: number; clock: () => number; shotsMax: number },
): Burst {
  const shots: Shot[] = [];
  const idle: HTMLCanvasElement[] = [];
  let encoding = 0;
  let dueMs = Number.NEGATIVE_INFINITY;

  const take = () => {
    if (shots.length >= shotsMax || encoding >= encodingMax || video.videoWidth === 0) return;
    const takenAtMs = Math.max(0, Math.round(clock()));
    if (takenAtMs <= (shots.at(-1)?.takenAtMs ?? -1)) return;
    const canvas = idle.pop() ?? document.createElement('canvas');
    draw(canvas, video, ...narrowed(video.videoWidth, video.videoHeight, shotSide));
    encoding += 1;
    const jpeg = encode(canvas, shotQuality).finally(() => {
      encoding -= 1;
      idle.push(canvas);
    });
    shots.push({ takenAtMs, jpeg });
  };

  const stop = everyFrame(video, () => {
    const now = clock();
    // A camera's own rhythm is coarse: the frames keep to the rhythm on average.
    if (now < dueMs) return;
    dueMs = Math.max(dueMs + everyMs, now + everyMs / 2);
    take();
  });
  return { shots, take, stop };
}

/** Calls back with every new frame of a video, or of the screen where browsers do not tell of the video's. @returns its end */
export function everyFrame(video: HTMLVideoElement, seen: (metadata?: VideoFrameCallbackMetadata) => void) {
  let stopped = false;
  const byVideo = typeof video.requestVideoFrameCallback === 'function';
  const next = () => {
    if (stopped) return;
    if (byVideo) video.requestVideoFrameCallback((_now, metadata) => step(metadata));
    else requestAnimationFrame(() => step());
  };
  const step = (metadata?: VideoFrameCallbackMetadata) => {
    if (stopped) return;
    seen(metadata);
    next();
  };
  next();
  return () => {
    stopped = true;
  };
}

/** The frames of shots, in their order, without those that could not be encoded. */
export async function framesOf(shots: readonly Shot[]): Promise<Frame[]> {
  const frames = await Promise.all(
    shots.map(async ({ takenAtMs, jpeg }) => ({ takenAtMs, jpeg: await jpeg })),
  );
  return frames.flatMap(({ takenAtMs, jpeg }) =>
    jpeg === null || jpeg.size > frameBytesMax ? [] : [{ takenAtMs, jpeg }],
  );
}

/**
 * At most `max` shots, as many of each stretch of time as there is room for, the first and the last of each among them.
 * @param boundsMs rising: where a stretch ends and the next one begins
 */
export function spread<T extends { readonly takenAtMs: number }>(
  shots: readonly T[],
  boundsMs: readonly number[],
  max: number = framesMax,
): T[] {
  const stretches = [...boundsMs, Number.POSITIVE_INFINITY].map((end, at) =>
    shots.filter(({ takenAtMs }) => takenAtMs < end && takenAtMs >= (boundsMs[at - 1] ?? 0)),
  );
  const bySize = stretches.map((_, at) => at).sort((a, b) => sizeAt(stretches, a) - sizeAt(stretches, b));
  const shares: number[] = [];
  let left = max;
  bySize.forEach((at, done) => {
    const share = Math.min(sizeAt(stretches, at), Math.floor(left / (bySize.length - done)));
    shares[at] = share;
    left -= share;
  });
  return stretches.flatMap((stretch, at) => evenly(stretch, shares[at] ?? 0));
}

function sizeAt(stretches: readonly (readonly unknown[])[], at: number): number {
  return stretches[at]?.length ?? 0;
}

/** `count` of a list at even distances, the last one always, the first one when there is more than one. */
function evenly<T>(list: readonly T[], count: number): T[] {
  if (count >= list.length) return [...list];
  if (count === 1) return list.slice(-1);
  return Array.from(
    { length: count },
    (_, at) => list[Math.round((at * (list.length - 1)) / (count - 1))],
  ).filter((item) => item !== undefined);
}
