import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { chromiumPath, hasChromium, openBrowser } from '@selfsame/testing/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Language, languages } from '../page/src/texts/language.ts';
import { buildPage, goodEvidence, startWorld, type World } from './harness.ts';

/** Where the pictures go, for people to look at; nowhere without it. */
const directory = process.env.RIGHT_TO_LEFT_SCREENS;

const devices = [
  { name: 'phone', width: 360, height: 640 },
  { name: 'desktop', width: 1280, height: 800 },
];
type Device = (typeof devices)[number];

/** A state of the page, how it comes about, and what stands at the start or the end of its lines. */
interface Screen {
  readonly name: string;
  readonly prepare?: (world: World) => void;
  readonly reach: (page: Page) => Promise<unknown>;
  /** Selectors of what begins a line: at the left in English, at the right in Arabic. */
  readonly starts: readonly string[];
  /** Selectors of what ends a line. */
  readonly ends: readonly string[];
}

const press = (page: Page, selector: string) => page.locator(selector).click();
const look = async (page: Page) => {
  await press(page, 'button.primary');
  await page.locator('.shutter:enabled').waitFor();
};

const screens: readonly Screen[] = [
  {
    name: 'welcome',
    reach: (page) => page.locator('.steps').waitFor(),
    starts: ['.who', '.badge', '.privacy .icon', 'h1'],
    ends: ['header button'],
  },
  {
    name: 'other-way',
    prepare: (world) => world.renew({ livenessMethod: 'FLASHING', fallbackUrl: 'https://app.example/other' }),
    reach: async (page) => {
      await page.locator('.steps').waitFor();
      await page.locator('main button', { hasText: /another way|طريقة أخرى/ }).click();
      await page.locator('.ways').waitFor();
    },
    starts: ['.who', '.ways .badge'],
    ends: ['header button', '.ways .forward'],
  },
  {
    name: 'stage',
    reach: look,
    starts: ['.who'],
    ends: ['header button'],
  },
  {
    name: 'again',
    prepare: (world) => {
      world.script.verify = () => goodEvidence({ problem: FaceProblem.TOO_DARK });
    },
    reach: async (page) => {
      await look(page);
      await press(page, '.shutter');
      await page.locator('.notice .note').waitFor();
    },
    starts: ['.who'],
    ends: ['header button'],
  },
  {
    name: 'verdict',
    prepare: (world) => {
      world.script.session = { ...world.script.session, status: 'Approved' };
    },
    reach: (page) => page.locator('.notice').waitFor(),
    starts: ['.who'],
    ends: [],
  },
];

/** A stretch of the screen from its left edge, in CSS pixels. */
interface Span {
  readonly left: number;
  readonly right: number;
}

describe.skipIf(!hasChromium)(`the page from right to left in ${chromiumPath}`, () => {
  let world: World;
  let built: Awaited<ReturnType<typeof buildPage>>;
  let browser: Browser;

  beforeAll(async () => {
    if (directory !== undefined) mkdirSync(directory, { recursive: true });
    built = await buildPage();
    [world, browser] = await Promise.all([
      startWorld(built.directory, { verdictWaitMs: 300 }),
      openBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
    built?.remove();
  });

  async function arrive<T>(
    language: Language,
    device: Omit<Device, 'name'>,
    screen: Screen,
    examine: (page: Page) => Promise<T>,
  ): Promise<T> {
    world.renew();
    screen.prepare?.(world);
    const context = await browser.newContext({
      viewport: { width: device.width, height: device.height },
      locale: language,
      reducedMotion: 'reduce',
      permissions: ['camera'],
    });
    try {
      const page = await context.newPage();
      await page.goto(`${world.url}/session/${world.token}`);
      await screen.reach(page);
      return await examine(page);
    } finally {
      await context.close();
    }
  }

  describe.each(devices)('on a $name', (device) => {
    it.each(screens)('$name is the mirror of English, and nothing leaves the screen', async (screen) => {
      const inspect = (language: Language) =>
        arrive(language, device, screen, async (page) => {
          if (directory !== undefined) {
            await page.screenshot({
              path: join(directory, `${screen.name}--${device.name}--${language}.png`),
            });
          }
          expect(await outside(page), `${language} beyond the edge`).toEqual([]);
          return {
            direction: await page.locator('html').getAttribute('dir'),
            starts: await spans(page, screen.starts),
            ends: await spans(page, screen.ends),
          };
        });
      const english = await inspect('en');
      const arabic = await inspect('ar');
      expect([english.direction, arabic.direction]).toEqual(['ltr', 'rtl']);
      for (const [selector, { left }] of Object.entries(english.starts)) {
        const mirrored = device.width - (arabic.starts[selector]?.right ?? Number.NaN);
        expect(Math.abs(mirrored - left), `start of ${selector}`).toBeLessThanOrEqual(1);
      }
      for (const [selector, { right }] of Object.entries(english.ends)) {
        const mirrored = device.width - (arabic.ends[selector]?.left ?? Number.NaN);
        expect(Math.abs(mirrored - right), `end of ${selector}`).toBeLessThanOrEqual(1);
      }
    });
  });

  it.each(languages)('the smallest phone holds the words of %s', async (language) => {
    const [welcome] = screens;
    if (welcome === undefined) return;
    const problems = await arrive(language, { width: 320, height: 568 }, welcome, outside);
    expect(problems).toEqual([]);
  });
});

/** The first element of each selector. @throws when one is not there */
async function spans(page: Page, selectors: readonly string[]): Promise<Record<string, Span>> {
  const found: Record<string, Span> = {};
  for (const selector of selectors) {
    const box = await page.locator(selector).first().boundingBox();
    if (box === null) throw new Error(`${selector} is not on the screen`);
    found[selector] = { left: box.x, right: box.x + box.width };
  }
  return found;
}

/** What sticks out of the screen or of its own box, as tag and class; the picture in the oval may. */
function outside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const found: string[] = [];
    if (document.documentElement.scrollWidth > width) found.push('the page can be moved sideways');
    for (const element of document.querySelectorAll<HTMLElement>('#page *')) {
      if (element.closest('.oval, svg, .for-readers, [hidden]') !== null) continue;
      const { left, right } = element.getBoundingClientRect();
      const isCut = getComputedStyle(element).overflowX !== 'visible' ? 0 : 1;
      const spills = element.scrollWidth - element.clientWidth > 1 && element.clientWidth > 0;
      if (left < -0.5 || right > width + 0.5 || (isCut === 1 && spills)) {
        found.push(`${element.tagName}.${element.className}`);
      }
    }
    return found;
  });
}
