import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { facePath } from './assets.ts';

/** Debian's Chromium; CHROMIUM_PATH names another one. */
export const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Whether the tests that need a browser can run here; otherwise they are left out by name. */
export const hasChromium = existsSync(chromiumPath);

/**
 * Debian's Chromium with a video of `faces/video` as its camera, or with a camera that is refused.
 * @param camera name of an .mjpeg file without its ending, or 'refused'
 */
export function openBrowser(camera = 'genuine_p01'): Promise<Browser> {
  const cameraFlags =
    camera === 'refused'
      ? ['--deny-permission-prompts', '--use-fake-device-for-media-stream']
      : [
          '--use-fake-ui-for-media-stream',
          '--use-fake-device-for-media-stream',
          `--use-file-for-fake-video-capture=${facePath(`video/${camera}.mjpeg`)}`,
        ];
  return chromium.launch({
    executablePath: chromiumPath,
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
