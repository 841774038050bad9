import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, expect, test } from 'vitest';
import { connectKeptTraces } from './kept-traces.ts';
import { exposeMetrics } from './metrics.ts';
import { createSampling, type SamplingOptions } from './sampling.ts';

const closings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

/** A process with its spans, as far as they are exported. */
function openProcess(options: Partial<SamplingOptions> = {}) {
  const exporter = new InMemorySpanExporter();
  const sampling = createSampling(new SimpleSpanProcessor({ exporter }), {
    ratio: 0,
    slowMs: 1_000,
    ...options,
  });
  const provider = new TracerProvider({ spanProcessors: [sampling] });
  closings.push(() => provider.shutdown());
  const tracer = provider.getTracer('unit');

  /** A span that another process has caused; it took `ms`. */
  function serve(
    traceId: string,
    outcome: { ms?: number; fails?: boolean; isLocal?: boolean; isHttp?: boolean } = {},
  ): void {
    const { ms = 1, fails = false, isLocal = false, isHttp = false } = outcome;
    const spanContext = {
      traceId,
      spanId: randomBytes(8).toString('hex'),
      traceFlags: TraceFlags.SAMPLED,
      isRemote: !isLocal,
    };
    const startTime = Date.now() - ms;
    const attributes = isHttp ? { 'http.request.method': 'GET' } : {};
    const span = tracer.startSpan(
      'serve',
      { startTime, kind: SpanKind.SERVER, attributes },
      trace.setSpanContext(ROOT_CONTEXT, spanContext),
    );
    if (fails) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(startTime + ms);
  }

  const begin = () => tracer.startSpan('begin', { root: true }).end();
  const exportedOf = (traceId: string) =>
    exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId).length;
  const exportedTraces = () => new Set(exporter.getFinishedSpans().map((span) => span.spanContext().traceId));
  return { sampling, serve, begin, exportedOf, exportedTraces };
}

const newTraceId = () => randomBytes(16).toString('hex');

