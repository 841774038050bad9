import { hasChromium, openBrowser } from '@selfsame/testing/browser';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateNames } from '../page/states/fixtures.ts';
import { buildPage, startWorld, type World } from './harness.ts';

/** The rules of WCAG 2.0, 2.1 and 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Every state of the page before axe, in both colour schemes, on a phone. */
describe.skipIf(!hasChromium)('axe finds nothing on any state', () => {
  let built: { directory: string; remove(): void };
  let world: World;
  let browser: Browser;

  beforeAll(async () => {
    built = await buildPage({ withStates: true });
    [world, browser] = await Promise.all([startWorld(built.directory, { statesPage: true }), openBrowser()]);
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
    built?.remove();
  });

  it.each([
    ['light', { width: 360, height: 640 }],
    ['dark', { width: 1280, height: 800 }],
  ] as const)(
    'in %s colours',
    async (colorScheme, viewport) => {
      const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' });
      await context.addInitScript({ content: axe.source });
      const page = await context.newPage();
      const found: string[] = [];
      for (const name of stateNames) {
        await page.goto(`${world.url}/__states/${name}?lang=en`);
        await page.locator(name === 'loading' ? '.loading' : 'h1').waitFor({ state: 'attached' });
        await settled(page);
        for (const finding of await findingsOf(page)) found.push(`${name}: ${finding}`);
      }
      await context.close();
      expect(found).toEqual([]);
    },
    90_000,
  );
});

/** Colours on their way from one to another have a contrast of their own. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ playState, effect }) =>
          playState !== 'running' || effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY,
      ),
  );
}

/** One line for every finding: rule, element, what is wrong. */
function findingsOf(page: Page): Promise<string[]> {
  return page.evaluate(async (rules) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: rules,
      resultTypes: ['violations'],
    });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html.slice(0, 200)} (${help})`),
    );
  }, RULES);
}
