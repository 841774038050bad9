import { type DashboardSpec, serviceVariable } from '../dashboard.ts';
import { graph } from '../panels.ts';
import { gauge, perSecond, quantile } from '../promql.ts';

const where = 'service=~"$service"';
const perReplica = '{{service}} {{instance}}';

/** How full processes, pools and slots are: what to add before users notice. */
export const capacity: DashboardSpec = {
  name: 'capacity',
  title: 'Capacity',
  description:
    'How full processes, pools and slots are: what to add before users notice. docs/capacity.md says how much of what.',
  variables: [serviceVariable],
  rows: {
    Processes: [
      graph(
        {
          title: 'Cores used',
          description: 'By replica. All but biometrics use one core at most: near 1, add replicas.',
          unit: 'short',
          runbook: 'EventLoopBlocked',
        },
        {
          [perReplica]: `sum by (service, instance) (rate(process_cpu_seconds_total{${where}}[$__rate_interval]))`,
        },
      ),
      graph(
        {
          title: 'Memory',
          description:
            'Resident, by replica. It rises after a start and is flat then; a line that only rises is a leak.',
          unit: 'bytes',
          runbook: 'MemoryGrows',
        },
        { [perReplica]: gauge('process_resident_memory_bytes', { where, by: ['service', 'instance'] }) },
      ),
      graph(
        {
          title: 'Event loop delay, p99',
          description:
            'How long the process does not listen. Above a quarter of a second probes and deadlines suffer.',
          unit: 's',
          bad: 0.25,
          runbook: 'EventLoopBlocked',
        },
        {
          [perReplica]: gauge('nodejs_eventloop_lag_p99_seconds', {
            where,
            by: ['service', 'instance'],
            take: 'max',
          }),
        },
      ),
      graph(
        {
          title: 'Heap',
          description:
            'Of JavaScript, after what was collected. Memory that rises while this is flat lies outside: pictures, models, sockets.',
          unit: 'bytes',
          runbook: 'MemoryGrows',
        },
        { [perReplica]: gauge('nodejs_heap_size_used_bytes', { where, by: ['service', 'instance'] }) },
      ),
      graph(
        {
          title: 'Garbage collection',
          description:
            'Part of the time that goes into it. Above a tenth the heap is too small for the work.',
          unit: 'percentunit',
          bad: 0.1,
          runbook: 'EventLoopBlocked',
        },
        { [perReplica]: perSecond('nodejs_gc_duration_seconds_sum', { where, by: ['service', 'instance'] }) },
      ),
      graph(
        {
          title: 'Open files and sockets',
          description: 'By replica. A line that only rises: connections that nobody closes.',
          unit: 'short',
          runbook: 'MemoryGrows',
        },
        { [perReplica]: gauge('process_open_fds', { where, by: ['service', 'instance'] }) },
      ),
    ],
    Database: [
      graph(
        {
          title: 'Connections',
          description:
            'used and idle, all replicas together. Their sum must stay below what Postgres permits.',
          unit: 'short',
          runbook: 'DatabasePoolExhausted',
        },
        {
          '{{service}} {{state}}': gauge('selfsame_database_connections', {
            where,
            by: ['service', 'state'],
          }),
        },
      ),
      graph(
        {
          title: 'Transaction, p99',
          description: 'By service. Slow everywhere: the disk of Postgres; slow in one: a lock, or a query.',
          unit: 's',
          bad: 1,
          runbook: 'TransactionsSlow',
          hasExemplars: true,
        },
        {
          '{{service}}': quantile(0.99, 'selfsame_database_transaction_seconds', { where, by: ['service'] }),
        },
      ),
      graph(
        {
          title: 'Transactions',
          description:
            'In a second, by outcome. Some are rolled back on purpose; many more than usual are errors.',
          unit: 'ops',
          runbook: 'TransactionsSlow',
        },
        {
          '{{service}} {{outcome}}': perSecond('selfsame_database_transaction_seconds_count', {
            where,
            by: ['service', 'outcome'],
          }),
        },
      ),
    ],
    'Calls and requests': [
      graph(
        {
          title: 'Answer time by route, p99',
          description: 'Of the service picked above. One slow route is a query; all slow are the process.',
          unit: 's',
          runbook: 'ApiSlowFast',
          hasExemplars: true,
        },
        {
          '{{method}} {{route}}': `topk(10, ${quantile(0.99, 'selfsame_http_request_seconds', { where, by: ['method', 'route'] })})`,
        },
      ),
      graph(
        {
          title: 'Calls answered, p99',
          description:
            'gRPC, at who answers. Compare with the caller beside it: the difference is the way and the waiting.',
          unit: 's',
          runbook: 'CallsFail',
          hasExemplars: true,
        },
        { '{{method}}': quantile(0.99, 'selfsame_rpc_server_seconds', { where, by: ['method'] }) },
      ),
      graph(
        {
          title: 'Calls made, p99',
          description: 'gRPC, at who asks.',
          unit: 's',
          runbook: 'CallsFail',
          hasExemplars: true,
        },
        {
          '{{service}} → {{method}}': quantile(0.99, 'selfsame_rpc_client_seconds', {
            where,
            by: ['service', 'method'],
          }),
        },
      ),
    ],
    'Pages and uploads': [
      graph(
        {
          title: 'Slots for uploads',
          description:
            'Used and free, by replica of capture. None free: uploads are refused, and pages repeat.',
          unit: 'short',
          runbook: 'UploadSlotsFull',
        },
        { '{{instance}} {{state}}': gauge('selfsame_capture_upload_slots', { by: ['instance', 'state'] }) },
      ),
      graph(
        {
          title: 'Pages open',
          description:
            'Live channels, by replica of capture. One replica with all of them: the balancer sticks.',
          unit: 'short',
          runbook: 'UploadSlotsFull',
        },
        { '{{instance}}': gauge('selfsame_capture_live_channels', { by: ['instance'] }) },
      ),
      graph(
        {
          title: 'Uploads by answer',
          description:
            'verdict and retry are answers; busy and unavailable are repeated by the page; failed is our fault.',
          unit: 'ops',
          isStacked: true,
          runbook: 'SelfiesRefused',
        },
        { '{{outcome}}': perSecond('selfsame_capture_uploads_total', { by: ['outcome'] }) },
      ),
      graph(
        {
          title: 'Pages sent',
          description:
            'session is the page itself; unknown and expired are old links; busy and unavailable are turned away.',
          unit: 'ops',
          runbook: 'ApiRefuses',
        },
        { '{{outcome}}': perSecond('selfsame_capture_pages_total', { by: ['outcome'] }) },
      ),
      graph(
        {
          title: 'Verdicts',
          description:
            'In a second, all replicas together. Compare with the limit of your machines in docs/capacity.md.',
          unit: 'ops',
          runbook: 'InferenceThreadsBusy',
        },
        { verdicts: perSecond('selfsame_verdict_seconds_count') },
      ),
    ],
  },
};
