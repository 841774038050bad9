import { hasChromium } from '@selfsame/testing/browser';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languages } from '../page/src/texts/language.ts';
import { groups } from '../page/states/fixtures.ts';
import { openStates, type States } from './states.ts';

/** The rules of WCAG 2.0, 2.1 and 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** A group takes a few seconds; machines that check may be very busy. */
const timeoutMs = 120_000;

describe.skipIf(!hasChromium)('the states of the page', () => {
  let states: States;

  beforeAll(async () => {
    states = await openStates();
  }, timeoutMs);
  afterAll(() => states?.close());

  describe.each([
    ['light colours on a phone', 'light', { width: 360, height: 640 }],
    ['dark colours on a desktop', 'dark', { width: 1280, height: 800 }],
  ] as const)('in %s', (_what, colorScheme, viewport) => {
    let page: Page;
    beforeAll(async () => {
      page = await states.browser.newPage({ colorScheme, viewport, reducedMotion: 'reduce' });
      await page.addInitScript({ content: axe.source });
    }, timeoutMs);
    afterAll(() => page?.close());

    it.each(Object.entries(groups))(
      'give axe nothing to find: %s',
      async (_heading, group) => {
        const found: string[] = [];
        for (const name of Object.keys(group)) {
          await states.show(page, name);
          await settled(page);
          for (const finding of await findingsOf(page)) found.push(`${name}: ${finding}`);
        }
        expect(found).toEqual([]);
      },
      timeoutMs,
    );
  });

  describe('that flash', () => {
    let page: Page;
    beforeAll(async () => {
      page = await states.browser.newPage({ reducedMotion: 'reduce' });
    }, timeoutMs);
    afterAll(() => page?.close());

    it.each([
      [320, 480, 100],
      [320, 480, 200],
      [390, 844, 200],
      [480, 320, 200],
      [1280, 800, 100],
    ])(
      'have their way out in view in every language, at %i × %i and %i per cent text',
      async (width, height, text) => {
        await page.setViewportSize({ width, height });
        const hidden: string[] = [];
        for (const lang of languages) {
          for (const name of ['flashing-countdown', 'flashing-red']) {
            await states.show(page, name, { lang, text: String(text) });
            if (!(await isInView(page, '.stop'))) hidden.push(`${name} in ${lang}`);
          }
        }
        expect(hidden).toEqual([]);
      },
      timeoutMs,
    );

    it(
      'end with Escape, wherever the focus is',
      async () => {
        for (const name of ['flashing-countdown', 'flashing-red']) {
          await states.show(page, name);
          await page.evaluate(() => {
            delete document.documentElement.dataset.sent;
            if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
          });
          await page.keyboard.press('Escape');
          await page.locator('[data-sent="other_way"]').waitFor({ timeout: timeoutMs / 4 });
        }
      },
      timeoutMs,
    );
  });
});

/** Whether all of an element is on the screen and nothing lies over its middle. */
function isInView(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((found) => {
    const element = document.querySelector(found);
    if (element === null) return false;
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const isInside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    return isInside && element.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
  }, selector);
}

/** Colours on their way from one to another have a contrast of their own. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document
        .getAnimations()
        .every(
          ({ playState, effect }) =>
            playState !== 'running' || effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY,
        ),
    undefined,
    { timeout: timeoutMs / 4 },
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
