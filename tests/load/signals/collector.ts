import { openBrowser } from '@selfsame/testing/browser';
import { measureCollector } from '../../../services/capture/test/collector-cost.ts';
import { startCollectorSite } from '../../../services/capture/test/collector-site.ts';
import { median } from '../percentiles.ts';

/** What it costs a visitor that the page looks at its browser. */
export interface CollectorFigures {
  /** Code that is loaded for it, gzipped. */
  readonly bytes: number;
  /** Of the main thread, medians over the runs. */
  readonly mainThreadMs: number;
  readonly longestTaskMs: number;
  /** Facts that a run told. */
  readonly facts: number;
}

/** What a page may cost on a machine as fast as this one. */
export const collectorLimits = { bytes: 40_000, mainThreadMs: 150, longestTaskMs: 50 } as const;

/** Runs the page's collector in Chromium, each time in a fresh context. The first run of a browser does not count. */
export async function measureCollectorRuns(runs: number): Promise<CollectorFigures> {
  const [site, browser] = await Promise.all([startCollectorSite(), openBrowser()]);
  try {
    await measureCollector(browser, site, 'warm-up');
    const costs = [];
    for (let run = 0; run < runs; run++) costs.push(await measureCollector(browser, site, `run-${run}`));
    return {
      bytes: site.bytes,
      mainThreadMs: median(costs.map(({ mainThreadMs }) => mainThreadMs)),
      longestTaskMs: median(costs.map(({ longestTaskMs }) => longestTaskMs)),
      facts: Object.keys(costs[0]?.facts ?? {}).length,
    };
  } finally {
    await browser.close();
    await site.close();
  }
}
