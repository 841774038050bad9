import {
  DatasourceVariableBuilder,
  type Panel,
  TextBoxVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import {
  SearchTableType,
  DataqueryBuilder as TraceQueryBuilder,
} from '@grafana/grafana-foundation-sdk/tempo';
import type { DashboardSpec } from '../dashboard.ts';
import { graph, heat, type Queries, type Unplaced } from '../panels.ts';
import { perSecond, quantile } from '../promql.ts';

/** Half and nearly all of what a stage takes. */
function stage(histogram: string, where = ''): Queries {
  return { p50: quantile(0.5, histogram, { where }), p99: quantile(0.99, histogram, { where }) };
}

const traces = { type: 'tempo', uid: `\${traces}` };

function traceTable(title: string, description: string, query: string, width: number): Unplaced {
  const panel: Panel = new TableBuilder()
    .title(title)
    .description(`${description}\n\nRunbook: docs/runbooks/VerdictSlow.md`)
    .unit('ms')
    .datasource(traces)
    .withTarget(
      new TraceQueryBuilder()
        .datasource(traces)
        .refId('A')
        .queryType('traceql')
        .query(query)
        .limit(20)
        .tableType(SearchTableType.Traces),
    )
    .build();
  return { ...panel, width, height: 8 };
}

/** One selfie, stage by stage: a slow stage shows here, and a dot on it leads to a trace. */
export const flow: DashboardSpec = {
  name: 'flow',
  title: 'One flow',
  description:
    'One selfie, stage by stage, in the order in which it walks. Dots are exemplars: each leads to the trace of one selfie.',
  variables: [
    new DatasourceVariableBuilder('traces').label('Traces').type('tempo'),
    new TextBoxVariableBuilder('trace').label('Trace id').defaultValue(''),
  ],
  rows: {
    'From the frame to the webhook': [
      heat(
        {
          title: 'The verdict',
          description:
            'From the arrival of a frame to the committed verdict, all stages below together. Above a second users notice.',
          unit: 's',
          runbook: 'VerdictSlow',
          width: 12,
        },
        perSecond('selfsame_verdict_seconds_bucket', { by: ['le'] }),
      ),
      heat(
        {
          title: 'The webhook',
          description:
            'From the arrival of a frame to the first byte of the webhook. Two seconds are the promise, a tenth is the aim.',
          unit: 's',
          runbook: 'WebhookLate',
          width: 12,
        },
        perSecond('selfsame_frame_to_webhook_seconds_bucket', { by: ['le'] }),
      ),
    ],
    'Stage by stage': [
      graph(
        {
          title: '1 Open: the session is created',
          description:
            'POST /v3/session/ at session, the submitted portrait included. Slow: biometrics, or the database.',
          unit: 's',
          bad: 0.5,
          runbook: 'ApiSlowFast',
          hasExemplars: true,
        },
        stage('selfsame_http_request_seconds', 'service="session",method="POST",route="/v3/session/"'),
      ),
      graph(
        {
          title: '2 Enter: the assessment',
          description:
            'What fraud-signals knows of device, network and client. Slower than half a second: judged without.',
          unit: 's',
          bad: 0.4,
          runbook: 'AssessmentsSlow',
          hasExemplars: true,
        },
        stage('selfsame_assessment_seconds'),
      ),
      graph(
        {
          title: '3 Look: the upload at capture',
          description:
            'From the first byte of the frame to the answer of the page; the stages 4 to 6 lie within.',
          unit: 's',
          bad: 2,
          runbook: 'VerdictSlow',
          hasExemplars: true,
        },
        stage('selfsame_capture_upload_seconds'),
      ),
      graph(
        {
          title: '4 Look: waiting for a thread',
          description: 'In the queue of biometrics. It is the first to grow when there are too many faces.',
          unit: 's',
          bad: 0.5,
          runbook: 'InferenceQueueSlow',
          hasExemplars: true,
        },
        stage('selfsame_inference_queue_seconds'),
      ),
      graph(
        {
          title: '5 Look: the models',
          description:
            'Detect, judge, embed, on the device. Slower than usual: the node is shared or throttled.',
          unit: 's',
          runbook: 'InferenceQueueSlow',
          hasExemplars: true,
        },
        stage('selfsame_inference_seconds'),
      ),
      graph(
        {
          title: '6 Look: verify, as capture sees it',
          description:
            'The whole call to biometrics. Much longer than 4 and 5 together: the way, or the database.',
          unit: 's',
          runbook: 'CallsFail',
          hasExemplars: true,
        },
        stage('selfsame_rpc_client_seconds', 'service="capture",method=~".*Verify"'),
      ),
      graph(
        {
          title: '7 Decide: evidence reaches session',
          description:
            'From capture.completed to the end of its handling. Slow: events wait, or session does.',
          unit: 's',
          bad: 1,
          runbook: 'EventsLate',
          hasExemplars: true,
        },
        stage('selfsame_bus_event_age_seconds', 'service="session",event="capture.completed"'),
      ),
      graph(
        {
          title: '8 Tell: the status reaches the dispatcher',
          description:
            'From session.status_changed to its deliveries. Slow: the outbox, the stream, or the dispatcher.',
          unit: 's',
          bad: 1,
          runbook: 'OutboxStuck',
          hasExemplars: true,
        },
        stage(
          'selfsame_bus_event_age_seconds',
          'service="webhook-dispatcher",event="session.status_changed"',
        ),
      ),
      graph(
        {
          title: '9 Tell: the attempt',
          description: 'Up to the status line of the receiver. Slow: theirs, unless it is slow for all.',
          unit: 's',
          runbook: 'WebhookLate',
          hasExemplars: true,
        },
        stage('selfsame_webhook_attempt_seconds'),
      ),
    ],
    Traces: [
      traceTable(
        'Flows that failed or were slow',
        'Kept whatever the ratio of sampling is. Pick one to see its stages as spans; `pnpm selfsame trace` tells the same of a session.',
        '{ status = error || trace:duration > 1s }',
        12,
      ),
      traceTable(
        'The trace above',
        'The one whose id is in the field above: from an exemplar, a log line (trace_id) or a traceparent.',
        `{ trace:id = "\${trace}" }`,
        12,
      ),
    ],
  },
};
