import { existsSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium; CHROMIUM_PATH names another one. */
export const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Whether the tests that need a browser can run here. */
export const hasChromium = existsSync(chromiumPath);

/** A browser whose camera plays a sample video. @param video below faces/video, without its extension */
export function openBrowser(video = 'genuine_p01'): Promise<Browser> {
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
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${facePath(`video/${video}.mjpeg`)}`,
    ],
  });
}
