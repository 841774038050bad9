import { parseArgs } from 'node:util';
import { openBrowser } from '@selfsame/testing/browser';
import { castOf } from '../capture-cameras/cast.ts';
import { apiClient } from '../harness/api-client.ts';
import { runSystem } from '../harness/running-system.ts';
import { tableOf } from '../lab/table.ts';
import { type Method, PLAIN, SLOW, type Visit, visit } from './capture/visit.ts';
import { median } from './percentiles.ts';

/**
 * `pnpm bench:capture [--quick] [--runs n]`: what a visitor waits for and downloads, by method, over the local system, on
 * a throttled link and phone and without. Medians; exit code 1 when a limit is passed.
 */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' } },
});
const runs = Number(values.runs ?? (values.quick ? 1 : 5));
if (!(Number.isSafeInteger(runs) && runs > 0)) {
  console.error('usage: bench:capture [--quick] [--runs N]');
  process.exit(2);
}

/** Until the first tap, on the slow link: what a page on a cheap phone may take. */
const LIMITS = { interactiveMs: 1_000, firstBytes: 70_000 } as const;

const workflows: Record<Method, string> = {
  PASSIVE: 'wf_liveness',
  FLASHING: 'wf_flashing',
  ACTIVE_3D: 'wf_active_3d',
};

const [system, flashing, turning, browser] = await Promise.all([
  runSystem(),
  castOf('FLASHING'),
  castOf('ACTIVE_3D'),
  openBrowser(),
]);
const rows: Record<string, string | number>[] = [];
let isWithin = true;
try {
  const api = apiClient(system.baseUrl, system.local.api_key);
  for (const conditions of [SLOW, PLAIN]) {
    for (const method of ['PASSIVE', 'FLASHING', 'ACTIVE_3D'] as const) {
      const visits: Visit[] = [];
      for (let run = 0; run < runs; run += 1) {
        const session = await api.post('/v3/session/', {
          workflow_id: workflows[method],
          vendor_data: `bench-${method}-${conditions.cpu}-${run}`,
        });
        if (session.status !== 201) throw new Error(`no session: ${JSON.stringify(session.body)}`);
        const performance = method === 'ACTIVE_3D' ? turning.person : flashing.person;
        visits.push(await visit(browser, session.body.session_url, method, conditions, performance));
      }
      const of = (what: keyof Visit) => median(visits.map((one) => one[what]));
      const [interactiveMs, firstBytes] = [of('interactiveMs'), of('firstBytes')];
      if (conditions === SLOW)
        isWithin &&= interactiveMs <= LIMITS.interactiveMs && firstBytes <= LIMITS.firstBytes;
      rows.push({
        link: conditions.name,
        method,
        'interactive ms': Math.round(interactiveMs),
        'tap → verdict ms': Math.round(of('tapToVerdictMs')),
        'agreed → verdict s': (of('agreedToVerdictMs') / 1000).toFixed(1),
        'first kB': (firstBytes / 1000).toFixed(1),
        'down kB': (of('downBytes') / 1000).toFixed(1),
        'up kB': (of('upBytes') / 1000).toFixed(1),
      });
    }
  }
} finally {
  await browser.close();
  await system.stop();
}
console.log(`medians of ${runs} ${runs === 1 ? 'run' : 'runs'}`);
console.log(tableOf(rows));
console.log(
  `limits on the slow link: interactive ${LIMITS.interactiveMs} ms, first ${LIMITS.firstBytes / 1000} kB: ${isWithin ? 'kept' : 'NOT KEPT'}`,
);
if (!isWithin) process.exitCode = 1;
