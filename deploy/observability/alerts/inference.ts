import { perSecond, quantile } from '../promql.ts';
import { type Alert, when } from './alert.ts';

/** Whether there is enough of what looks at faces. */
export const inferenceAlerts: readonly Alert[] = [
  {
    name: 'InferenceQueueSlow',
    severity: 'page',
    when: when(quantile(0.95, 'selfsame_inference_queue_seconds', { over: '5m', by: ['kind'] }), '>', 0.5),
    forMinutes: 5,
    summary: 'A look ({{ $labels.kind }}) waits {{ $value | humanizeDuration }} for a thread at p95',
    description: 'Users wait in front of the camera; soon looks are refused.',
  },
  {
    name: 'InferenceRefuses',
    severity: 'page',
    when: when(
      `sum(rate(selfsame_inference_refused_total[5m]))` +
        ` / (sum(rate(selfsame_inference_refused_total[5m])) + ${perSecond('selfsame_inference_queue_seconds_count', { over: '5m' })})`,
      '>',
      0.01,
    ),
    forMinutes: 5,
    summary: 'Biometrics refuses {{ $value | humanizePercentage }} of all looks',
    description: 'More faces come than can be looked at. Pages repeat by themselves; some users leave.',
  },
  {
    name: 'InferenceThreadsBusy',
    severity: 'ticket',
    when: when(
      'sum(avg_over_time(selfsame_inference_threads{state="busy"}[30m])) / sum(avg_over_time(selfsame_inference_threads[30m]))',
      '>',
      0.85,
    ),
    forMinutes: 15,
    summary: 'Threads for looks have been {{ $value | humanizePercentage }} busy for half an hour',
    description: 'There is no room for a peak: add replicas of biometrics before users notice.',
  },
  {
    name: 'InferenceFails',
    severity: 'page',
    when: when(
      `${perSecond('selfsame_inference_failed_total', { over: '10m', by: ['reason'] })}` +
        ` / on () group_left ${perSecond('selfsame_inference_queue_seconds_count', { over: '10m' })}`,
      '>',
      0.01,
    ),
    forMinutes: 5,
    summary: '{{ $value | humanizePercentage }} of all looks fail ({{ $labels.reason }})',
    description: 'Users look again and again. Nobody is approved for it.',
  },
  {
    name: 'SearchIndexIncomplete',
    severity: 'ticket',
    when: when('max by (instance, state) (selfsame_search_index{state=~"late|full"})', '>', 0),
    forMinutes: 15,
    summary: 'The index of faces at {{ $labels.instance }} is {{ $labels.state }}',
    description: 'Searches of 1 to many are refused, or miss who was enrolled last.',
  },
];
