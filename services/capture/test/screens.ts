import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from '@selfsame/testing/browser';
import { stateNames } from '../page/states/fixtures.ts';
import { buildPage, startWorld } from './harness.ts';

/**
 * Takes a picture of every state of the page, from its page of all states, for people to look at:
 * `node test/screens.ts <directory> [state…] [@look…]`, a state by the beginning of its name. SCREENS_LANGUAGE and
 * SCREENS_TEXT (per cent) say in which language and how large.
 */
const looks = [
  { name: 'phone-light', width: 360, height: 640, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'desktop-light', width: 1280, height: 800, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 800, colorScheme: 'dark' },
] as const;

const [directory = 'screens', ...wanted] = process.argv.slice(2);
const chosenStates = wanted.filter((name) => !name.startsWith('@'));
const chosenLooks = wanted.filter((name) => name.startsWith('@')).map((name) => name.slice(1));
const language = process.env.SCREENS_LANGUAGE ?? 'en';
const text = process.env.SCREENS_TEXT ?? '100';
/** Time for what comes later, and for guidance to make up its mind. */
const settledMs = 1_500;

mkdirSync(directory, { recursive: true });
const built = await buildPage({ withStates: true });
const world = await startWorld(built.directory, { statesPage: true });
const browser = await openBrowser();
try {
  for (const look of looks.filter(({ name }) => chosenLooks.length === 0 || chosenLooks.includes(name))) {
    const { name: lookName, width, height, colorScheme } = look;
    const context = await browser.newContext({
      viewport: { width, height },
      deviceScaleFactor: 2,
      colorScheme,
    });
    const states = stateNames.filter(
      (name) => chosenStates.length === 0 || chosenStates.some((begin) => name.startsWith(begin)),
    );
    for (const state of states) {
      const page = await context.newPage();
      await page.goto(`${world.url}/__states/${state}?lang=${language}&text=${text}`);
      await page.locator(state === 'loading' ? '.loading' : 'h1').waitFor({ state: 'attached' });
      await page.waitForTimeout(settledMs);
      await page.screenshot({ path: join(directory, `${state}--${lookName}.png`) });
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
  await world.stop();
  built.remove();
}