async function counted(outcome: string): Promise<number> {
  const { text } = await exposeMetrics();
  return Number(new RegExp(`^selfsame_traces_total{outcome="${outcome}"} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

test('of a trace with an error everything is exported: what ended before it, and what ends after', async () => {
  const { serve, exportedOf } = openProcess();
  const before = await counted('error');
  const [failing, good] = [newTraceId(), newTraceId()];
  serve(failing);
  serve(good);
  expect(exportedOf(failing)).toBe(0);
  serve(failing, { fails: true });
  serve(failing);
  expect([exportedOf(failing), exportedOf(good)]).toEqual([3, 0]);
  expect(await counted('error')).toBe(before + 1);
});

test('a process that took long for its part keeps the trace; a slow span inside it does not', () => {
  const { serve, exportedOf } = openProcess({ slowMs: 100 });
  const [slow, inside] = [newTraceId(), newTraceId()];
  serve(slow);
  serve(slow, { ms: 100 });
  serve(inside, { ms: 100, isLocal: true });
  expect([exportedOf(slow), exportedOf(inside)]).toEqual([2, 0]);
});

/** Lets processes tell each other; what they tell is heard at once. */
function connected(): string[] {
  const told: string[] = [];
  const line = connectKeptTraces((traceIds) => {
    told.push(...(Buffer.from(traceIds).toString('hex').match(/.{32}/g) ?? []));
    line.receive(traceIds);
  });
  closings.push(line.close);
  return told;
}

test('a ratio picks about that share of the traces that come in, and the others export the same, being told', async () => {
  const [entry, inner] = [openProcess({ ratio: 0.1 }), openProcess({ ratio: 0.1 })];
  const told = connected();
  const traceIds = Array.from({ length: 5_000 }, newTraceId);
  for (const traceId of traceIds) inner.serve(traceId);
  expect(inner.exportedTraces().size).toBe(0);
  for (const traceId of traceIds) entry.serve(traceId, { isHttp: true });
  const picked = entry.exportedTraces();
  // Six standard deviations on either side.
  expect(picked.size).toBeGreaterThan(370);
  expect(picked.size).toBeLessThan(630);
  await waitFor('all are told', () => told.length === picked.size);
  expect(inner.exportedTraces()).toEqual(picked);
  for (const traceId of traceIds) expect(inner.sampling.isKept(traceId)).toBe(picked.has(traceId));
});

test('whoever chooses the ids of traces chooses nothing: each process picks by a key of its own', () => {
  const [one, two] = [openProcess({ ratio: 0.1 }), openProcess({ ratio: 0.1 })];
  const traceIds = Array.from({ length: 5_000 }, () => newTraceId().slice(0, 19) + '0'.repeat(13));
  for (const traceId of traceIds) {
    one.serve(traceId, { isHttp: true });
    two.serve(traceId, { isHttp: true });
  }
  for (const { exportedTraces } of [one, two]) {
    expect(exportedTraces().size).toBeGreaterThan(370);
    expect(exportedTraces().size).toBeLessThan(630);
  }
  expect(one.exportedTraces()).not.toEqual(two.exportedTraces());
});

test('a trace that begins here comes in here', () => {
  const { begin, exportedTraces } = openProcess({ ratio: 0.5 });
  for (let times = 0; times < 200; times += 1) begin();
  expect(exportedTraces().size).toBeGreaterThan(50);
  expect(exportedTraces().size).toBeLessThan(150);
});

test.each([0, 1])('at ratio %d nothing is told of what is ordinary', async (ratio) => {
  const { serve, exportedOf, sampling } = openProcess({ ratio });
  const told = connected();
  const [ordinary, failing] = [newTraceId(), newTraceId()];
  serve(ordinary, { isHttp: true });
  expect([exportedOf(ordinary), sampling.isKept(ordinary)]).toEqual([ratio, ratio === 1]);
  openProcess().serve(failing, { fails: true });
  await waitFor('what is not ordinary', () => told.length > 0);
  expect(told).toEqual([failing]);
});

test('a trace that others keep is counted when something of it comes here', async () => {
  const { serve } = openProcess();
  const line = connectKeptTraces(() => {});
  closings.push(line.close);
  const before = await counted('told');
  const traceId = newTraceId();
  line.receive(Buffer.from(traceId, 'hex'));
  expect(await counted('told')).toBe(before);
  serve(traceId);
  serve(traceId);
  expect(await counted('told')).toBe(before + 1);
});

test('at ratio 1 every span is exported at once', () => {
  const { serve, exportedOf } = openProcess({ ratio: 1 });
  const traceId = 'f'.repeat(32);
  serve(traceId);
  expect(exportedOf(traceId)).toBe(1);
});

test('uneventful traces are let go after a while, and counted', async () => {
  const { serve, exportedOf } = openProcess({ holdMs: 20 });
  const before = await counted('dropped');
  const traceId = newTraceId();
  serve(traceId);
  serve(traceId);
  await waitFor('the trace is let go', async () => (await counted('dropped')) === before + 1);
  serve(traceId, { fails: true });
  expect(exportedOf(traceId)).toBe(1);
});

test('what waits is bounded: the oldest trace makes room, and is counted', async () => {
  const { serve, exportedOf } = openProcess({ maxSpans: 100 });
  const before = await counted('crowded_out');
  const traceIds = Array.from({ length: 150 }, newTraceId);
  for (const traceId of traceIds) serve(traceId);
  expect(await counted('crowded_out')).toBe(before + 50);
  for (const traceId of traceIds) serve(traceId, { fails: true });
  expect(traceIds.map(exportedOf)).toEqual([...Array(50).fill(1), ...Array(100).fill(2)]);
});

test('whoever keeps a trace tells the others, who export what they hold of it, and tell nobody again', async () => {
  const [one, two] = [openProcess(), openProcess()];
  const told = connected();
  const traceId = newTraceId();
  two.serve(traceId);
  one.serve(traceId, { fails: true });
  await waitFor('what the other one held', () => two.exportedOf(traceId) === 1);
  two.serve(traceId, { fails: true });
  // Told after it, had it been told again.
  const last = newTraceId();
  two.serve(last, { fails: true });
  await waitFor('the last word', () => told.includes(last));
  expect(told).toEqual([traceId, last]);
});

test('a message that is none of ours changes nothing', () => {
  const { serve, exportedOf } = openProcess();
  const line = connectKeptTraces(() => {});
  closings.push(line.close);
  const traceId = newTraceId();
  serve(traceId);
  line.receive(Buffer.from(traceId.slice(2), 'hex'));
  line.receive(Buffer.alloc(16 * 10_000));
  line.receive(Buffer.alloc(0));
  expect(exportedOf(traceId)).toBe(0);
  line.receive(Buffer.from(traceId, 'hex'));
  expect(exportedOf(traceId)).toBe(1);
});
