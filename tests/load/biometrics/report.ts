import type { BareModels } from '../bare-models.ts';
import { median, percentile } from '../percentiles.ts';
import type { ProbeReport } from './event-loop-probe.ts';
import type { LoadRun } from './load.ts';
import type { SoakPoint } from './soak.ts';
import type { Stage } from './stages.ts';

/** Everything that one run of the benchmark found out. */
export interface Findings {
  bare: BareModels[];
  /** Batch size undefined: the adaptive batcher. */
  curve: { concurrency: number; batchSize: number | undefined; run: LoadRun }[];
  adaptiveProbes: ProbeReport[];
  stages: Stage[];
  overload: { peak: number; rate: number; deadlineMs: number; run: LoadRun; probe: ProbeReport } | undefined;
}

const aims = { ofBare: 0.8, ofStatic: 0.95, goodput: 0.9, delayP99Ms: 5 };
const ms = (value: number) => value.toFixed(1);
const share = (value: number) => value.toFixed(2);

/** Tables of what was found beside its limits. */
export function printReport(findings: Findings): void {
  if (findings.curve.length > 0) printCurve(findings);
  if (findings.stages.length > 0) {
    console.log('\nwhere a quiet Verify spends its time (medians)');
    console.table(findings.stages.map(({ stage, ms: each }) => ({ stage, ms: each.toFixed(2) })));
  }
  printLimits(findings);
}

function printCurve({ bare, curve }: Findings): void {
  const limit = median(bare.map(({ perSecond }) => perSecond));
  console.log('\nverdicts a second (medians of the rounds)');
  console.table(
    levelsOf(curve).map((concurrency) => {
      const adaptive = curve.filter((one) => one.concurrency === concurrency && one.batchSize === undefined);
      const latencies = adaptive.flatMap(({ run }) => run.latenciesMs);
      const rate = median(adaptive.map(({ run }) => run.perSecond));
      const best = bestStatic(curve, concurrency);
      return {
        concurrency,
        'adaptive /s': ms(rate),
        'p50 ms': ms(percentile(latencies, 50)),
        'p99 ms': ms(percentile(latencies, 99)),
        'best static /s': best ? `${ms(best.rate)} (batch ${best.batchSize})` : '',
        'of best static': best ? share(rate / best.rate) : '',
        'of bare models': share(rate / limit),
      };
    }),
  );
}

/** The static size with the best median at this concurrency. */
function bestStatic(curve: Findings['curve'], concurrency: number) {
  const sizes = [...new Set(curve.flatMap(({ batchSize }) => batchSize ?? []))];
  const rated = sizes.map((batchSize) => ({
    batchSize,
    rate: median(
      curve
        .filter((one) => one.concurrency === concurrency && one.batchSize === batchSize)
        .map(({ run }) => run.perSecond),
    ),
  }));
  return rated.toSorted((one, other) => other.rate - one.rate)[0];
}

function levelsOf(curve: Findings['curve']): number[] {
  return [...new Set(curve.map(({ concurrency }) => concurrency))];
}

function printLimits({ bare, curve, adaptiveProbes, overload }: Findings): void {
  const rows: { what: string; reached: string; aim: string }[] = [];
  if (bare.length > 0) {
    const limit = median(bare.map(({ perSecond }) => perSecond));
    const frameMs = median(bare.map((one) => one.frameMs));
    const peak = Math.max(
      ...levelsOf(curve).map((concurrency) =>
        median(
          curve
            .filter((one) => one.concurrency === concurrency && one.batchSize === undefined)
            .map(({ run }) => run.perSecond),
        ),
      ),
    );
    rows.push({
      what: `bare models, ${bare[0]?.threads} threads`,
      reached: `${ms(limit)}/s, ${ms(frameMs)} ms a frame`,
      aim: 'the limit',
    });
    rows.push({ what: 'peak / bare models', reached: share(peak / limit), aim: `>= ${aims.ofBare}` });
    const worst = Math.min(
      ...levelsOf(curve).map((concurrency) => {
        const best = bestStatic(curve, concurrency);
        const adaptive = curve.filter(
          (one) => one.concurrency === concurrency && one.batchSize === undefined,
        );
        return best ? median(adaptive.map(({ run }) => run.perSecond)) / best.rate : 1;
      }),
    );
    rows.push({
      what: 'adaptive / best static, worst level',
      reached: share(worst),
      aim: `>= ${aims.ofStatic}`,
    });
    rows.push({
      what: 'event loop delay p99 (median, worst run)',
      reached: `${ms(median(adaptiveProbes.map((probe) => probe.delayP99Ms)))} ms, ${ms(Math.max(...adaptiveProbes.map((probe) => probe.delayP99Ms)))} ms`,
      aim: `<= ${aims.delayP99Ms} ms`,
    });
  }
  if (overload) {
    const { peak, rate, deadlineMs, run, probe } = overload;
    rows.push({
      what: `goodput at ${ms(rate)}/s, deadline ${deadlineMs} ms, / peak`,
      reached: `${share(run.perSecond / peak)} (p99 ${ms(percentile(run.latenciesMs, 99))} ms)`,
      aim: `>= ${aims.goodput}`,
    });
    rows.push({
      what: 'refused meanwhile',
      reached: JSON.stringify(run.refused),
      aim: 'queue_full, wait_too_long',
    });
    rows.push({
      what: 'event loop delay p99 meanwhile',
      reached: `${ms(probe.delayP99Ms)} ms`,
      aim: `<= ${aims.delayP99Ms} ms`,
    });
  }
  if (rows.length > 0) console.table(rows);
}

/** Memory over the requests, and what it grew by between the middle and the end. */
export function printSoak(points: readonly SoakPoint[]): void {
  console.table(points.map(({ requests, rssMb }) => ({ requests, 'RSS MB': rssMb.toFixed(0) })));
  const half = points.slice(points.length >> 1);
  const [middle, last] = [half[0], half.at(-1)];
  if (middle && last) {
    console.log(
      `between ${middle.requests} and ${last.requests} requests: ${(last.rssMb - middle.rssMb).toFixed(0)} MB`,
    );
  }
}
