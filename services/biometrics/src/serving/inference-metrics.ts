import { errorCode } from '@selfsame/runtime/errors';
import { createCounter, createGauge, createHistogram } from '@selfsame/runtime/metrics';
import { BUCKETS } from '../pipeline/buckets.ts';
import type { JobKind } from '../pipeline/messages.ts';
import type { BatchPolicy } from './batch-policy.ts';

const kinds: readonly JobKind[] = ['look', 'track', 'glance'];

const queueSeconds = createHistogram(
  'selfsame_inference_queue_seconds',
  'What an answered job waited for a thread.',
  { labels: ['kind'] },
);
const batchSize = createHistogram(
  'selfsame_inference_batch_size',
  'Jobs that went through the models together.',
  {
    labels: ['kind'],
    buckets: BUCKETS,
  },
);
const batchSeconds = createHistogram(
  'selfsame_inference_seconds',
  'What a batch took, by the size that it was padded to.',
  { labels: ['kind', 'size'] },
);
const refusals = createCounter(
  'selfsame_inference_refused_total',
  'Jobs that got no answer because it would have come too late.',
  ['kind', 'reason'],
);
const failures = createCounter('selfsame_inference_failed_total', 'Jobs that a thread did not finish.', [
  'kind',
  'reason',
]);
const queueDepth = createGauge('selfsame_inference_queue_depth', 'Jobs that wait for a thread.', ['kind']);
const threadStates = createGauge('selfsame_inference_threads', 'Inference threads, by what they do.', [
  'state',
]);
const learnedSeconds = createGauge(
  'selfsame_inference_cost_seconds',
  'What a batch of a size takes, as learned by now; batches are chosen by it.',
  ['kind', 'size'],
);
const providerInfo = createGauge('selfsame_inference_provider_info', 'What runs the models; always 1.', [
  'provider',
]);

const refusing = ['queue_full', 'wait_too_long', 'deadline_passed'];
const failing = ['worker_lost', 'look_stuck', 'look_failed'];
// A series that begins at 1 hides its first event from whoever looks at how it rises.
for (const kind of kinds) {
  for (const reason of refusing) refusals.add({ kind, reason }, 0);
  for (const reason of failing) failures.add({ kind, reason }, 0);
}

/** A job was answered that had waited for so long. */
export function noteWait(kind: JobKind, queuedMs: number): void {
  queueSeconds.observe({ kind }, queuedMs / 1_000);
}

/** Jobs went through the models together, padded to `size`. */
export function noteBatch(kind: JobKind, batch: { jobs: number; size: number; ms: number }): void {
  batchSize.observe({ kind }, batch.jobs);
  batchSeconds.observe({ kind, size: batch.size }, batch.ms / 1_000);
}

/** A job got no answer. What the caller got wrong is not counted. */
export function noteUnanswered(kind: JobKind, error: unknown): void {
  const reason = errorCode(error) ?? '';
  if (refusing.includes(reason)) refusals.add({ kind, reason });
  if (failing.includes(reason)) failures.add({ kind, reason });
}

/** What a pool tells about itself when it is asked. */
export interface PoolFigures {
  readonly provider: string;
  readonly policies: Readonly<Record<JobKind, BatchPolicy>>;
  waiting(kind: JobKind): number;
  threads(): { readonly idle: number; readonly busy: number };
}

/** @returns stops telling */
export function showPool({ provider, policies, waiting, threads }: PoolFigures): () => void {
  const shown = [
    queueDepth(() => kinds.map((kind) => ({ labels: { kind }, value: waiting(kind) }))),
    threadStates(() => {
      const { idle, busy } = threads();
      return [
        { labels: { state: 'idle' }, value: idle },
        { labels: { state: 'busy' }, value: busy },
      ];
    }),
    learnedSeconds(() =>
      kinds.flatMap((kind) =>
        [...policies[kind].learned()].map(([size, ms]) => ({ labels: { kind, size }, value: ms / 1_000 })),
      ),
    ),
    providerInfo(() => [{ labels: { provider }, value: 1 }]),
  ];
  return () => {
    for (const hide of shown) hide();
  };
}
