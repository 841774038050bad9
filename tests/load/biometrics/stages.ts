import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { median } from '../percentiles.ts';
import type { Stand } from './stand.ts';

/** One part of a quiet Verify. */
export interface Stage {
  stage: string;
  ms: number;
}

/** Medians of quiet calls, one after the other, from the service's own spans and the caller's clock. */
export async function stageShares(stand: Stand, count: number): Promise<Stage[]> {
  const collector = await startSpanCollector();
  const service = await stand.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '200',
  });
  try {
    const callsMs: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const startMs = performance.now();
      await service.client.verify(stand.nextRequest());
      callsMs.push(performance.now() - startMs);
    }
    const spansOf = (name: string) => collector.spans().filter((span) => span.name === name);
    const looks = await waitFor('the spans of every look', () => {
      const found = spansOf('biometrics.look');
      return found.length >= count && found;
    });
    const served = collector.spans().filter((span) => span.name.endsWith('/Verify'));
    const at = (stage: string) =>
      median(looks.map(({ attributes }) => Number(attributes[`look.${stage}_ms`] ?? 0)));
    const names = Object.keys(looks[0]?.attributes ?? {}).flatMap(
      (name) => name.match(/^look\.(\w+)_ms$/)?.[1] ?? [],
    );
    const steps = names.filter((name) => name !== 'queued' && name !== 'models');
    const lookMs = median(looks.map(({ durationMs }) => durationMs));
    const servedMs = median(served.map(({ durationMs }) => durationMs));
    const inSteps = steps.reduce((sum, step) => sum + at(step), 0);
    return [
      ...steps.map((step) => ({ stage: step, ms: at(step) })),
      { stage: 'to the thread and back', ms: lookMs - inSteps },
      { stage: 'reference, comparison, evidence', ms: servedMs - lookMs },
      { stage: 'gRPC', ms: median(callsMs) - servedMs },
      { stage: 'whole call', ms: median(callsMs) },
      { stage: 'of it inside the models', ms: at('models') },
    ];
  } finally {
    await service.stop();
    await collector.close();
  }
}
