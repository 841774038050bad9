import { createCounter, createHistogram, scoreBuckets } from '@selfsame/runtime/metrics';
import type { Assessed } from './assess.ts';
import { catalogue } from './domain/catalogue.ts';
import type { Phase } from './visit.ts';

const assessments = createCounter(
  'selfsame_assessments_total',
  'Moments of sessions that were weighed, by the step-up that a rule asks for.',
  ['phase', 'step_up'],
);
const scores = createHistogram(
  'selfsame_assessment_score',
  'Risk of the moments that were weighed, 0 to 100.',
  {
    labels: ['phase'],
    buckets: scoreBuckets,
  },
);
const seconds = createHistogram('selfsame_assessment_seconds', 'What an assessment took.', {
  labels: ['phase'],
});
const failedParts = createCounter(
  'selfsame_assessment_failures_total',
  'Parts of assessments that failed or were late: nobody is approved by what is left.',
  ['part'],
);
const firedSignals = createCounter(
  'selfsame_signals_fired_total',
  'Signals that weighed, by their category.',
  ['family'],
);
// A series that begins at 1 hides its first event from whoever looks at how it rises.
for (const part of ['network', 'history', 'lists']) failedParts.add({ part }, 0);

const families = new Map(catalogue.map(({ id, category }) => [id, category]));

/** Counts an assessment that was answered. */
export function noteAssessment(phase: Phase, assessed: Assessed, ms: number): void {
  const { weighed, stepUp, failures } = assessed;
  assessments.add({ phase, step_up: stepUp?.action ?? 'none' });
  scores.observe({ phase }, weighed.score);
  seconds.observe({ phase }, ms / 1_000);
  for (const part of failures) failedParts.add({ part });
  for (const { signal } of weighed.reasons) firedSignals.add({ family: families.get(signal) ?? 'other' });
}
