import { createHistogram, flowBuckets, scoreBuckets } from '@selfsame/runtime/metrics';
import type { FeatureReport } from './domain/features/feature.ts';
import type { Session } from './domain/session.ts';

const verdictSeconds = createHistogram(
  'selfsame_verdict_seconds',
  'From the arrival of a frame to the commit of the verdict that follows from it.',
  { buckets: flowBuckets },
);
/** Each is a workflow version of an application. */
const scoreOptions = { labels: ['application', 'workflow'], buckets: scoreBuckets, mostSeries: 100 } as const;
const scores = {
  LIVENESS: createHistogram(
    'selfsame_liveness_score',
    'Liveness of the live looks that were judged, 0 to 100, by the workflow version that judged them.',
    scoreOptions,
  ),
  FACE_MATCH: createHistogram(
    'selfsame_face_match_score',
    'Similarity of the live looks that were judged, 0 to 100, by the workflow version that judged them.',
    scoreOptions,
  ),
} as const;

/**
 * Measures a look that has led to a verdict, once that is committed. A drift of the scores is a drift of cameras, users,
 * attacks or models, so only what this look itself has measured counts, and none of a sandbox.
 *
 * @param look.reports of the steps that this look was judged by
 * @param look.receivedAt by the clock of another machine, which may run ahead
 */
export function noteLook(
  session: Session,
  look: { readonly reports: readonly FeatureReport[]; readonly receivedAt: Date | undefined },
): void {
  const { reports, receivedAt } = look;
  if (receivedAt !== undefined) {
    verdictSeconds.observe({}, Math.max(0, Date.now() - receivedAt.getTime()) / 1_000);
  }
  const { application, workflow } = session;
  if (application.environment !== 'live') return;
  const labels = {
    application: application.slug,
    workflow: workflow.id === null ? 'api' : `${workflow.slug ?? workflow.id}@${workflow.version}`,
  };
  for (const { feature, score } of reports) {
    if (score === null) continue;
    if (feature === 'LIVENESS' || feature === 'FACE_MATCH') scores[feature].observe(labels, score);
  }
}
