import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { startReceiver } from '@selfsame/testing/receiver';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure } from './errors.ts';
import { inSpan, startTelemetry } from './telemetry.ts';

let collector: Awaited<ReturnType<typeof startSpanCollector>>;
let telemetry: ReturnType<typeof startTelemetry>;
beforeAll(async () => {
  collector = await startSpanCollector();
  telemetry = startTelemetry('unit', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/`,
    OTEL_BSP_SCHEDULE_DELAY: '10',
  });
});
afterAll(async () => {
  await telemetry.stop();
  await collector.close();
});

const exported = (name: string) =>
  waitFor(`span ${name}`, () => collector.spans().find((span) => span.name === name));

test('a span is exported with its service; an error marks it with the code and never with the text', async () => {
  const failing = inSpan('failing', { 'session.id': 'x' }, async () => {
    throw new Failure('unavailable', 'away', 'secret words');
  });
  await expect(failing).rejects.toThrow('secret words');
  const span = await exported('failing');
  expect(span).toMatchObject({ service: 'unit', status: 2 });
  expect(span.attributes).toEqual({ 'session.id': 'x', 'error.type': 'away' });
  expect(JSON.stringify(collector.spans())).not.toContain('secret words');
});

test('a refusal is told by its code and is no failure, but to a consumer, whose event comes again', async () => {
  const refuse = async () => {
    throw new Failure('invalid', 'bad_portrait', 'secret words');
  };
  await expect(inSpan('refusing', {}, refuse)).rejects.toThrow();
  await expect(inSpan('consuming', {}, refuse, { kind: SpanKind.CONSUMER })).rejects.toThrow();
  expect(await exported('refusing')).toMatchObject({
    status: 0,
    attributes: { 'error.type': 'bad_portrait' },
  });
  expect(await exported('consuming')).toMatchObject({ status: 2 });
});

test('requests by fetch continue the trace and show neither path nor query, which may hold tokens', async () => {
  const receiver = await startReceiver();
  await inSpan('caller', {}, async () => {
    const answer = await fetch(`${receiver.url}/session/secret-token?key=secret-key`);
    await answer.text();
  });
  await receiver.close();

  const caller = await exported('caller');
  const request = await exported('GET');
  expect(receiver.requests[0]?.headers.traceparent).toBe(`00-${caller.traceId}-${request.spanId}-01`);
  expect(request).toMatchObject({ parentSpanId: caller.spanId, kind: 3 });
  expect(request.attributes).toMatchObject({ 'url.full': receiver.url, 'server.address': '127.0.0.1' });
  expect(JSON.stringify(collector.spans())).not.toContain('secret-');
});

test('a span continues a context that came from elsewhere', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const parent = propagation.extract(context.active(), { traceparent });
  await inSpan('continued', {}, async () => expect(trace.getActiveSpan()?.isRecording()).toBe(true), {
    parent,
  });
  expect(await exported('continued')).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
  });
});
