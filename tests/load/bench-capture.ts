import { parseArgs } from 'node:util';
import { chromiumPath, hasChromium, openBrowser } from '@selfsame/testing/browser';
import { castOf } from '../capture-cameras/cast.ts';
import { apiClient } from '../harness/api-client.ts';
import { runSystem } from '../harness/running-system.ts';
import { tableOf } from '../lab/table.ts';
import { type Method, PLAIN, SLOW, type Visit, visit } from './capture/visit.ts';
import { median } from './percentiles.ts';

/** The link's numbers are those of `SLOW` in `capture/visit.ts`. */
const usage = `pnpm bench:capture [--quick] [--runs N]

What a visitor of the hosted page waits for and downloads, by method, over a local system of its own: on slow 4G
(562 ms a request, 1.44 Mbit/s down, 0.675 up) with a processor four times slower, and without throttling.

  --runs N   visits of each row, 3 or more; figures are their medians (default 5, several minutes)
  --quick    one visit of each row: shows that it works, says little
  --help     this

  interactive ms      from the navigation until the first button works
  tap → verdict ms    from the shutter, or the last frame of an active look, until the verdict is on the screen
  agreed → verdict ms from “Agree and continue” until then: what the user spends
  first kB            down until interactive, headers included, compressed; 1 kB is 1,000 bytes
  down kB, up kB      all of the visit; up counts thumbnails, too
  upload kB           of these the look itself: picture, frames and what is said of them

Exit code 1 when a limit on the slow link is passed, or Chromium is missing (CHROMIUM_PATH names one).`;

/**
 * `pnpm bench:capture [--quick] [--runs n]`: what a visitor waits for and downloads, by method, over the local system, on
 * a throttled link and phone and without. Medians; exit code 1 when a limit is passed.
 */
const values = optionsOf(process.argv.slice(2));
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const runs = values.quick ? 1 : Number(values.runs ?? 5);
if (!values.quick && !(Number.isSafeInteger(runs) && runs >= 3))
  refuse('--runs takes a whole number of at least 3: a median of fewer says nothing.', 2);
if (!hasChromium)
  refuse(`There is no Chromium at ${chromiumPath}. Install it, or say where one is with CHROMIUM_PATH.`, 1);

function optionsOf(args: string[]) {
  const options = {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  // pnpm hands on the dashes that end its own options.
  const own = args[0] === '--' ? args.slice(1) : args;
  try {
    return parseArgs({ args: own, options }).values;
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : error}\n\n${usage}`, 2);
  }
}

function refuse(sentence: string, exitCode: number): never {
  console.error(sentence);
  process.exit(exitCode);
}

/** Until the first tap, on the slow link: what a page on a cheap phone may take. */
const LIMITS = { interactiveMs: 1_000, firstBytes: 70_000 } as const;

const workflows: Record<Method, string> = {
  PASSIVE: 'wf_liveness',
  FLASHING: 'wf_flashing',
  ACTIVE_3D: 'wf_active_3d',
};

/** Progress goes beside the table, so that the table alone can be kept. */
const progress = (line: string) => console.error(line);

progress('starting a local system and rendering the people before the camera …');
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
        const one = await visit(browser, session.body.session_url, method, conditions, performance);
        visits.push(one);
        const seconds = (one.agreedToVerdictMs / 1000).toFixed(1);
        progress(`${conditions.name}, ${method}, ${run + 1} of ${runs}: verdict after ${seconds} s`);
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
        'agreed → verdict ms': Math.round(of('agreedToVerdictMs')),
        'first kB': (firstBytes / 1000).toFixed(1),
        'down kB': (of('downBytes') / 1000).toFixed(1),
        'up kB': (of('upBytes') / 1000).toFixed(1),
        'upload kB': (of('uploadBytes') / 1000).toFixed(1),
      });
    }
  }
} finally {
  await browser.close();
  await system.stop();
}
console.log(runs === 1 ? 'one visit each, no medians' : `medians of ${runs} visits each`);
console.log(tableOf(rows));
console.log(
  `limits on the slow link: interactive ${LIMITS.interactiveMs} ms, first ${LIMITS.firstBytes / 1000} kB: ${isWithin ? 'kept' : 'NOT KEPT'}`,
);
if (!isWithin) process.exitCode = 1;
