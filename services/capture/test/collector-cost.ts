import type { Browser, BrowserContext } from 'playwright-core';
import type { PageFacts } from '../src/wire.ts';
import type { CollectorSite } from './collector-site.ts';

/** What it costs a page to look at its browser. */
export interface CollectorCost {
  /** Processor time of the main thread beyond that of the same page without the collector, milliseconds. */
  readonly mainThreadMs: number;
  /** By the clock, as the user waits: the longest task over 50 ms; 0: none was so long. */
  readonly longestTaskMs: number;
  readonly facts: PageFacts;
}

/** One visit in a fresh context, from its first line to the last fact. */
export async function measureCollector(
  browser: Browser,
  site: CollectorSite,
  visit: string,
): Promise<CollectorCost> {
  const context = await browser.newContext();
  try {
    const idle = await spend(context, site.idleUrl, async () => undefined);
    const looking = await spend(context, site.urlOf(visit), () => site.factsOf(visit));
    return {
      mainThreadMs: looking.ms - idle.ms,
      longestTaskMs: looking.longestTaskMs,
      facts: looking.result,
    };
  } finally {
    await context.close();
  }
}

/** Processor time of a page's main thread until something is done. */
async function spend<T>(context: BrowserContext, url: string, until: () => Promise<T>) {
  const page = await context.newPage();
  await page.addInitScript(watchLongTasks);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  const result = await until();
  const { metrics } = await cdp.send('Performance.getMetrics');
  const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  const longestTaskMs = await page.evaluate(
    () => (globalThis as unknown as { longestTaskMs: number }).longestTaskMs,
  );
  await page.close();
  return { result, ms: 1_000 * seconds, longestTaskMs };
}

/** Runs in the page before its own code. */
function watchLongTasks(): void {
  const seen = globalThis as unknown as { longestTaskMs: number };
  seen.longestTaskMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longestTaskMs = Math.max(seen.longestTaskMs, duration);
  }).observe({ type: 'longtask', buffered: true });
}
