import { readFileSync } from 'node:fs';
import { isSpanContextValid, TraceFlags, trace } from '@opentelemetry/api';
import {
  collectDefaultMetrics,
  type OpenMetricsContentType,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';

/** What a label may be called is fixed where the metric is made; its values are bounded (see `maxSeries`). */
type Labels<Name extends string> = Readonly<Record<Name, string | number>>;

/** Counts what happens. */
export interface Counter<Name extends string> {
  add(labels: Labels<Name>, by?: number): void;
}
/** Distributes what is measured. */
export interface Histogram<Name extends string> {
  observe(labels: Labels<Name>, value: number): void;
}
/** What is now, read when somebody asks. */
export interface Reading<Name extends string> {
  readonly labels: Labels<Name>;
  readonly value: number;
}

/**
 * A metric keeps so many sets of labels; whatever comes beyond them is counted under `other`. A set of a histogram is a sample
 * for each of its buckets, one for what is above them, a sum and a count: so it keeps fewer.
 *
 * A set that has not been used for `idleMs` gives its place to a new one, so that what is gone does not stand before what is
 * there. Should it come back, it begins at zero, as after a restart.
 */
const maxSeries = 1_000;
const maxHistogramSeries = 500;
const maxBuckets = 20;
const idleMs = 60 * 60_000;
/** What no metric exceeds at a scrape, whatever its labels do. */
export const maxSamplesOfMetric = Math.max(maxSeries + 1, (maxHistogramSeries + 1) * (maxBuckets + 3));

/** From a millisecond to half a minute: calls, queues, transactions. */
export const secondsBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;
/** What a user waits for: fine around 0.1 s, which is the aim, and around 2 s, beyond which it is felt. */
export const flowBuckets = [
  0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30,
] as const;
/** Scores of 0 to 100 in steps of 5: fine enough to see a distribution drift. */
export const scoreBuckets = Array.from({ length: 20 }, (_, step) => (step + 1) * 5);

const registry = new Registry<OpenMetricsContentType>();
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);

/** @param name ends in `_total` */
export function createCounter<const Name extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Name[] = [],
): Counter<Name> {
  const counter = new PromCounter<string>({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    enableExemplars: true,
  });
  const bounded = boundSeries(labelNames, maxSeries, (labels) => counter.remove(labels));
  return {
    add(labels, by = 1) {
      counter.inc({ labels: bounded(labels), value: by, ...exemplar() });
    },
  };
}

/**
 * @param name ends in its unit, `_seconds` unless it has none; exemplars lead from a bucket to a trace
 * @param options.mostSeries sets of labels that are told apart; at most, and by default, 500
 */
export function createHistogram<const Name extends string = never>(
  name: string,
  help: string,
  options: { labels?: readonly Name[]; buckets?: readonly number[]; mostSeries?: number } = {},
): Histogram<Name> {
  const { labels: labelNames = [], buckets = secondsBuckets, mostSeries = maxHistogramSeries } = options;
  if (buckets.length > maxBuckets)
    throw new Error(`${name} has ${buckets.length} buckets, more than ${maxBuckets}`);
  const histogram = new PromHistogram<string>({
    name,
    help,
    labelNames: [...labelNames],
    buckets: [...buckets],
    registers: [registry],
    enableExemplars: true,
  });
  const most = Math.min(mostSeries, maxHistogramSeries);
  const bounded = boundSeries(labelNames, most, (labels) => histogram.remove(labels));
  return {
    observe(labels, value) {
      histogram.observe({ labels: bounded(labels), value, ...exemplar() });
    },
  };
}

/**
 * A gauge that is read at each scrape. Readers that fail or are slow leave it out of that scrape.
 * @returns how to add a reader; adding answers with how to take it away (a part that closes is read no more)
 */
