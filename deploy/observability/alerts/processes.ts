import { share } from '../promql.ts';
import { type Alert, all, type Condition, when } from './alert.ts';

const services = ['session', 'capture', 'biometrics', 'fraud-signals', 'share', 'webhook-dispatcher'];
/** As prometheus.yml names them; with the Prometheus Operator the namespace comes first. */
const ours = 'job=~"(.+/)?selfsame"';

/** No replica of a service is known any more. */
function absent(names: readonly string[]): Condition {
  const series = names.map((name) => `selfsame_build_info{service="${name}"}`);
  return { expression: series.map((one) => `absent(${one})`).join('\nor '), reads: series };
}

/** Processes, what they stand on, and whether we can see them at all. */
export const processAlerts: readonly Alert[] = [
  {
    name: 'ServiceAbsent',
    severity: 'page',
    when: absent(services),
    forMinutes: 3,
    summary: 'No replica of {{ $labels.service }} can be seen',
    description: 'It is down, or Prometheus does not find it. What users notice depends on the service.',
  },
  {
    name: 'ReplicaDown',
    severity: 'ticket',
    when: when(`up{${ours}}`, '==', 0),
    forMinutes: 5,
    summary: '{{ $labels.service }} at {{ $labels.instance }} does not answer',
    description: 'The others do its work while there are any.',
  },
  {
    name: 'MetricsMissing',
    severity: 'ticket',
    when: {
      expression: `up{${ours}} == 1 unless on (job, instance) selfsame_build_info`,
      reads: [`up{${ours}}`, 'selfsame_build_info'],
    },
    forMinutes: 10,
    summary: '{{ $labels.instance }} answers scrapes without a metric of ours',
    description: 'Something else listens there, or its metrics are broken: every other alert is blind to it.',
  },
  {
    name: 'ServiceRestarts',
    severity: 'ticket',
    when: when(`changes(process_start_time_seconds{${ours}}[30m])`, '>', 3),
    forMinutes: 0,
    summary:
      '{{ $labels.service }} at {{ $labels.instance }} has started {{ $value }} times within half an hour',
    description: 'It ends, is started again, and ends.',
  },
  {
    name: 'VersionsMixed',
    severity: 'ticket',
    when: when('count by (service) (count by (service, version) (selfsame_build_info))', '>', 1),
    forMinutes: 60,
    summary: '{{ $labels.service }} has run in {{ $value }} versions for an hour',
    description: 'A rollout hangs halfway.',
  },
  {
    name: 'EventLoopBlocked',
    severity: 'ticket',
    when: when(`max by (service, instance) (nodejs_eventloop_lag_p99_seconds{${ours}})`, '>', 0.25),
    forMinutes: 10,
    summary:
      'The event loop of {{ $labels.service }} stands still for {{ $value | humanizeDuration }} at p99',
    description: 'Everything that this process does waits so long, its probes too.',
  },
  {
    name: 'MemoryGrows',
    severity: 'ticket',
    when: all(
      when(
        `min_over_time(process_resident_memory_bytes{${ours}}[1h])` +
          ` / min_over_time(process_resident_memory_bytes{${ours}}[1h] offset 6h)`,
        '>',
        1.5,
      ),
      when(`process_resident_memory_bytes{${ours}}`, '>', 300e6),
    ),
    forMinutes: 60,
    summary:
      '{{ $labels.service }} at {{ $labels.instance }} has grown to {{ $value | humanize }} times its memory of six hours ago',
    description: 'It does not give back what it takes, and will be killed at its limit.',
  },
  {
    name: 'CallsFail',
    severity: 'page',
    when: when(
      share('selfsame_rpc_client_seconds_count', 'code=~"unavailable|deadline|internal"', {
        over: '5m',
        by: ['service', 'method'],
      }),
      '>',
      0.05,
    ),
    forMinutes: 5,
    summary:
      '{{ $value | humanizePercentage }} of the calls {{ $labels.method }} of {{ $labels.service }} fail',
    description: 'A neighbour is away or too slow. Sessions wait or go In Review; none is approved for it.',
  },
];
