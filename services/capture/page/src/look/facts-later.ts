import type { CameraFacts, CameraWatch } from './camera-facts.ts';
import { deviceKeys } from './device-key.ts';

/** Facts about the camera, gathered by code that comes when nothing else is to do. */
export function factsLater(
  stream: MediaStream | null,
  video: HTMLVideoElement,
  signal: AbortSignal,
): () => CameraFacts {
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
  return () => watch?.facts() ?? {};
}

function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(act, { timeout: 1_000 });
  else setTimeout(act, 300);
}
