import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { facePath } from '@selfsame/testing/assets';
import { type CollectedSpan, startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostedClient } from '../harness/hosted-client.ts';
import { startWorld, type World } from '../harness/world.ts';

/** One selfie is one trace, and no attribute of it says what must stay unsaid. */
describe('one selfie is one trace', () => {
  let collector: Awaited<ReturnType<typeof startSpanCollector>>;
  let world: World;

  beforeAll(async () => {
    collector = await startSpanCollector();
    world = await startWorld({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    });
  }, 120_000);

  afterAll(async () => {
    await world?.stop();
    await collector?.close();
  }, 60_000);

  it('crosses every edge from the API call to the webhook and tells no secret', async () => {
    const traceId = randomBytes(16).toString('hex');
    const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
    const portrait = await readFile(facePath('img/p01_1.jpg'));
    const selfie = await readFile(facePath('img/p01_2.jpg'));

    const created = await world.api.post(
      '/v3/session/',
      { workflow_id: 'wf_reauth', portrait_image: portrait.toString('base64') },
      { traceparent },
    );
    expect(created.status).toBe(201);
    const client = hostedClient(created.body.session_url);
    await client.open();
    const answer = await client.attempt(selfie, undefined, { traceparent });
    expect(answer).toMatchObject({ result: 'verdict', status: 'Approved' });
    const webhook = await world.webhook(created.body.session_id, 'Approved');
    expect(webhook.request.headers.traceparent).toContain(traceId);

    const ofTrace = () => collector.spans().filter((span) => span.traceId === traceId);
    const edges = [
      ['session', 'biometrics'],
      ['capture', 'session'],
      ['capture', 'biometrics'],
      ['session', 'webhook-dispatcher'],
    ] as const;
    for (const [from, to] of edges) {
      await waitFor(`an edge ${from} → ${to} in the trace`, () => hasEdge(ofTrace(), from, to));
    }
    await waitFor('capture.completed crossing JetStream into session', () =>
      hasEdge(ofTrace(), 'capture', 'session', /capture\.completed process/),
    );
    await waitFor('session.status_changed crossing JetStream into the dispatcher', () =>
      hasEdge(ofTrace(), 'session', 'webhook-dispatcher', /session\.status_changed process/),
    );
    await waitFor('the attempt at the receiver', () =>
      ofTrace().some((span) => span.service === 'webhook-dispatcher' && span.kind === 3),
    );

    const told = JSON.stringify(collector.spans());
    const unsaid = [
      portrait.toString('base64').slice(0, 64),
      selfie.toString('base64').slice(0, 64),
      created.body.session_token,
      world.system.local.api_key,
      world.secret,
    ];
    for (const secret of unsaid) expect(told).not.toContain(secret);
  });
});

function hasEdge(spans: CollectedSpan[], from: string, to: string, name = /./): boolean {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans.some(
    (span) =>
      span.service === to && name.test(span.name) && byId.get(span.parentSpanId ?? '')?.service === from,
  );
}
