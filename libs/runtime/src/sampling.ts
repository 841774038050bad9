import { createHmac, randomBytes } from 'node:crypto';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { type KeptTraces, openKeptTraces } from './kept-traces.ts';
import { createCounter } from './metrics.ts';

/** Why a trace is exported. `sampled`: it came in here and was picked. `told`: another process has found it worth keeping. */
type Reason = 'sampled' | 'error' | 'slow' | 'told';

const traces = createCounter(
  'selfsame_traces_total',
  'Traces as this process saw them, by why they were exported or let go.',
  ['outcome'],
);

export interface SamplingOptions {
  /** Share of all traces that is exported whatever happens in them, 0 to 1. */
  readonly ratio: number;
  /** A process that took so long for its part makes the trace worth keeping. */
  readonly slowMs: number;
  /** How long finished spans wait for something to happen elsewhere in their trace. */
  readonly holdMs?: number;
  /** Spans that wait at once. Each is about a kilobyte. */
  readonly maxSpans?: number;
}

const sweepEveryMs = 500;
/** Traces whose fate is remembered, so that what ends later goes the same way; and for how long. */
const maxDecided = 10_000;
const decidedForMs = 60_000;

/**
 * Decides about a trace when it is known what happened in it. Every span is recorded; the finished ones wait for `holdMs`.
 * Exported are the traces that the ratio picks, and those with an error or a slow part, wherever that was: who notices tells the
 * others (`kept-traces.ts`), and all of them export what they hold. The process that a trace comes into picks it, by its id
 * under a key that nobody else knows: ids are chosen by callers, who must not choose what we export. The others hear of it in
 * the same way. At ratio 1 every process exports everything, and nothing has to be told.
 *
 * @param exporting takes what is exported
 * @returns in front of `exporting`; `isKept` tells whether a trace is exported as far as this process knows
 */
export function createSampling(
  exporting: SpanProcessor,
  options: SamplingOptions,
): SpanProcessor & { isKept(traceId: string): boolean; readonly kept: KeptTraces } {
  const { ratio, slowMs, holdMs = 10_000, maxSpans = 20_000 } = options;
  /** In the order in which traces came. */
  const held = new Map<string, { spans: ReadableSpan[]; until: number }>();
  const decided = new Map<string, { readonly until: number; isCounted: boolean }>();
  const key = randomBytes(16);
  const kept = openKeptTraces((traceId) => keep(traceId, 'told'));
  let heldSpans = 0;

  function keep(traceId: string, reason: Reason): void {
    if (decided.has(traceId)) return;
    const spans = take(traceId);
    const isHere = spans.length > 0 || reason !== 'told';
    // What still comes of it will be exported, too.
    remember(traceId, isHere);
    for (const span of spans) exporting.onEnd(span);
    if (isHere) traces.add({ outcome: reason });
    if (reason !== 'told' && ratio < 1) kept.tell(traceId);
  }

  function remember(traceId: string, isCounted: boolean): void {
    decided.set(traceId, { until: performance.now() + decidedForMs, isCounted });
    const oldest = decided.keys().next();
    if (decided.size > maxDecided && !oldest.done) decided.delete(oldest.value);
  }

  function take(traceId: string): readonly ReadableSpan[] {
    const { spans = [] } = held.get(traceId) ?? {};
    held.delete(traceId);
    heldSpans -= spans.length;
    return spans;
  }

  function hold(traceId: string, span: ReadableSpan): void {
    const waiting = held.get(traceId) ?? { spans: [], until: performance.now() + holdMs };
    waiting.spans.push(span);
    held.set(traceId, waiting);
    heldSpans += 1;
    while (heldSpans > maxSpans) letGoOldest('crowded_out');
  }

  function letGoOldest(outcome: 'dropped' | 'crowded_out'): void {
    const oldest = held.keys().next();
    if (oldest.done) return;
    take(oldest.value);
    traces.add({ outcome });
  }

  /** Both maps are in the order of their times. */
  function sweep(): void {
    const now = performance.now();
    for (const { until } of held.values()) {
      if (until > now) break;
      letGoOldest('dropped');
    }
    for (const [traceId, { until }] of decided) {
      if (until > now) break;
      decided.delete(traceId);
    }
  }
  const sweeping = setInterval(sweep, sweepEveryMs).unref();

  return {
    kept,
    isKept: (traceId) => ratio >= 1 || decided.has(traceId),
    onStart(span, parent) {
      // As early as that, so that the others know before they are asked.
      const { traceId } = span.spanContext();
      if (ratio > 0 && ratio < 1 && isEntry(span) && isPicked(traceId, { ratio, key }))
        keep(traceId, 'sampled');
      exporting.onStart(span, parent);
    },
    onEnd(span) {
      const { traceId } = span.spanContext();
      const decision = decided.get(traceId);
      if (decision === undefined) {
        const reason = reasonFor(span, { ratio, slowMs });
        if (reason === undefined) return hold(traceId, span);
        keep(traceId, reason);
      } else if (!decision.isCounted) {
        decision.isCounted = true;
        traces.add({ outcome: 'told' });
      }
      exporting.onEnd(span);
    },
    forceFlush: () => exporting.forceFlush(),
    async shutdown() {
      clearInterval(sweeping);
      kept.close();
      held.clear();
      await exporting.shutdown();
    },
  };
}

function reasonFor(span: ReadableSpan, options: { ratio: number; slowMs: number }): Reason | undefined {
  if (options.ratio >= 1) return 'sampled';
  if (span.status.code === SpanStatusCode.ERROR) return 'error';
  const isLocalRoot = span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true;
  const [seconds, nanoseconds] = span.duration;
  return isLocalRoot && seconds * 1e3 + nanoseconds / 1e6 >= options.slowMs ? 'slow' : undefined;
}

/** Whether a trace comes into our processes here: nobody has begun it, or somebody outside has, over HTTP. */
function isEntry({ kind, attributes, parentSpanContext }: ReadableSpan): boolean {
  const isHttp = attributes['http.request.method'] !== undefined;
  return parentSpanContext === undefined || (kind === SpanKind.SERVER && isHttp);
}

function isPicked(traceId: string, { ratio, key }: { ratio: number; key: Buffer }): boolean {
  const digest = createHmac('sha256', key).update(traceId).digest();
  return digest.readUIntBE(0, 6) < ratio * 2 ** 48;
}
