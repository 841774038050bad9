import type { DashboardSpec } from '../dashboard.ts';
import { graph, number } from '../panels.ts';
import { gauge, perSecond, quantile, share } from '../promql.ts';

const requests = 'selfsame_http_request_seconds';

/** Whether users are served, and where to look when they are not. */
export const overview: DashboardSpec = {
  name: 'overview',
  title: 'Overview',
  description: 'Whether users are served, and where to look when they are not.',
  rows: {
    Now: [
      number(
        {
          title: 'Requests',
          description:
            'Of applications and pages, at all services. A sudden nothing means that nobody gets through.',
          unit: 'reqps',
          runbook: 'ServiceAbsent',
        },
        { requests: perSecond(`${requests}_count`) },
      ),
      number(
        {
          title: 'Errors',
          description:
            'Part of all requests that failed by our fault (5xx). More than 0.1 % for long breaks the promise.',
          unit: 'percentunit',
          bad: 0.001,
          runbook: 'ApiErrorsFast',
        },
        { errors: share(`${requests}_count`, 'status=~"5.."') },
      ),
      number(
        {
          title: 'Verdict, p99',
          description: 'From the arrival of a frame to the committed verdict. Above a second users notice.',
          unit: 's',
          bad: 1,
          runbook: 'VerdictSlow',
        },
        { p99: quantile(0.99, 'selfsame_verdict_seconds') },
      ),
      number(
        {
          title: 'Frame to webhook, p99',
          description:
            'From the arrival of a frame to the first byte of its webhook. Above two seconds the promise is broken.',
          unit: 's',
          bad: 2,
          runbook: 'WebhookLate',
        },
        { p99: quantile(0.99, 'selfsame_frame_to_webhook_seconds') },
      ),
      number(
        {
          title: 'Webhooks due',
          description:
            'Deliveries that are due and not begun. A number that stays means that somebody waits.',
          unit: 'short',
          bad: 1_000,
          runbook: 'WebhookBacklog',
        },
        { due: gauge('selfsame_webhook_backlog', { where: 'state="ready"', take: 'max' }) },
      ),
      number(
        {
          title: 'Dead letters',
          description:
            'Events that were given up. Each is something that has not happened; none is the only good value.',
          unit: 'short',
          bad: 1,
          runbook: 'DeadLetters',
        },
        { 'dead letters': 'sum(max by (service, event) (selfsame_bus_dead_letters))' },
      ),
    ],
    'What users and applications ask': [
      graph(
        {
          title: 'Requests by service',
          description: 'Requests answered in a second. A service that falls to nothing alone is not reached.',
          unit: 'reqps',
          runbook: 'ServiceAbsent',
        },
        { '{{service}}': perSecond(`${requests}_count`, { by: ['service'] }) },
      ),
      graph(
        {
          title: 'Errors by service',
          description:
            'Part of the requests that failed by our fault (5xx). The service with most is not always the cause: see its calls.',
          unit: 'percentunit',
          bad: 0.001,
          runbook: 'ApiErrorsFast',
        },
        { '{{service}}': share(`${requests}_count`, 'status=~"5.."', { by: ['service'] }) },
      ),
      graph(
        {
          title: 'Answer time by service, p99',
          description:
            'Time to the answer. Half a second is the limit of the promise; capture may take longer, since it waits for verdicts.',
          unit: 's',
          bad: 0.5,
          runbook: 'ApiSlowFast',
          hasExemplars: true,
        },
        { '{{service}}': quantile(0.99, requests, { by: ['service'] }) },
      ),
      graph(
        {
          title: 'Refused',
          description:
            'Requests that were turned away at once with 429 or 503, by reason. rate_limit: one caller asks too much; overload: all together do.',
          unit: 'reqps',
          runbook: 'ApiRefuses',
        },
        { '{{service}} {{reason}}': perSecond('selfsame_http_refused_total', { by: ['service', 'reason'] }) },
      ),
      graph(
        {
          title: 'In flight',
          description:
            'Requests that are being answered. A line that only rises: something that all of them wait for.',
          unit: 'short',
          runbook: 'ApiSlowFast',
        },
        { '{{service}}': gauge('selfsame_http_requests_in_flight', { by: ['service'] }) },
      ),
      graph(
        {
          title: 'Calls between services that fail',
          description:
            'Part of the calls that ended with unavailable, deadline or internal. It names who asked for what.',
          unit: 'percentunit',
          bad: 0.05,
          runbook: 'CallsFail',
        },
        {
          '{{service}} → {{method}}': share(
            'selfsame_rpc_client_seconds_count',
            'code=~"unavailable|deadline|internal"',
            { by: ['service', 'method'] },
          ),
        },
      ),
    ],
    Sessions: [
      graph(
        {
          title: 'Sessions created',
          description: 'By application. What they begin; nothing during the day means that they cannot.',
          unit: 'ops',
          runbook: 'ApiErrorsFast',
        },
        { '{{application}}': perSecond('selfsame_sessions_created_total', { by: ['application'] }) },
      ),
      graph(
        {
          title: 'Statuses entered',
          description:
            'What became of sessions. Fewer Approved or more In Review than usual is worth a look at scores and neighbours.',
          unit: 'ops',
          isStacked: true,
          runbook: 'ApprovalsDrop',
        },
        { '{{status}}': perSecond('selfsame_session_status_changes_total', { by: ['status'] }) },
      ),
      graph(
        {
          title: 'Sessions not finished',
          description:
            'By status, now. In Review that only grows waits for people; In Progress that only grows waits for verdicts.',
          unit: 'short',
          runbook: 'VerdictsMissing',
        },
        { '{{status}}': gauge('selfsame_sessions_open', { by: ['status'], take: 'max' }) },
      ),
    ],
    'What is running': [
      graph(
        {
          title: 'Replicas',
          description: 'Processes that answer scrapes. A service that is missing here is down or not found.',
          unit: 'short',
          runbook: 'ServiceAbsent',
        },
        { '{{service}} {{version}}': 'count by (service, version) (selfsame_build_info)' },
      ),
      graph(
        {
          title: 'Started anew',
          description:
            'Starts of a replica within ten minutes. More than one outside a rollout: it ends again and again.',
          unit: 'short',
          runbook: 'ServiceRestarts',
        },
        { '{{service}}': 'sum by (service) (changes(process_start_time_seconds{service!=""}[10m]))' },
      ),
      graph(
        {
          title: 'Traces',
          description:
            'What became of traces: sampled by ratio, kept for an error or for being slow, or dropped as ordinary.',
          unit: 'ops',
          runbook: 'MetricsMissing',
        },
        { '{{outcome}}': perSecond('selfsame_traces_total', { by: ['outcome'] }) },
      ),
    ],
  },
};
