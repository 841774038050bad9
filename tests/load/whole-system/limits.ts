import { type StepResult, usefulMs } from './step.ts';
import { generator, type Watched } from './watch.ts';

/**
 * What 99 of 100 callers are to be served within while the machine does much else, milliseconds from when their turn was.
 * A look alone has an aim of 100 ms; under load it may wait for the looks before it, up to half of what the hosted product
 * promises. Reads and writes of an application may take what a person does not notice in a page that loads.
 */
const p99AimsMs = {
  create: 300,
  open: 500,
  selfie: 1_000,
  decision: 300,
  list: 300,
  webhook: 1_000,
} as const;

/** Refusals and failures beyond one in a hundred break the aim as well. */
const lostShare = 0.01;

/** What of the aims a step broke, in words; empty: all were held. */
export function broken(step: StepResult): string[] {
  const late = Object.entries({
    ...Object.fromEntries(Object.entries(step.operations).map(([name, { p99Ms }]) => [name, p99Ms])),
    webhook: step.toWebhook.p99Ms,
  }).flatMap(([name, p99Ms]) => {
    const aimMs = p99AimsMs[name as keyof typeof p99AimsMs];
    return p99Ms <= aimMs ? [] : [`${name} p99 ${Math.round(p99Ms)} ms > ${aimMs} ms`];
  });
  const all = Object.values(step.operations);
  const count = (of: 'ok' | 'refused' | 'failed') => all.reduce((sum, each) => sum + each[of], 0);
  const lost = count('refused') + count('failed');
  const isLost = lost > lostShare * (lost + count('ok'));
  const untold = step.visits - step.told;
  return [
    ...late,
    ...(isLost ? [`${count('refused')} refused, ${count('failed')} failed`] : []),
    ...(untold > lostShare * step.visits ? [`${untold} of ${step.visits} without a verdict`] : []),
  ];
}

/** Verdicts in time, a second. */
export function goodput(step: StepResult): number {
  return step.good / step.seconds;
}

/** Share of the machine's cores from which on nothing more fits in. */
const spentShare = 0.9;
/** Gauges that are read at a scrape ask the databases, so that a few always wait then. */
const scrapeConnections = 20;
/** A loop that is so late holds up whoever it serves. */
const lateLoopMs = 100;

/** Which resource is spent in a step, most telling first. */
export function explain({ cores, busyCores, processes, pressure }: Watched): string[] {
  const ours = processes.reduce((sum, process) => sum + process.cores, 0);
  const busy = busyCores ?? ours;
  const share = (part: number) => `${Math.round((100 * part) / busy)} %`;
  const users = processes.filter((process) => process.cores / busy >= 0.03);
  const others = Math.max(0, busy - ours);
  const parts = [
    ...users.map((process) => `${process.name} ${share(process.cores)}`),
    ...(others / busy >= 0.03 ? [`others on the machine ${share(others)}`] : []),
  ];
  const isSpent = busy >= spentShare * cores;
  const late = processes.filter((process) => (process.loopP99Ms ?? 0) > lateLoopMs);
  const { inferenceQueueMs, inferenceRefused, overload, rateLimited, waitingForConnections } = pressure;
  return [
    `processor ${isSpent ? 'spent' : 'not spent'}: ${busy.toFixed(2)} of ${cores} cores busy (${parts.join(', ')})`,
    ...(inferenceQueueMs > 20
      ? [`looks wait ${Math.round(inferenceQueueMs)} ms for an inference thread`]
      : []),
    ...(inferenceRefused > 0 ? [`${inferenceRefused} looks refused by the inference queue`] : []),
    ...Object.entries(overload).map(([name, refused]) => `${refused} requests refused for load by ${name}`),
    ...(rateLimited > 0
      ? [`${rateLimited} requests refused by rate limits, which are not what is measured`]
      : []),
    ...(waitingForConnections > scrapeConnections
      ? [`${waitingForConnections} transactions wait for a connection`]
      : []),
    ...late.map(
      ({ name, loopP99Ms }) => `event loop of ${name} late by ${Math.round(loopP99Ms ?? 0)} ms at p99`,
    ),
  ];
}

/** Cores of the machine that this process took from the system that it measures. */
export function generatorShare({ processes, cores }: Watched): number {
  return (processes.find(({ name }) => name === generator)?.cores ?? 0) / cores;
}

/** Straight line through points (seconds, value): how much the value rises in an hour. */
export function slopePerHour(
  points: readonly { readonly atSeconds: number; readonly value: number }[],
): number {
  const mean = (of: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [atMean, valueMean] = [mean(({ atSeconds }) => atSeconds), mean(({ value }) => value)];
  const spread = points.reduce((sum, { atSeconds }) => sum + (atSeconds - atMean) ** 2, 0);
  const rise = points.reduce(
    (sum, { atSeconds, value }) => sum + (atSeconds - atMean) * (value - valueMean),
    0,
  );
  return spread === 0 ? 0 : (3600 * rise) / spread;
}

/** The aims in one line. */
export function aimsText(): string {
  const each = Object.entries(p99AimsMs).map(([name, ms]) => `${name} ${ms}`);
  return `p99 aims in ms: ${each.join(', ')}; good: the verdict was told within ${usefulMs} ms; lost: at most ${100 * lostShare} %`;
}
