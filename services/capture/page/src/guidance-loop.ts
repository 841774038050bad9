import { askGuidance, pause, type SessionPath } from './client.ts';
import { advance, type Guide, outlineInPicture, startGuide } from './guidance.ts';
import { type Glance, glance, motionBetween, takeThumbnail } from './look/picture.ts';

/** At most four thumbnails a second, one on its way at a time. */
const readingMs = 250;
/** After this many silent answers the service is asked only now and then. */
const patience = 3;
const askEveryWhenSilent = 8;

/** What is watched: the camera's picture and the outline that lies over it on screen. */
export interface Watched {
  readonly video: HTMLVideoElement;
  readonly outline: HTMLElement;
}

/** Watches until aborted and reports every change of guidance. Never throws, never stops by itself. */
export async function watchFace(
  watched: Watched,
  path: SessionPath,
  signal: AbortSignal,
  changed: (guide: Guide) => void,
): Promise<void> {
  const canvas = document.createElement('canvas');
  let guide = startGuide(performance.now());
  let before: Glance | null = null;
  let silent = 0;
  for (let turn = 0; !signal.aborted; turn++) {
    const at = performance.now();
    if (!document.hidden) {
      // Phones pause the picture while the page is away.
      if (watched.video.paused) void watched.video.play().catch(() => undefined);
      const now = glance(watched.video, canvas);
      const motion = before === null ? 0 : motionBetween(before, now);
      before = now;
      const ask = silent < patience || turn % askEveryWhenSilent === 0;
      const seen = ask ? await see(watched.video, canvas, path, signal) : null;
      if (ask) silent = seen === null ? silent + 1 : 0;
      if (signal.aborted) return;
      guide = advance(
        guide,
        { at: performance.now(), seen, luminance: now.luminance, motion },
        ovalOf(watched),
      );
      changed(guide);
    }
    await pause(Math.max(20, readingMs - (performance.now() - at)), signal);
  }
}

async function see(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  path: SessionPath,
  signal: AbortSignal,
) {
  const thumbnail = await takeThumbnail(video, canvas);
  return thumbnail === null ? null : askGuidance(path, thumbnail, signal);
}

/** The outline in fractions of the camera's picture. The preview is mirrored and centred, so left and right agree. */
function ovalOf({ video, outline }: Watched) {
  const stage = video.getBoundingClientRect();
  const oval = outline.getBoundingClientRect();
  return outlineInPicture({ width: video.videoWidth, height: video.videoHeight }, stage, {
    left: oval.left - stage.left,
    top: oval.top - stage.top,
    width: oval.width,
    height: oval.height,
  });
}
