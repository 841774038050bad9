import { openBrowser } from '@selfsame/testing/browser';
import type { Browser, Page } from 'playwright-core';
import { builtPage, startWorld } from './harness.ts';

/** The page of all states in a browser, loaded once for each page that looks at it. */
export interface States {
  readonly url: string;
  readonly browser: Browser;
  readonly token: string;
  /** Shows a state without loading the page again. @param query `lang`, `theme`, `text` */
  show(page: Page, name: string, query?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** Far more than a page takes, however busy the machine is. */
const patienceMs = 60_000;

/** Serves the page with its states. */
export async function openStates(): Promise<States> {
  const [world, browser] = await Promise.all([
    startWorld(await builtPage(), { statesPage: true }),
    openBrowser(),
  ]);
  return {
    url: world.url,
    token: world.token,
    browser,
    async show(page, name, query = {}) {
      const address = `/__states/${name}?${new URLSearchParams({ lang: 'en', ...query })}`;
      if (new URL(page.url()).pathname.startsWith('/__states/')) {
        await page.evaluate((next) => {
          history.replaceState(null, '', next);
          dispatchEvent(new PopStateEvent('popstate'));
        }, address);
      } else await page.goto(world.url + address, { timeout: patienceMs });
      await page.waitForFunction((shown) => document.documentElement.dataset.shown === shown, address, {
        timeout: patienceMs,
      });
      const sign = name === 'loading' ? '.loading' : 'h1';
      await page.locator(sign).waitFor({ state: 'attached', timeout: patienceMs });
    },
    async close() {
      await browser.close();
      await world.stop();
    },
  };
}
