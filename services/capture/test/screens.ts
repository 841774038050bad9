import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBrowser } from '@selfsame/testing/browser';
import { languages } from '../page/src/texts/language.ts';
import { stateNames } from '../page/states/fixtures.ts';
import { buildPage, startWorld } from './harness.ts';

/**
 * Takes a picture of every state of the page, from its page of all states, for people to look at:
 * `node test/screens.ts <directory> [state…] [@look…] [--languages all|en,ar,…]`, a state by the beginning of its name.
 * SCREENS_LANGUAGE and SCREENS_TEXT (per cent) say in which language and how large.
 */
const looks = [
  { name: 'phone-light', width: 360, height: 640, colorScheme: 'light' },
  { name: 'phone-aside', width: 740, height: 360, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'desktop-light', width: 1280, height: 800, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 800, colorScheme: 'dark' },
] as const;

const { values, positionals } = parseArgs({
  options: { languages: { type: 'string', default: process.env.SCREENS_LANGUAGE ?? 'en' } },
  allowPositionals: true,
});
const [directory = 'screens', ...wanted] = positionals;
const spoken: readonly string[] = values.languages === 'all' ? languages : values.languages.split(',');
const chosenStates = wanted.filter((name) => !name.startsWith('@'));
const chosenLooks = wanted.filter((name) => name.startsWith('@')).map((name) => name.slice(1));
const text = process.env.SCREENS_TEXT ?? '100';
/** Time for what comes later, and for guidance to make up its mind. */
const settledMs = 1_500;

mkdirSync(directory, { recursive: true });
const built = mkdtempSync(join(tmpdir(), 'selfsame-screens-'));
await buildPage(built);
const world = await startWorld(built, { statesPage: true });
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
    for (const [state, language] of states.flatMap((name) => spoken.map((one) => [name, one] as const))) {
      const page = await context.newPage();
      await page.goto(`${world.url}/__states/${state}?lang=${language}&text=${text}`);
      await page.locator(state === 'loading' ? '.loading' : 'h1').waitFor({ state: 'attached' });
      await page.waitForTimeout(settledMs);
      const name = spoken.length === 1 ? state : `${state}--${language}`;
      await page.screenshot({ path: join(directory, `${name}--${lookName}.png`) });
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
  await world.stop();
  rmSync(built, { recursive: true, force: true });
}
