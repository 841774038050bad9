import { context, propagation } from '@opentelemetry/api';
import { startReceiver } from '@selfsame/testing/receiver';
import { expect, test } from 'vitest';
import { inSpan, startTelemetry } from './telemetry.ts';

test('without a place to export to, requests still continue the trace, until telemetry stops', async () => {
  const telemetry = startTelemetry('unit', {});
  const receiver = await startReceiver();
  const call = async () => void (await (await fetch(receiver.url)).text());
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const parent = propagation.extract(context.active(), { traceparent });
  await inSpan('caller', {}, call, { parent });
  await call();
  await telemetry.stop();
  await inSpan('after', {}, call, { parent });
  await receiver.close();

  const [traced, alone, after] = receiver.requests.map(({ headers }) => headers.traceparent);
  expect(traced).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-0[01]$/);
  expect(alone).toBeUndefined();
  expect(after).toBeUndefined();
});
