import { chromiumPath, hasChromium } from '@selfsame/testing/browser';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CollectorSite, startCollectorSite } from '../../services/capture/test/collector-site.ts';
import {
  type FactName,
  type Facts,
  isFactName,
  readFact,
} from '../../services/fraud-signals/src/domain/facts.ts';
import { weigh } from '../../services/fraud-signals/src/domain/weigh.ts';
import { hasXvfb, withStockBrowser, xvfbPath } from './stock-browser.ts';

/** Ways in which programs open pages; some pretend. */
const guises: Readonly<Record<string, { options?: BrowserContextOptions; script?: string }>> = {
  plain: {},
  'phone with touch': {
    options: {
      viewport: { width: 412, height: 915 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2.6,
    },
  },
  'name of a stock browser': {
    options: {
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    },
  },
  'flag overwritten on navigator': {
    script: "Object.defineProperty(navigator, 'webdriver', { get: () => false });",
  },
  'flag overwritten on its prototype': {
    script: "Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false });",
  },
  'flag deleted': { script: 'delete Navigator.prototype.webdriver;' },
};
const runs = 50;
/** As many contexts, each a browser of its own as far as the page can tell; every guise is one of two of them. */
const browsers = 12;

/** What the page told, as the service reads it. Requests and addresses are not looked at here. */
function factsOf(told: Readonly<Record<string, unknown>>): Facts {
  const facts = new Map<FactName, NonNullable<ReturnType<typeof readFact>> | null>();
  for (const [name, value] of Object.entries(told)) {
    const read = isFactName(name) ? readFact(name, value) : undefined;
    if (isFactName(name) && read !== undefined) facts.set(name, read);
  }
  return facts;
}

describe.skipIf(!hasChromium)(`a page looks at who drives ${chromiumPath}`, { timeout: 240_000 }, () => {
  let site: CollectorSite;
  beforeAll(async () => {
    site = await startCollectorSite();
  });
  afterAll(() => site?.close());

  it(`${runs} runs of a browser without a window that a program drives are all flagged`, async () => {
    // Graphics by program take most of the time, and say nothing about who drives.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-software-rasterizer'];
    const browser = await chromium.launch({ executablePath: chromiumPath, args });
    try {
      const names = Object.keys(guises);
      const missed: string[] = [];
      const scores: number[] = [];
      // To begin with a browser takes longer than to look at it, so each comes several times.
      const visitsOf = (at: number) =>
        Array.from({ length: runs }, (_, run) => run).filter((run) => run % browsers === at);
      await Promise.all(
        Array.from({ length: browsers }, async (_, at) => {
          const guise = names[at % names.length] ?? 'plain';
          const visits = visitsOf(at).map((run) => `run-${run}`);
          for (const [index, told] of (await drive(browser, visits, guise)).entries()) {
            const { detections, score } = weigh(factsOf(told));
            const by = detections.get('AUTOMATION_FRAMEWORK_DETECTED') ?? [];
            scores.push(score);
            if (by.length === 0 || score < 60) missed.push(`${visits[index]}, ${guise}: ${score}`);
          }
        }),
      );
      expect(scores).toHaveLength(runs);
      console.log(`driven Chromium: scores ${Math.min(...scores)} to ${Math.max(...scores)}`);
      expect(missed).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  /** What each visit told, one after the other, by a browser that is new at the first. */
  async function drive(browser: Browser, visits: readonly string[], guise: string) {
    const { options = {}, script } = guises[guise] ?? {};
    const context = await browser.newContext(options);
    try {
      if (script !== undefined) await context.addInitScript({ content: script });
      const page = await context.newPage();
      const told: Awaited<ReturnType<typeof site.factsOf>>[] = [];
      for (const visit of visits) {
        await page.goto(site.urlOf(visit));
        told.push(await site.factsOf(visit));
      }
      return told;
    } finally {
      await context.close();
    }
  }

  it.skipIf(!hasXvfb)(`a browser with a window (${xvfbPath}) that nobody drives is not`, async () => {
    const told = await withStockBrowser(site.urlOf('stock'), () => site.factsOf('stock'));
    const { detections, score, level, reasons, counts } = weigh(factsOf(told));
    const named = reasons.map(({ signal, weight }) => `${signal} (${weight})`);
    console.log(`stock Chromium: score ${score}; false alarms: ${named.join(', ') || 'none'}`);
    console.log(
      `of its page's facts ${Object.keys(told).length} were told, ${counts.value} signals have a value`,
    );
    expect([...detections.keys()]).toEqual([]);
    expect(level).toBe('LOW');
    // What speaks against a browser on a screen without graphics, sound and camera, and nothing else.
    expect(falseAlarms).toEqual(expect.arrayContaining(reasons.map(({ signal }) => signal)));
  });

  it('a driver that has the flag switched off is doubted all the same', async () => {
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-blink-features=AutomationControlled'],
      ignoreDefaultArgs: ['--enable-automation'],
    });
    try {
      const [told = {}] = await drive(browser, ['hidden'], 'plain');
      const { score, reasons } = weigh(factsOf(told));
      const named = reasons.map(({ signal, weight }) => `${signal} (${weight})`);
      console.log(`driven Chromium without its flag: score ${score}; ${named.join(', ')}`);
      expect(reasons.map(({ signal }) => signal)).toContain('auto_cdp_side_effect');
    } finally {
      await browser.close();
    }
  });
});

/** Named in docs/signals-accuracy.md. */
const falseAlarms: readonly string[] = [
  'auto_headless_media_default',
  'br_webgl_software_renderer',
  'br_network_rtt_zero',
];
