import { readFile } from 'node:fs/promises';
import { serviceNames as names, type ServiceName } from '@selfsame/deploy/topology';
import { inSpan, startTelemetry } from '@selfsame/runtime/telemetry';
import { facePath } from '@selfsame/testing/assets';
import { type CollectedSpan, startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostedClient } from '../harness/hosted-client.ts';
import { somePerson } from '../harness/person.ts';
import { startWorld, type World } from '../harness/world.ts';
import { beginningOf, type Catalogue, documentedMetrics, exposedMetrics } from './catalogue.ts';

/** One selfie is one trace, and no attribute of it says what must stay unsaid. */
describe('one selfie is one trace', () => {
  let collector: Awaited<ReturnType<typeof startSpanCollector>>;
  let world: World;
  const telemetry = startTelemetry('tests', {});

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
    await telemetry.stop();
  }, 60_000);

  it('crosses every edge from the API call to the webhook and tells no secret', async () => {
    const portrait = await readFile(facePath('img/p01_1.jpg'));
    const selfie = await readFile(facePath('img/p01_2.jpg'));
    await waitFor('what set this world up to be on record', async () => {
      const waiting = await world.system.query(
        `select 1 from (select id, subject from session.outbox union all select id, subject from webhook_dispatcher.outbox) told
         where subject like '%api.called' and not exists (select 1 from session.inbox where event_id = told.id)`,
      );
      return waiting.length === 0;
    });
    const begunAtMs = Date.now();

    // Every request of this flow carries one trace, as those of a traced application do.
    const { traceId, created } = await inSpan('flow', {}, async (span) => {
      const created = await world.api.post('/v3/session/', {
        workflow_id: 'wf_reauth',
        portrait_image: portrait.toString('base64'),
      });
      expect(created.status).toBe(201);
      const client = hostedClient(created.body.session_url);
      await client.open();
      expect(await client.attempt(selfie)).toMatchObject({ result: 'verdict', status: 'Approved' });
      const { traceId } = span.spanContext();
      const webhook = await world.webhook(created.body.session_id, 'Approved');
      expect(webhook.request.headers.traceparent).toContain(traceId);
      const asked = await world.api.post(`/v3/session/${created.body.session_id}/consents/`, {
        audience: 'partner_b',
        purpose: 'lending',
      });
      expect(asked.status).toBe(201);
      await (await somePerson()).answer(asked.body.consent_url, 'agree');
      const shared = await world.api.post(`/v3/session/${created.body.session_id}/share/`, {
        audience: 'partner_b',
        purpose: 'lending',
      });
      expect(shared.status).toBe(200);
      return { traceId, created };
    });

    const ofTrace = () => collector.spans().filter((span) => span.traceId === traceId);
    const edges = [
      ['session', 'biometrics'],
      ['session', 'fraud-signals'],
      ['capture', 'session'],
      ['capture', 'biometrics'],
      ['capture', 'fraud-signals'],
      ['capture', 'share'],
      ['share', 'session'],
      ['session', 'webhook-dispatcher'],
    ] as const;
    for (const [from, to] of edges) {
      await waitFor(`an edge ${from} → ${to} in the trace`, () => hasEdge(ofTrace(), from, to));
    }
    await waitFor('capture.completed crossing JetStream into session', () =>
      hasEdge(ofTrace(), 'capture', 'session', /capture\.completed process/),
    );
    for (const to of ['webhook-dispatcher', 'fraud-signals', 'biometrics']) {
      await waitFor(`session.status_changed crossing JetStream into ${to}`, () =>
        hasEdge(ofTrace(), 'session', to, /session\.status_changed process/),
      );
    }
    await waitFor('the attempt at the receiver', () =>
      ofTrace().some((span) => span.service === 'webhook-dispatcher' && span.kind === 3),
    );
    // What was set up before may still be at work, in traces of its own.
    const earlier = new Set(
      collector.spans().flatMap((span) => (span.startMs < begunAtMs ? [span.traceId] : [])),
    );
    const elsewhere = collector
      .spans()
      .filter((span) => span.traceId !== traceId && !earlier.has(span.traceId))
      .map(({ service, name }) => `${service}: ${name}`);
    expect(elsewhere).toEqual([]);

    const scrapes = await Promise.all([...names].map((name) => scrape(world, name)));
    const told = JSON.stringify([collector.spans(), scrapes]);
    const unsaid = [
      portrait.toString('base64').slice(0, 64),
      selfie.toString('base64').slice(0, 64),
      created.body.session_token,
      world.system.local.api_key,
      world.secret,
    ];
    for (const secret of unsaid) expect(told).not.toContain(secret);
    // Ids may be in spans, and in no label.
    expect(scrapes.join()).not.toContain(created.body.session_id);
  });

  it('measures what docs/observe.md says, and nothing else', async () => {
    const documented = await documentedMetrics();
    const everywhere: Catalogue = documented.get('every service') ?? new Map();
    expect([...documented.keys()].sort()).toEqual(['every service', ...names].sort());
    const seen = new Set<string>();
    for (const name of names) {
      const own: Catalogue = documented.get(name) ?? new Map();
      const exposed = exposedMetrics(await scrape(world, name));
      for (const [metric, { help, labels }] of exposed) {
        const expected = own.get(metric) ?? everywhere.get(metric);
        expect(expected, `${name} exposes ${metric}`).toBeDefined();
        if (labels) expect([...labels].sort(), metric).toEqual([...(expected?.labels ?? [])].sort());
        expect(expected?.told.startsWith(beginningOf(help)), `${metric}: ${help}`).toBe(true);
        seen.add(metric);
      }
      expect([...exposed.keys()], name).toEqual(expect.arrayContaining([...own.keys()]));
    }
    expect([...seen]).toEqual(expect.arrayContaining([...everywhere.keys()]));
  });
});

async function scrape(world: World, name: ServiceName): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${world.system.ports[name].http}/metrics`);
  return answer.text();
}

function hasEdge(spans: CollectedSpan[], from: string, to: string, name = /./): boolean {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans.some(
    (span) =>
      span.service === to && name.test(span.name) && byId.get(span.parentSpanId ?? '')?.service === from,
  );
}
