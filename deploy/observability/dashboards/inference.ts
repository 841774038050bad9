import type { DashboardSpec } from '../dashboard.ts';
import { graph, heat, number } from '../panels.ts';
import { gauge, mean, perSecond, quantile } from '../promql.ts';

/** Whether there is enough of what looks at faces, and how well it is used. */
export const inference: DashboardSpec = {
  name: 'inference',
  title: 'Inference',
  description: 'Whether there is enough of what looks at faces, and how well it is used.',
  rows: {
    Now: [
      number(
        {
          title: 'Looks',
          description: 'Looks that got a thread, in a second. Divide by the threads to see what one does.',
          unit: 'ops',
          runbook: 'InferenceThreadsBusy',
        },
        { looks: perSecond('selfsame_inference_queue_seconds_count') },
      ),
      number(
        {
          title: 'Waiting, p95',
          description:
            'How long a look waits for a thread. From half a second on users notice, and looks are refused soon.',
          unit: 's',
          bad: 0.5,
          runbook: 'InferenceQueueSlow',
        },
        { p95: quantile(0.95, 'selfsame_inference_queue_seconds') },
      ),
      number(
        {
          title: 'Threads busy',
          description: 'Part of all threads that work. Above 85 % for long there is no room for a peak.',
          unit: 'percentunit',
          bad: 0.85,
          runbook: 'InferenceThreadsBusy',
        },
        { busy: 'sum(selfsame_inference_threads{state="busy"}) / sum(selfsame_inference_threads)' },
      ),
      number(
        {
          title: 'Refused',
          description: 'Looks turned away in a second. Any is too many: pages repeat, and users wait.',
          unit: 'ops',
          bad: 0.01,
          runbook: 'InferenceRefuses',
        },
        { refused: perSecond('selfsame_inference_refused_total') },
      ),
      number(
        {
          title: 'Replicas by device',
          description:
            'What the models run on. `cpu` where a GPU should be: its driver or provider did not load.',
          unit: 'short',
          runbook: 'InferenceQueueSlow',
        },
        { '{{provider}}': 'count by (provider) (selfsame_inference_provider_info)' },
      ),
      number(
        {
          title: 'Searchable faces',
          description:
            'Faces in memory for a search of 1 to many, in the replica that holds most. Near the limit of its memory: raise it.',
          unit: 'short',
          runbook: 'MemoryGrows',
        },
        { faces: gauge('selfsame_search_faces', { take: 'max' }) },
      ),
    ],
    Queue: [
      graph(
        {
          title: 'Looks waiting',
          description: 'By kind, all replicas together. A queue that stays is one replica too few.',
          unit: 'short',
          runbook: 'InferenceQueueSlow',
        },
        { '{{kind}}': gauge('selfsame_inference_queue_depth', { by: ['kind'] }) },
      ),
      graph(
        {
          title: 'Waiting time',
          description: 'Before a thread took the look. Dots lead to a trace of one.',
          unit: 's',
          bad: 0.5,
          runbook: 'InferenceQueueSlow',
          hasExemplars: true,
        },
        {
          'p50 {{kind}}': quantile(0.5, 'selfsame_inference_queue_seconds', { by: ['kind'] }),
          'p99 {{kind}}': quantile(0.99, 'selfsame_inference_queue_seconds', { by: ['kind'] }),
        },
      ),
      graph(
        {
          title: 'Refused by reason',
          description:
            'queue_full and wait_too_long: too many faces for the threads. deadline_passed: who asked had given up already.',
          unit: 'ops',
          runbook: 'InferenceRefuses',
        },
        { '{{kind}} {{reason}}': perSecond('selfsame_inference_refused_total', { by: ['kind', 'reason'] }) },
      ),
      graph(
        {
          title: 'Threads',
          description:
            'Idle and busy, all replicas together. Busy without looks: a model that does not return.',
          unit: 'short',
          isStacked: true,
          runbook: 'InferenceThreadsBusy',
        },
        { '{{state}}': gauge('selfsame_inference_threads', { by: ['state'] }) },
      ),
    ],
    'Failures and searches': [
      graph(
        {
          title: 'Failed by reason',
          description:
            'Looks that a thread did not finish. worker_lost: it died; look_stuck: it did not return; look_failed: the models refused.',
          unit: 'ops',
          runbook: 'InferenceFails',
        },
        { '{{kind}} {{reason}}': perSecond('selfsame_inference_failed_total', { by: ['kind', 'reason'] }) },
      ),
      graph(
        {
          title: 'Searches',
          description: 'Searches for a face among all. unavailable: the index is not complete yet.',
          unit: 'ops',
          runbook: 'SearchIndexIncomplete',
        },
        { '{{outcome}}': perSecond('selfsame_searches_total', { by: ['outcome'] }) },
      ),
      graph(
        {
          title: 'Time of a search, p99',
          description: 'It grows with the faces in memory, and with searches at the same time.',
          unit: 's',
          runbook: 'SearchIndexIncomplete',
          hasExemplars: true,
        },
        { p99: quantile(0.99, 'selfsame_search_seconds') },
      ),
    ],
    Batches: [
      graph(
        {
          title: 'Size of batches, mean',
          description:
            'Looks that ran together. 1 on a CPU is right, since batching gains nothing there; a GPU under load has more.',
          unit: 'short',
          runbook: 'InferenceQueueSlow',
        },
        { '{{kind}}': mean('selfsame_inference_batch_size', { by: ['kind'] }) },
      ),
      graph(
        {
          title: 'Time of a batch, p99',
          description:
            'On the device, by kind and size. Slower than usual: the node is shared, or throttled.',
          unit: 's',
          runbook: 'InferenceQueueSlow',
          hasExemplars: true,
        },
        { '{{kind}} × {{size}}': quantile(0.99, 'selfsame_inference_seconds', { by: ['kind', 'size'] }) },
      ),
      graph(
        {
          title: 'What a batch is believed to cost',
          description:
            'Learned at run time, by size: how a replica decides whether waiting for more looks pays.',
          unit: 's',
          runbook: 'InferenceQueueSlow',
        },
        {
          '{{kind}} × {{size}}': gauge('selfsame_inference_cost_seconds', {
            by: ['kind', 'size'],
            take: 'max',
          }),
        },
      ),
      heat(
        {
          title: 'Batches by size',
          description:
            'How many batches ran with how many looks. All at 1 on a busy GPU: it does too little at a time.',
          unit: 'short',
          runbook: 'InferenceQueueSlow',
        },
        perSecond('selfsame_inference_batch_size_bucket', { by: ['le'] }),
      ),
    ],
  },
};
