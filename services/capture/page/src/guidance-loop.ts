import type { GuidanceAnswer } from '../../src/wire.ts';
import { pause } from './client.ts';
import { type OwnEyes, ownEyes } from './face-detector.ts';
import { advance, fade, type Guide, startGuide } from './guidance.ts';
import type { LiveChannel } from './live-channel.ts';
import { firstPace } from './live-pace.ts';
import { type Glance, glance, motionBetween } from './look/picture.ts';
import { outlineInPicture } from './outline.ts';
import { takeThumbnail } from './thumbnail.ts';

/** Between two readings that the page makes by itself. */
const ownReadingMs = 250;
/** Motion is judged over this time at least, however often is looked. */
const motionSpanMs = 200;
/** Between two looks at whether what was said still holds. */
const fadingMs = 200;
/** A line that was up and is down for this long is told; a service that restarts is back sooner. */
const cutMs = 1_500;
/** The loop never takes more of a cheap phone than this leaves. */
const restMs = 20;

/** What is watched and who is told. */
export interface Watch {
  readonly video: HTMLVideoElement;
  /** The outline that lies over the picture on screen. */
  readonly outline: HTMLElement;
  readonly live: LiveChannel;
  /** The frame may become a template: what covers the face is then worth a longer wait. */
  readonly enrols: boolean;
  readonly signal: AbortSignal;
  /** After every reading. */
  readonly changed: (guide: Guide) => void;
  /** Every answer of the service, with the angles of the head. */
  readonly seen?: (seen: GuidanceAnswer) => void;
}

/** Watches until aborted and reports every change of guidance. Never throws, never stops by itself. */
export async function watchFace(watch: Watch): Promise<void> {
  const { video, live, signal } = watch;
  const canvas = document.createElement('canvas');
  const eyes = ownEyes();
  let guide = startGuide(performance.now());
  const isCut = cutWatch(live);
  let wasCut = false;
  const tell = () => {
    wasCut = isCut(performance.now());
    // Who has waited long enough takes the picture; it goes another way than guidance.
    watch.changed(wasCut && !guide.urgeShutter ? { ...guide, hint: 'offline', isGood: false } : guide);
  };
  const fading = setInterval(() => {
    const faded = fade(guide, performance.now());
    if (faded === guide && isCut(performance.now()) === wasCut) return;
    guide = faded;
    tell();
  }, fadingMs);
  signal.addEventListener('abort', () => clearInterval(fading));
  let before: { glance: Glance; at: number } | null = null;
  while (!signal.aborted) {
    const at = performance.now();
    if (!document.hidden) {
      // Phones pause the picture while the page is away.
      if (video.paused) void video.play().catch(() => undefined);
      const now = glance(video, canvas);
      const motion = before === null ? 0 : motionBetween(before.glance, now);
      if (before === null || at - before.at >= motionSpanMs) before = { glance: now, at };
      const seen = await see(watch, canvas, eyes);
      if (signal.aborted) return;
      const reading = { at: performance.now(), takenAt: at, seen, luminance: now.luminance, motion };
      guide = advance(guide, reading, ovalOf(watch), watch.enrols);
      tell();
    }
    const intervalMs = live.up ? live.pace.intervalMs : ownReadingMs;
    await pause(Math.max(restMs, intervalMs - (performance.now() - at)), signal);
  }
}

/** Whether the line is down that was up before. Where it never was, nothing is amiss: some networks carry none. */
function cutWatch(live: LiveChannel): (at: number) => boolean {
  let lastUpAt: number | null = null;
  return (at) => {
    if (live.up) lastUpAt = at;
    return lastUpAt !== null && at - lastUpAt > cutMs;
  };
}

/** The service's eyes; the browser's own while those are away or busy. */
async function see(
  { video, live, signal, seen }: Watch,
  canvas: HTMLCanvasElement,
  eyes: OwnEyes,
): Promise<GuidanceAnswer | null> {
  const thumbnail = await takeThumbnail(video, canvas, live.up ? live.pace : firstPace);
  if (thumbnail === null || signal.aborted) return null;
  const answer = await live.ask(thumbnail, signal);
  if (signal.aborted) return null;
  if (answer !== null) seen?.(answer);
  return answer ?? (await eyes(canvas));
}

/** The outline in fractions of the camera's picture. The preview is mirrored and centred, so left and right agree. */
function ovalOf({ video, outline }: Watch) {
  const stage = video.getBoundingClientRect();
  const oval = outline.getBoundingClientRect();
  return outlineInPicture({ width: video.videoWidth, height: video.videoHeight }, stage, {
    left: oval.left - stage.left,
    top: oval.top - stage.top,
    width: oval.width,
    height: oval.height,
  });
}
