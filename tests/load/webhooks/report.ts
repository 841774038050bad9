import { availableParallelism, cpus } from 'node:os';
import { median } from '../percentiles.ts';
import type { LatencyRun } from './latency.ts';
import type { CpuTimes, RateRun } from './rates.ts';
import type { DispatchRun } from './throughput.ts';

/** All that a benchmark has found; runs of one contender are repetitions. */
export interface Findings {
  /** Signed POSTs to the same destinations as the dispatcher's. */
  readonly bare: readonly RateRun[];
  readonly bareHow: string;
  /** All to one destination, whose few connections serve more: out of reach for whoever has many destinations. */
  readonly bareToOne: readonly RateRun[];
  readonly bareToOneHow: string;
  readonly peer: readonly RateRun[];
  readonly peerHow: string;
  readonly backlog: readonly DispatchRun[];
  readonly stream: readonly DispatchRun[];
  readonly latency: readonly LatencyRun[];
  readonly calm: readonly LatencyRun[];
  readonly beside: readonly LatencyRun[];
}

const aims = { shareOfBare: 0.35, timesPeer: 2, p99Ms: 50, atRate: 200, neighbourPercent: 10 };

/** Prints tables, and the aims beside what was reached. */
export function printReport(findings: Findings): void {
  const { bare, peer, backlog, stream, latency, calm, beside } = findings;
  console.log(
    `\n${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), shared by all processes\n`,
  );
  if (bare.length > 0) {
    const limit = medianOf(bare, (run) => run.perSecond);
    console.log('signed webhooks a second to 100 destinations, medians');
    console.table([
      rateRow(`bare POST (${findings.bareHow})`, bare, limit),
      rateRow('dispatcher, deliveries that are due', backlog, limit),
      rateRow('dispatcher, events in the stream', stream, limit),
      rateRow(`graphile-worker (${findings.peerHow})`, peer, limit),
      rateRow(`bare POST to one destination (${findings.bareToOneHow})`, findings.bareToOne, limit),
    ]);
  }
  if (latency.length > 0) {
    console.log('COMMIT → first byte, open loop');
    console.table(latency.map(latencyRow));
  }
  if (calm.length > 0) {
    console.log(`80 destinations that answer, at ${calm[0]?.rate}/s over all 100`);
    console.table([
      ...calm.map((run) => ({ 'other 20': 'answer', ...latencyRow(run) })),
      ...beside.map((run) => ({ 'other 20': 'hang', ...latencyRow(run) })),
    ]);
  }
  console.log('against the aims');
  console.table(verdicts(findings));
}

interface Verdict {
  readonly what: string;
  readonly measured: string;
  readonly aim: string;
  readonly verdict: 'reached' | 'not reached';
}

function verdict(what: string, measured: string, aim: string, isReached: boolean): Verdict {
  return { what, measured, aim, verdict: isReached ? 'reached' : 'not reached' };
}

function verdicts({ bare, backlog, peer, latency, calm, beside }: Findings): Verdict[] {
  const found: Verdict[] = [];
  if (bare.length > 0) {
    const rate = (runs: readonly RateRun[]) => medianOf(runs, (run) => run.perSecond);
    const share = rate(backlog) / rate(bare);
    const times = rate(backlog) / rate(peer);
    const { shareOfBare, timesPeer } = aims;
    found.push(
      verdict('share of the bare rate', share.toFixed(2), `>= ${shareOfBare}`, share >= shareOfBare),
      verdict('times graphile-worker', times.toFixed(2), `>= ${timesPeer}`, times >= timesPeer),
    );
  }
  const atAim = latency.filter((run) => run.rate === aims.atRate);
  if (atAim.length > 0) {
    const p99Ms = medianOf(atAim, (run) => run.p99Ms);
    const isReached = p99Ms <= aims.p99Ms && atAim.every(isComplete);
    found.push(verdict(`p99 at ${aims.atRate}/s`, `${ms(p99Ms)} ms`, `<= ${aims.p99Ms} ms`, isReached));
  }
  if (calm.length > 0) {
    const change = (of: (run: LatencyRun) => number) => 100 * (medianOf(beside, of) / medianOf(calm, of) - 1);
    const p99Change = change((run) => run.p99Ms);
    const measured = `${percent(p99Change)} (p50 ${percent(change((run) => run.p50Ms))})`;
    const isReached = p99Change <= aims.neighbourPercent && beside.every(isComplete);
    found.push(
      verdict("neighbours' p99 beside 20 that hang", measured, `<= +${aims.neighbourPercent} %`, isReached),
    );
  }
  return found;
}

function isComplete(run: LatencyRun): boolean {
  return run.arrived === run.offered;
}

function rateRow(contender: string, runs: readonly (RateRun & Partial<DispatchRun>)[], limit: number) {
  const rates = runs.map((run) => run.perSecond);
  const recorded = runs.flatMap((run) =>
    run.recordedPerSecond === undefined ? [] : [run.recordedPerSecond],
  );
  return {
    contender,
    'posted /s': Math.round(median(rates)),
    'of the runs': `${Math.round(Math.min(...rates))} .. ${Math.round(Math.max(...rates))}`,
    'to all recorded /s': recorded.length === 0 ? '' : Math.round(median(recorded)),
    'of bare': (median(rates) / limit).toFixed(2),
    'CPU µs own': microseconds(runs, 'own'),
    database: microseconds(runs, 'database'),
    receiver: microseconds(runs, 'receiver'),
    events: runs.map((run) => run.events).join(' '),
  };
}

function microseconds(runs: readonly RateRun[], of: keyof CpuTimes): number {
  return Math.round(1000 * medianOf(runs, (run) => run.cpuMs[of]));
}

function latencyRow(run: LatencyRun) {
  return {
    'offered /s': run.rate,
    'committed /s': run.reachedPerSecond.toFixed(1),
    arrived: `${run.arrived}/${run.offered}`,
    'p50 ms': ms(run.p50Ms),
    'p95 ms': ms(run.p95Ms),
    'p99 ms': ms(run.p99Ms),
  };
}

function medianOf<Run>(runs: readonly Run[], of: (run: Run) => number): number {
  return median(runs.map(of));
}

function ms(value: number): string {
  return value.toFixed(1);
}

function percent(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(1)} %`;
}
