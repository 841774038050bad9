import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { captureCompleted } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import { inSpan, startTelemetry } from '@selfsame/runtime/telemetry';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captured, observedLog, openWorld } from './harness.ts';
import { insertEvent } from './outbox.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
let collector: Awaited<ReturnType<typeof startSpanCollector>>;
let telemetry: ReturnType<typeof startTelemetry>;
beforeAll(async () => {
  collector = await startSpanCollector();
  telemetry = startTelemetry('bus-test', {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '20',
  });
  world = await openWorld();
});
afterAll(async () => {
  await world.close();
  await telemetry.stop();
  await collector.close();
});

test('a handler works in the trace of the publisher, and no span shows the message', async () => {
  const { database, bus } = await world.service('traced');
  const seen = new Map<string, string | undefined>();
  await bus.subscribe(captureCompleted, async (_, event) => {
    seen.set(event.id, trace.getActiveSpan()?.spanContext().traceId);
  });
  const { id, traceId } = await inSpan('request', {}, async (span) => ({
    traceId: span.spanContext().traceId,
    id: await database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured('private-session'))),
  }));
  await waitFor('the handler', () => seen.has(id));
  expect(seen.get(id)).toBe(traceId);
  const [request, publish, process] = await waitFor('three spans', () => {
    const spans = collector.spans().filter((span) => span.traceId === traceId);
    const names = ['request', 'selfsame.capture.completed publish', 'selfsame.capture.completed process'];
    const found = names.map((name) => spans.find((span) => span.name === name));
    return found.every((span) => span !== undefined) && found;
  });
  expect(publish).toMatchObject({ parentSpanId: request?.spanId, kind: 4 });
  expect(process).toMatchObject({
    parentSpanId: publish?.spanId,
    kind: 5,
    attributes: { 'messaging.message.id': id, 'messaging.consumer.group.name': 'traced-capture-completed' },
  });
  expect(JSON.stringify(collector.spans())).not.toContain('private-session');
});

test('whatever is logged about an event belongs to its trace: by its handler, and by what happens around it', async () => {
  const { log, lines } = observedLog('info');
  const { database, bus } = await world.service('logged', { log });
  await bus.subscribe(
    captureCompleted,
    async () => {
      log.info('in the handler');
      throw new Error('not now');
    },
    { maxDeliver: 2 },
  );
  const traceId = await inSpan('request', {}, async (span) => {
    await database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured('')));
    return span.spanContext().traceId;
  });
  for (const msg of ['in the handler', 'event comes again', 'event is in dead_letters']) {
    const ofTrace = () => lines.find((line) => line.msg === msg && line.trace_id === traceId);
    expect(await waitFor(msg, ofTrace)).toMatchObject({ span_id: expect.stringMatching(/^[0-9a-f]{16}$/) });
  }
  await waitFor('a span that says so', () =>
    collector.spans().some((span) => span.name.endsWith(' bury') && span.traceId === traceId),
  );
});

test('an event that the sweep publishes keeps its trace', async () => {
  const { database, bus } = await world.service('swept');
  const seen = new Map<string, string | undefined>();
  await bus.subscribe(captureCompleted, async (_, event) => {
    seen.set(event.id, trace.getActiveSpan()?.spanContext().traceId);
  });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  expect(propagation.extract(ROOT_CONTEXT, headers)).not.toBe(ROOT_CONTEXT);
  const payload = Buffer.from(captureCompleted.codec.encode(captured('')).finish());
  const event = { id: 'swept', subject: captureCompleted.subject, payload, headers };
  await database.db.transaction().execute((tx) => insertEvent(tx as Transaction, event));
  await waitFor('the handler', () => seen.has('swept'));
  expect(seen.get('swept')).toBe(traceId);
});
