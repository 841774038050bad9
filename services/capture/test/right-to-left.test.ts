import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumPath, hasChromium } from '@selfsame/testing/browser';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogues } from '../page/src/texts/catalogues.ts';
import { directionOf, type Language, languages } from '../page/src/texts/language.ts';
import { stateNames } from '../page/states/fixtures.ts';
import { openStates, type States } from './states.ts';

/** Where the pictures go, for people to look at; empty: nowhere. */
const directory = process.env.RIGHT_TO_LEFT_SCREENS ?? '';

const phone = { name: 'phone', width: 360, height: 640 };
const desktop = { name: 'desktop', width: 1280, height: 800 };
const smallest = { name: 'smallest', width: 320, height: 568 };

/** What begins the lines of a state, at the left in English and at the right in Arabic, and what ends them. */
interface Lines {
  readonly starts: readonly string[];
  readonly ends: readonly string[];
}

/** By state. The header is the same everywhere: who asks, and the way out. */
const lines: Readonly<Record<string, Lines>> = {
  'welcome-match': { starts: ['h1', '.steps .badge', '.privacy .icon'], ends: ['header button'] },
  'welcome-flashing': { starts: ['.steps .badge'], ends: ['header button'] },
  'other-way': { starts: ['h1', '.ways .badge'], ends: ['header button', '.ways .forward'] },
  'looking-closer': { starts: [], ends: ['header button'] },
  'again-dark': { starts: [], ends: ['header button'] },
  'verdict-approved': { starts: [], ends: [] },
  'consent-asked': { starts: ['.eyebrow', 'h1', '.terms dt', '.answers button'], ends: [] },
};

/** Every state has the same parts; these are the fullest, where words are most in each other's way. */
const crowded = [
  'welcome-enrol',
  'offer-not-forgotten',
  'handoff-loopback',
  'trouble-refused',
  'looking-active',
  'consent-no-key',
  'consent-withdrawing-not-sent',
];

/** Where words are long and stand beside something. */
const tight = [
  'welcome-flashing',
  'offer',
  'other-way',
  'handoff-loopback',
  'trouble-refused',
  'locked',
  'consent-no-key',
  'consent-given',
];

/** Each takes a second or two; machines that check may be very busy. */
const timeoutMs = 120_000;

describe.skipIf(!hasChromium)(
  `the page from right to left in ${chromiumPath}`,
  { timeout: timeoutMs },
  () => {
    let states: States;
    let page: Page;

    beforeAll(async () => {
      if (directory !== '') mkdirSync(directory, { recursive: true });
      states = await openStates();
      page = await states.browser.newPage({ reducedMotion: 'reduce' });
    }, timeoutMs);
    afterAll(() => states?.close());

    const show = async (state: string, language: Language, device: typeof phone, text = 100) => {
      await page.setViewportSize({ width: device.width, height: device.height });
      await states.show(page, state, { lang: language, text: String(text) });
      if (directory === '') return;
      await page.screenshot({ path: join(directory, `${state}--${device.name}--${language}.png`) });
    };

    it.each(languages)('is served as what it is: %s', async (language) => {
      const { page_title: title } = await catalogues[language]();
      const answer = await fetch(`${states.url}/session/${states.token}`, {
        headers: { 'accept-language': `${language},en;q=0.5` },
      });
      const html = await answer.text();
      expect(html).toMatch(new RegExp(`<html lang="${language}" dir="${directionOf(language)}"`));
      expect(html).toContain(`<title>${String(title)}</title>`);
    });

    describe.each([phone, desktop])('on a $name', (device) => {
      it.each(Object.entries(lines))('%s is the mirror of English', async (state, { starts, ends }) => {
        const measure = async (language: Language) => {
          await show(state, language, device);
          const found = { starts: await spans(page, ['.who', ...starts]), ends: await spans(page, ends) };
          return { ...found, direction: await page.locator('html').getAttribute('dir') };
        };
        const english = await measure('en');
        const arabic = await measure('ar');
        expect([english.direction, arabic.direction]).toEqual(['ltr', 'rtl']);
        for (const [selector, { left }] of english.starts) {
          const mirrored = device.width - (arabic.starts.get(selector)?.right ?? Number.NaN);
          expect(Math.abs(mirrored - left), `start of ${selector}`).toBeLessThanOrEqual(1);
        }
        for (const [selector, { right }] of english.ends) {
          const mirrored = device.width - (arabic.ends.get(selector)?.left ?? Number.NaN);
          expect(Math.abs(mirrored - right), `end of ${selector}`).toBeLessThanOrEqual(1);
        }
      });
    });

    it('turns arrows that point onwards, and never the picture of a person', async () => {
      const matrix = (selector: string) =>
        page
          .locator(selector)
          .first()
          .evaluate((element) => new DOMMatrix(getComputedStyle(element).transform).a);
      const turns: Record<string, number[]> = {};
      for (const language of ['en', 'ar'] as const) {
        await show('other-way', language, phone);
        const arrow = await matrix('.ways .forward');
        await show('looking-active', language, phone);
        await page.locator('.oval video').waitFor();
        turns[language] = [arrow, await matrix('.oval video')];
      }
      expect(turns).toEqual({ en: [1, -1], ar: [-1, -1] });
    });

    it.each(stateNames)('keeps within a phone in Arabic: %s', async (state) => {
      await show(state, 'ar', phone);
      expect(await outside(page)).toEqual([]);
    });

    it.each(languages)('keeps the words of %s within the smallest phone', async (language) => {
      const problems: string[] = [];
      for (const state of crowded) {
        await show(state, language, smallest);
        problems.push(...(await outside(page)).map((problem) => `${state}: ${problem}`));
      }
      expect(problems).toEqual([]);
    });

    it.each(languages)('divides words of %s that are wider than the smallest phone', async (language) => {
      const problems: string[] = [];
      for (const state of tight) {
        await show(state, language, smallest, 200);
        problems.push(...(await outside(page)).map((problem) => `${state}: ${problem}`));
      }
      expect(problems).toEqual([]);
    });
  },
);

/** A stretch of the screen from its left edge, in CSS pixels. */
interface Span {
  readonly left: number;
  readonly right: number;
}

/** The first element of each selector. @throws when one is not there */
async function spans(page: Page, selectors: readonly string[]): Promise<Map<string, Span>> {
  const found = new Map<string, Span>();
  for (const selector of selectors) {
    const box = await page.locator(selector).first().boundingBox();
    if (box === null) throw new Error(`${selector} is not on the screen`);
    found.set(selector, { left: box.x, right: box.x + box.width });
  }
  return found;
}

/** What sticks out of the screen or of its own box, as tag and class; pictures and ornaments may. */
function outside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const found: string[] = [];
    if (document.documentElement.scrollWidth > width) found.push('the page can be moved sideways');
    for (const element of document.querySelectorAll<HTMLElement>('#page *')) {
      if (element.closest('.oval, .symbol, svg, .for-readers, [hidden]') !== null) continue;
      const { left, right } = element.getBoundingClientRect();
      const mayShowMore = getComputedStyle(element).overflowX === 'visible';
      const spills = element.clientWidth > 0 && element.scrollWidth - element.clientWidth > 1;
      if (left < -0.5 || right > width + 0.5 || (mayShowMore && spills)) {
        found.push(`${element.tagName}.${element.className}`);
      }
    }
    return found;
  });
}
