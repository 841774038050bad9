import type { PageFacts } from '../../../src/wire.ts';
import type { CameraFacts, CameraWatch } from './camera-facts.ts';
import { deviceKeys } from './device-key.ts';

/** What is known by now: of the camera, and of it what is no number. */
export interface FactsNow {
  ofCamera(): CameraFacts;
  ofPage(): PageFacts;
}

/** Facts about the camera, gathered by code that comes when nothing else is to do. */
export function factsLater(
  stream: MediaStream | null,
  video: HTMLVideoElement,
  signal: AbortSignal,
): FactsNow {
  let watch: CameraWatch | null = null;
  whenIdle(() => {
    void deviceKeys().catch(() => undefined);
    import('./camera-facts.ts').then(
      ({ watchCamera }) => {
        if (stream === null || signal.aborted) return;
        watch = watchCamera(stream, video);
        signal.addEventListener('abort', () => watch?.stop());
      },
      () => undefined,
    );
  });
  return { ofCamera: () => watch?.facts() ?? {}, ofPage: () => watch?.ofPage() ?? {} };
}

function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(act, { timeout: 1_000 });
  else setTimeout(act, 300);
}
