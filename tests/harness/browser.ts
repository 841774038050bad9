import { existsSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Journeys need a browser; where none may be installed they are left out by name. */
export const hasBrowser = existsSync(executablePath);

/**
 * Debian's Chromium with a video of `faces/video` as its camera, or with a camera that is refused.
 * @param camera name of an .mjpeg file without its ending, or 'refused'
 */
export function openBrowser(camera: string): Promise<Browser> {
  const cameraFlags =
    camera === 'refused'
      ? ['--deny-permission-prompts', '--use-fake-device-for-media-stream']
      : [
          '--use-fake-ui-for-media-stream',
          '--use-fake-device-for-media-stream',
          `--use-file-for-fake-video-capture=${facePath(`video/${camera}.mjpeg`)}`,
        ];
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...cameraFlags,
    ],
  });
}
