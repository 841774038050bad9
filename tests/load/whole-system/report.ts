import { cpus } from 'node:os';
import { figuresText } from '../capacity/figures.ts';
import type { LeftBehind } from './left-behind.ts';
import { aimsText, broken, explain, generatorShare, goodput, slopePerHour } from './limits.ts';
import type { StepResult } from './step.ts';
import { operations } from './visit.ts';

/** What the run has found. */
export interface LoadReport {
  readonly steps: readonly StepResult[];
  /** The fastest step that held the aims. */
  readonly limit: StepResult;
  /** The first that did not, twice. */
  readonly beyond: StepResult | undefined;
  readonly multiples: readonly { readonly times: number; readonly step: StepResult }[];
  readonly memory: MemoryReport;
}

/** Resident memory over time, and what visits took and left meanwhile: nothing is short then, and it is the longest step. */
export interface MemoryReport {
  readonly visitsPerSecond: number;
  readonly seconds: number;
  readonly series: ReadonlyMap<string, readonly { readonly atSeconds: number; readonly value: number }[]>;
  readonly step: StepResult;
  /** On the disks, by each visit whose verdict was told. */
  readonly left: LeftBehind;
}

const ms = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(0));
const rate = (value: number) => value.toFixed(1);
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);

/** One line while the run goes on. */
export function stepLine(step: StepResult): string {
  const reasons = broken(step);
  const held = reasons.length === 0 ? 'held' : `broken: ${reasons.join('; ')}`;
  return `${rate(step.offered)}/s offered, ${rate(goodput(step))}/s good, webhook p99 ${ms(step.toWebhook.p99Ms)} ms: ${held}`;
}

export function print({ steps, limit, beyond, multiples, memory }: LoadReport): void {
  console.log(
    `\nsteps (a visit is create, open, selfie, decision; half as many lists beside)\n${aimsText()}`,
  );
  console.table(steps.map(stepRow));
  console.log('processes in each step: busy cores, and event loop p99 ms');
  console.table(steps.map(processRow));
  console.log(`limit: ${rate(limit.offered)} visits a second with all aims held`);
  if (beyond !== undefined) {
    console.log(`at ${rate(beyond.offered)}/s: ${broken(beyond).join('; ')}\nwhy:`);
    for (const line of explain(beyond.watched)) console.log(`  ${line}`);
  }
  console.log(
    'processor time of a visit at the limit, milliseconds (half a list and three webhooks included)',
  );
  console.table([
    Object.fromEntries([...limit.visitMs].map(([name, visitMs]) => [name, visitMs.toFixed(1)])),
  ]);
  printMultiples(steps, multiples);
  printMemory(memory);
  printFigures(memory);
}

function stepRow(step: StepResult) {
  const p = operations.map((name) => {
    const { p50Ms, p99Ms } = step.operations[name];
    return [`${name} p50/p99`, `${ms(p50Ms)}/${ms(p99Ms)}`] as const;
  });
  const all = Object.values(step.operations);
  const sum = (of: 'refused' | 'failed') => all.reduce((total, each) => total + each[of], 0);
  return {
    'offered/s': rate(step.offered),
    'done/s': rate(step.told / step.seconds),
    'good/s': rate(goodput(step)),
    refused: sum('refused'),
    failed: sum('failed'),
    ...Object.fromEntries(p),
    'webhook p50/p99': `${ms(step.toWebhook.p50Ms)}/${ms(step.toWebhook.p99Ms)}`,
  };
}

function processRow({ offered, watched }: StepResult) {
  const shares = watched.processes.map(({ name, cores, loopP99Ms }) => [
    name,
    `${cores.toFixed(2)}${loopP99Ms === undefined ? '' : ` · ${ms(loopP99Ms)}`}`,
  ]);
  const resident = watched.processes.reduce((sum, process) => sum + process.residentBytes, 0);
  return {
    'offered/s': rate(offered),
    busy: `${watched.busyCores?.toFixed(2) ?? '?'}/${watched.cores}`,
    ...Object.fromEntries(shares),
    'all MB': megabytes(resident),
  };
}

function printMultiples(steps: readonly StepResult[], multiples: LoadReport['multiples']): void {
  const peak = Math.max(...[...steps, ...multiples.map(({ step }) => step)].map(goodput));
  console.log(`\ngoodput beyond the limit (peak of all steps ${rate(peak)}/s; aim at 3x: 0.9 of it)`);
  console.table(
    multiples.map(({ times, step }) => ({
      load: `${times}x`,
      ...stepRow(step),
      'of peak': (goodput(step) / peak).toFixed(2),
      'generator share': `${Math.round(100 * generatorShare(step.watched))} %`,
    })),
  );
  for (const { times, step } of multiples) {
    console.log(`${times}x: ${explain(step.watched).join('; ')}`);
  }
}

/** What a warm process adds: the first third is left out, while caches and compiled code still grow. */
function printMemory({ visitsPerSecond, seconds, series }: MemoryReport): void {
  console.log(
    `\nresident memory over ${Math.round(seconds)} s at ${rate(visitsPerSecond)} visits a second (0.7 of the limit)`,
  );
  console.table(
    [...series].map(([process, points]) => {
      const warm = points.slice(Math.floor(points.length / 3));
      return {
        process,
        'begin MB': megabytes(points[0]?.value ?? 0),
        'end MB': megabytes(points.at(-1)?.value ?? 0),
        'most MB': megabytes(Math.max(...points.map(({ value }) => value))),
        'MB an hour': megabytes(slopePerHour(warm)),
      };
    }),
  );
}

function printFigures({ visitsPerSecond, seconds, step, left }: MemoryReport): void {
  const run = `${step.told} visits in ${Math.round(seconds)} s at ${rate(visitsPerSecond)} a second`;
  const machine = `${step.watched.cores} cores of ${cpus()[0]?.model.trim() ?? 'a machine'}`;
  console.log('\nfor tests/load/capacity/measured.ts, then "pnpm capacity --write"');
  console.log(`  condition: '${run} by \`pnpm bench:load\`, everything on ${machine}',`);
  console.log(figuresText(step.visitMs, left));
}
