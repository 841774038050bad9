import { waitFor } from '@selfsame/testing/wait';
import type { Browser } from 'playwright-core';
import { installCamera, type Performance } from '../../capture-cameras/camera-script.ts';
import { type Moments, watchMoments } from './page-clock.ts';
import { countBytes } from './wire-bytes.ts';

/** A link and a phone. */
export interface Conditions {
  readonly name: string;
  /** Of every request; kilobits a second in either direction. Undefined: as the loopback is. */
  readonly network?: { readonly latencyMs: number; readonly downKbps: number; readonly upKbps: number };
  /** How many times slower than this machine. */
  readonly cpu: number;
}

/** As developer tools throttle what they call slow 4G, and a phone of the lower middle. */
export const SLOW: Conditions = {
  name: 'slow 4G, CPU / 4',
  network: { latencyMs: 562.5, downKbps: 1_440, upKbps: 675 },
  cpu: 4,
};
export const PLAIN: Conditions = { name: 'unthrottled', cpu: 1 };

export type Method = 'PASSIVE' | 'FLASHING' | 'ACTIVE_3D';

/** One visit from the link to the verdict. Milliseconds and bytes. */
export interface Visit {
  readonly interactiveMs: number;
  /** From the shutter, or of an active look from its last frame, to the verdict on the screen. */
  readonly tapToVerdictMs: number;
  /** From the agreement to the verdict: what the user spends. */
  readonly agreedToVerdictMs: number;
  readonly firstBytes: number;
  readonly downBytes: number;
  readonly upBytes: number;
  /** Of these, the look itself: picture, frames and what is said of them. */
  readonly uploadBytes: number;
}

/** Somebody who does what is asked comes with a fresh browser. @throws Error when no verdict comes in time */
export async function visit(
  browser: Browser,
  url: string,
  method: Method,
  conditions: Conditions,
  performance: Performance,
): Promise<Visit> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  try {
    await context.addInitScript(watchMoments);
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    const bytes = await countBytes(cdp);
    const { network, cpu } = conditions;
    if (network !== undefined)
      await cdp.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: network.latencyMs,
        downloadThroughput: (network.downKbps * 1000) / 8,
        uploadThroughput: (network.upKbps * 1000) / 8,
      });
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: cpu });
    const read = () => page.evaluate(() => (window as unknown as { moments: Moments }).moments);
    await page.goto(url);
    await waitFor('the welcome', async () => (await read()).interactive, { timeoutMs: 30_000 });
    // Only now: the pictures of the camera are no part of the page.
    await page.evaluate(installCamera, performance);
    await page.getByRole('button', { name: /agree/i }).click();
    if (method === 'FLASHING')
      await page.getByRole('button', { name: /^start$/i }).click({ timeout: 30_000 });
    if (method === 'PASSIVE') await page.locator('.shutter:enabled').click({ timeout: 30_000 });
    const moments = await waitFor(
      'the verdict',
      async () => {
        const now = await read();
        return now.verdict !== undefined && now;
      },
      { timeoutMs: 60_000 },
    );
    const { interactive = 0, agreed = 0, verdict = 0 } = moments;
    const sent = method === 'PASSIVE' ? moments.tapped : undefined;
    return {
      interactiveMs: interactive,
      tapToVerdictMs: verdict - (sent ?? bytes.sentAtMs() ?? 0),
      agreedToVerdictMs: verdict - agreed,
      firstBytes: bytes.down(interactive),
      downBytes: bytes.down(),
      upBytes: bytes.up(),
      uploadBytes: bytes.uploads(),
    };
  } finally {
    await context.close();
  }
}
