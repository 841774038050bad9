import type { Finding } from './challenge.ts';
import type { FrameFingerprint } from './fingerprint.ts';
import { grainCorrelation } from './fingerprint.ts';
import { medianOf } from './regression.ts';

/** When a frame was taken, in milliseconds since the challenge began, and what tells it from the others. */
export interface TimedFrame {
  readonly takenAtMs: number;
  readonly fingerprint: FrameFingerprint;
}

/**
 * A page that asks faster than its camera delivers gets a frame twice now and then; beyond this share of the frames the
 * stream stands still.
 */
const STALE_SHARE_MAX = 0.34;
/** Grain of two frames of a camera correlates by what the scene's fine structure adds; a still image is above this. */
const GRAIN_STATIC_MIN = 0.98;

/**
 * Whether frames can be what a camera delivered: times that rise, no frame that comes back later, no stream that stands
 * still.
 */
export function judgeFrames(frames: readonly TimedFrame[]): Finding {
  const rising = frames.every(
    ({ takenAtMs }, at) => at === 0 || takenAtMs > (frames[at - 1]?.takenAtMs ?? 0),
  );
  const { stale, returning } = repeats(frames);
  const static_ = grainStatic(frames);
  const repeating = returning > 0 || stale > STALE_SHARE_MAX * frames.length;
  return {
    failures: rising && !repeating && !static_ ? [] : ['frames'],
    score: 100,
    signals: [
      { name: 'media_frame_hash_repeat', value: stale + returning, raised: repeating },
      { name: 'media_noise_static', value: static_ ? 1 : 0, raised: static_ },
    ],
  };
}

/** The frames without those that only repeat the one before them. */
export function freshFrames<T extends TimedFrame>(frames: readonly T[]): T[] {
  return frames.filter(({ fingerprint }, at) => fingerprint.digest !== frames[at - 1]?.fingerprint.digest);
}

/** `stale`: frames equal to the one before; `returning`: frames equal to an earlier one that others have followed. */
function repeats(frames: readonly TimedFrame[]): { stale: number; returning: number } {
  const seen = new Set<string>();
  let [stale, returning] = [0, 0];
  let before: string | undefined;
  for (const { fingerprint } of frames) {
    const { digest } = fingerprint;
    if (digest === before) stale += 1;
    else if (seen.has(digest)) returning += 1;
    seen.add(digest);
    before = digest;
  }
  return { stale, returning };
}

/** A still image encoded again and again has other bytes and the same grain. */
function grainStatic(frames: readonly TimedFrame[]): boolean {
  const fresh = freshFrames(frames);
  if (fresh.length < 3) return false;
  const alike = fresh.slice(1).map(({ fingerprint }, at) => {
    const before = fresh[at]?.fingerprint;
    return before === undefined ? 0 : grainCorrelation(fingerprint, before);
  });
  return medianOf(alike) > GRAIN_STATIC_MIN;
}
