import { randomBytes } from 'node:crypto';
import { type CollectedSpan, startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { hostedClient } from '../harness/hosted-client.ts';
import { startWorld } from '../harness/world.ts';
import { median } from './percentiles.ts';
import { enrolPeople } from './reauth-run.ts';

/** One part of the way from frame to webhook, as the spans of quiet re-authentications tell it. */
export interface Stage {
  name: string;
  medianMs: number;
}

interface Boundary {
  /** The stage that ends where this span starts or ends. */
  stage: string;
  service: string;
  name: RegExp;
  edge: 'start' | 'end';
}

/** In the order of the walk; each stage lasts from the boundary before it to its own. */
const boundaries: Boundary[] = [
  { stage: 'receive the frame', service: 'capture', name: /BeginAttempt/, edge: 'start' },
  { stage: 'session.BeginAttempt', service: 'capture', name: /BeginAttempt/, edge: 'end' },
  { stage: 'biometrics.Verify', service: 'capture', name: /Verify/, edge: 'end' },
  { stage: 'JetStream to session', service: 'session', name: /capture\.completed process/, edge: 'start' },
  { stage: 'decide and commit', service: 'session', name: /capture\.completed process/, edge: 'end' },
  {
    stage: 'JetStream to dispatcher',
    service: 'webhook-dispatcher',
    name: /status_changed process/,
    edge: 'start',
  },
  { stage: 'record and send', service: 'webhook-dispatcher', name: /^POST/, edge: 'start' },
];

/** Runs quiet re-authentications on a system of its own with tracing on. */
export async function stageShares(photos: readonly string[], count = 16): Promise<Stage[]> {
  const collector = await startSpanCollector();
  const world = await startWorld({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    LOG_LEVEL: 'warn',
  });
  try {
    const traces: string[] = [];
    for (const person of await enrolPeople(world, photos, count)) {
      const session = await world.createSession({ workflow_id: 'wf_reauth', vendor_data: person.vendorData });
      const client = hostedClient(session.session_url);
      await client.open();
      const traceId = randomBytes(16).toString('hex');
      await client.attempt(person.frame, undefined, {
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
      });
      traces.push(traceId);
    }
    const timelines = await waitFor('the spans of every trace', () => {
      const spans = collector.spans();
      const complete = traces.map((id) => timeline(spans.filter((span) => span.traceId === id)));
      return complete.every((one) => one !== undefined) ? complete : undefined;
    });
    return boundaries.map(({ stage }, index) => ({
      name: stage,
      medianMs: median(timelines.flatMap((one) => one?.[index] ?? [])),
    }));
  } finally {
    await world.stop();
    await collector.close();
  }
}

/** Milliseconds of each stage of one trace; undefined while a span is missing. */
function timeline(spans: CollectedSpan[]): number[] | undefined {
  const root = spans.find((span) => span.service === 'capture' && span.kind === 2);
  if (root === undefined) return undefined;
  let previousMs = root.startMs;
  const durations: number[] = [];
  for (const boundary of boundaries) {
    const span = spans.find(
      (one) =>
        one.service === boundary.service && boundary.name.test(one.name) && one.startMs >= root.startMs,
    );
    if (span === undefined) return undefined;
    const atMs = span.startMs + (boundary.edge === 'start' ? 0 : span.durationMs);
    durations.push(atMs - previousMs);
    previousMs = atMs;
  }
  return durations;
}