export function createGauge<const Name extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Name[] = [],
): (read: () => readonly Reading<Name>[] | Promise<readonly Reading<Name>[]>) => () => void {
  const readers = new Set<() => readonly Reading<Name>[] | Promise<readonly Reading<Name>[]>>();
  const gauge: PromGauge = new PromGauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      const readings = await Promise.all([...readers].map((read) => withinScrape(read)));
      const bounded = boundSeries(labelNames);
      gauge.reset();
      // Without labels a reset is a zero, which nobody has read.
      if (labelNames.length === 0) gauge.remove();
      for (const { labels, value } of readings.flat()) gauge.inc({ ...bounded(labels) }, value);
    },
  });
  return (read) => {
    readers.add(read);
    return () => void readers.delete(read);
  };
}

/**
 * For a gauge that has to be counted in a database: one count at a time, however many ask, and none while the last is
 * younger than `forMs`. A count that fails is not remembered.
 */
export function cachedReadings<T>(read: () => Promise<T>, forMs = 15_000): () => Promise<T> {
  let readAt = Number.NEGATIVE_INFINITY;
  let last: Promise<T> | undefined;
  return () => {
    if (last !== undefined && performance.now() - readAt < forMs) return last;
    const reading = read();
    readAt = Number.POSITIVE_INFINITY;
    last = reading;
    reading.then(
      () => {
        readAt = performance.now();
      },
      () => {
        last = undefined;
      },
    );
    return reading;
  };
}

/** Every metric of this process and of Node itself (event loop, memory, garbage collection), as OpenMetrics text. */
export async function exposeMetrics(): Promise<{ contentType: string; text: string }> {
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/** Names this process in every series and begins to watch Node. Once per process; `run` does it for a service. */
export function startMetrics(service: string): void {
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  readBuildInfo(() => [{ labels: { version, node: process.versions.node }, value: 1 }]);
}

const readBuildInfo = createGauge('selfsame_build_info', 'What runs here; always 1.', ['version', 'node']);

/** A scrape waits no longer for a reader than this. */
const readTimeoutMs = 2_000;

async function withinScrape<T>(read: () => readonly T[] | Promise<readonly T[]>): Promise<readonly T[]> {
  let late: NodeJS.Timeout | undefined;
  const nothing = new Promise<readonly T[]>((resolve) => {
    late = setTimeout(resolve, readTimeoutMs, []);
  });
  try {
    return await Promise.race([read(), nothing]);
  } catch {
    return [];
  } finally {
    clearTimeout(late);
  }
}

function boundSeries<Name extends string>(
  names: readonly Name[],
  limit = maxSeries,
  forget: (labels: Record<string, string | number>) => void = () => {},
): (labels: Labels<Name>) => Record<string, string | number> {
  /** Used longest ago first. */
  const known = new Map<string, { labels: Labels<Name>; usedAt: number }>();
  const other = Object.fromEntries(names.map((name) => [name, 'other']));
  return (labels) => {
    const key = names.map((name) => labels[name]).join('\n');
    const now = performance.now();
    if (!known.delete(key) && known.size >= limit) {
      const [oldest] = known;
      if (oldest === undefined || now - oldest[1].usedAt < idleMs) return other;
      known.delete(oldest[0]);
      forget(oldest[1].labels);
    }
    known.set(key, { labels, usedAt: now });
    return labels;
  };
}

let isExported: (traceId: string) => boolean = () => true;

/** From now on exemplars name only traces that somebody can look up. */
export function leadExemplarsTo(traces: (traceId: string) => boolean): void {
  isExported = traces;
}

/** The trace that is being exported, so that a slow bucket leads to what was slow. */
function exemplar(): { exemplarLabels?: Record<string, string> } {
  const context = trace.getActiveSpan()?.spanContext();
  if (context === undefined || !isSpanContextValid(context)) return {};
  if ((context.traceFlags & TraceFlags.SAMPLED) === 0 || !isExported(context.traceId)) return {};
  return { exemplarLabels: { trace_id: context.traceId } };
}
