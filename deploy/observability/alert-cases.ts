import { serviceNames } from '../local/topology.ts';

/** Series with their values, in promtool's notation: `0+5x60` begins at 0 and rises by 5 sixty times. */
export type Series = Readonly<Record<string, string>>;

/** A bad day that an alert must tell, and an ordinary one that it must not. */
export interface Case {
  readonly fires: Series;
  readonly quiet: Series;
  /** A day with so little in it that it says nothing, whatever its shares are. */
  readonly few?: Series;
  /** How often there is a sample, and how many come before the question: a minute and 90 unless told. */
  readonly everyMinutes?: number;
  readonly steps?: number;
}

const minutes = 90;
/** Seven and a half of them. */
const hours = { everyMinutes: 5 };

/** A counter that rises by `step`. */
const up = (step: number, steps = minutes) => `0+${step}x${steps}`;
/** A gauge that stays. */
const at = (value: number, steps = minutes) => `${value}x${steps}`;

const http = (status: number) =>
  `selfsame_http_request_seconds_count{service="session",method="GET",route="/v3/sessions/",status="${status}"}`;
/** So many requests of a thousand fail. */
const failing = (perThousand: number): Series => ({
  [http(200)]: up(1000 - perThousand),
  [http(500)]: up(perThousand),
});

const slowRequests = (perThousand: number): Series => ({
  'selfsame_http_request_seconds_bucket{service="session",route="/v3/sessions/",status="200",le="0.5"}': up(
    1000 - perThousand,
  ),
  'selfsame_http_request_seconds_count{service="session",route="/v3/sessions/",status="200"}': up(1000),
});

/** A request each five samples, of which the last fails, or the last four are slow. */
const seldom = up(0.2);
const lastOne = `${at(0, 85)} ${at(1, 4)}`;
const oneFailed: Series = { [http(200)]: seldom, [http(500)]: lastOne };
const oneSlow: Series = {
  'selfsame_http_request_seconds_bucket{service="session",le="0.5"}': `0+0.2x70 ${at(14, 19)}`,
  'selfsame_http_request_seconds_count{service="session"}': seldom,
};

/** A histogram of which everything lies between two bounds. */
function between(name: string, lower: number, upper: number, labels = 'service="s"', perStep = 60): Series {
  return {
    [`${name}_bucket{${labels},le="${lower}"}`]: up(0),
    [`${name}_bucket{${labels},le="${upper}"}`]: up(perStep),
    [`${name}_bucket{${labels},le="+Inf"}`]: up(perStep),
    [`${name}_count{${labels}}`]: up(perStep),
  };
}

const parts = (name: string, bad: string, good: string, badPerThousand: number): Series => ({
  [`${name}{${bad}}`]: up(badPerThousand),
  [`${name}{${good}}`]: up(1000 - badPerThousand),
});

const backlog = (name: string, bad: number, labels = ''): Pick<Case, 'fires' | 'quiet'> => ({
  fires: { [`${name}${labels}`]: at(bad) },
  quiet: { [`${name}${labels}`]: at(0) },
});

const replica = 'job="selfsame",service="session",instance="10.0.0.1:8080"';
const buildInfo = (service: string, version = '0.1.0') =>
  `selfsame_build_info{job="selfsame",service="${service}",instance="${service}:8080",version="${version}"}`;
const running = (services: readonly string[]): Series =>
  Object.fromEntries(services.map((service) => [buildInfo(service), at(1)]));

/** Nine days, a sample each half hour; the last one may differ. */
const days = { everyMinutes: 30, steps: 9 * 48 };
const before = 8 * 48 - 4;
const today = days.steps - before;
const turning = (first: number, then: number) =>
  `0+${first}x${before} ${first * (before + 1)}+${then}x${today}`;

/** Of 100 scores in each half hour so many lie at or below 50. */
function scores(name: string, labels: string, lowBefore: number, lowToday: number): Series {
  return {
    [`${name}_bucket{${labels}le="50"}`]: turning(lowBefore, lowToday),
    [`${name}_bucket{${labels}le="100"}`]: up(100, days.steps),
    [`${name}_bucket{${labels}le="+Inf"}`]: up(100, days.steps),
    [`${name}_count${labels === '' ? '' : `{${labels}}`}`]: up(100, days.steps),
  };
}
const drift = (name: string, labels: string): Case => ({
  ...days,
  fires: scores(name, labels, 5, 40),
  quiet: scores(name, labels, 5, 8),
});

const stepUps = (passiveToday: number): Series => ({
  'selfsame_assessments_total{step_up="skip"}': turning(70, 100 - passiveToday),
  'selfsame_assessments_total{step_up="passive"}': turning(30, passiveToday),
});
const verdicts = (approvedToday: number): Series => ({
  'selfsame_session_status_changes_total{environment="live",status="Approved"}': turning(90, approvedToday),
  'selfsame_session_status_changes_total{environment="live",status="Declined"}': turning(
    10,
    100 - approvedToday,
  ),
});

/** What makes each alert fire, and what does not. */
export const alertCases: Readonly<Record<string, Case>> = {
  ApiErrorsFast: { fires: failing(20), quiet: failing(1), few: oneFailed },
  ApiErrorsSlow: { ...hours, fires: failing(8), quiet: failing(1), few: oneFailed },
  ApiErrorsLasting: { everyMinutes: 60, fires: failing(2), quiet: failing(0), few: oneFailed },
  ApiSlowFast: { fires: slowRequests(200), quiet: slowRequests(10), few: oneSlow },
  ApiSlowSlow: { ...hours, fires: slowRequests(80), quiet: slowRequests(10), few: oneSlow },
  ApiRefuses: {
    fires: {
      [http(200)]: up(900),
      'selfsame_http_refused_total{service="session",reason="rate_limit"}': up(100),
    },
    quiet: {
      [http(200)]: up(999),
      'selfsame_http_refused_total{service="session",reason="rate_limit"}': up(1),
    },
  },
  VerdictSlow: {
    fires: between('selfsame_verdict_seconds', 1, 2.5),
    quiet: between('selfsame_verdict_seconds', 0.05, 0.1),
  },
  VerdictsMissing: {
    fires: {
      'selfsame_bus_published_total{service="capture",event="capture.completed"}': up(60),
      'selfsame_verdict_seconds_count{service="session"}': at(7),
    },
    quiet: {
      'selfsame_bus_published_total{service="capture",event="capture.completed"}': up(60),
      'selfsame_verdict_seconds_count{service="session"}': up(60),
    },
  },
  WebhookLate: {
    fires: between('selfsame_frame_to_webhook_seconds', 2.5, 5),
    quiet: between('selfsame_frame_to_webhook_seconds', 0.05, 0.1),
  },
  SelfiesRefused: {
    fires: parts('selfsame_capture_uploads_total', 'outcome="busy"', 'outcome="verdict"', 100),
    quiet: parts('selfsame_capture_uploads_total', 'outcome="refused"', 'outcome="verdict"', 100),
  },
  UploadSlotsFull: {
    fires: {
      'selfsame_capture_upload_slots{instance="a",state="used"}': at(31),
      'selfsame_capture_upload_slots{instance="a",state="free"}': at(1),
    },
    quiet: {
      'selfsame_capture_upload_slots{instance="a",state="used"}': at(8),
      'selfsame_capture_upload_slots{instance="a",state="free"}': at(24),
    },
  },
  AssessmentsSlow: {
    fires: between('selfsame_assessment_seconds', 0.5, 1),
    quiet: between('selfsame_assessment_seconds', 0.005, 0.01),
  },
  AssessmentsFail: {
    fires: {
      'selfsame_assessment_failures_total{part="history"}': up(5),
      'selfsame_assessments_total{phase="OPENING",step_up="none"}': up(100),
    },
    quiet: {
      'selfsame_assessment_failures_total{part="history"}': at(5),
      'selfsame_assessments_total{phase="OPENING",step_up="none"}': up(100),
    },
  },
  AssessmentRecordsNotKept: {
    fires: { 'selfsame_assessment_records_kept{instance="a"}': at(0) },
    quiet: { 'selfsame_assessment_records_kept{instance="a"}': at(1) },
  },
  WebhookBacklog: backlog('selfsame_webhook_backlog', 5_000, '{state="ready"}'),
  WebhookBacklogOld: backlog('selfsame_webhook_backlog_oldest_seconds', 600, '{state="ready"}'),
  WebhookAttemptsFail: {
    fires: parts(
      'selfsame_webhook_attempts_total',
      'class="healthy",outcome="unreachable"',
      'class="healthy",outcome="delivered"',
      400,
    ),
    quiet: {
      ...parts(
        'selfsame_webhook_attempts_total',
        'class="healthy",outcome="unreachable"',
        'class="healthy",outcome="delivered"',
        10,
      ),
      'selfsame_webhook_attempts_total{class="failing",outcome="unreachable"}': up(1000),
    },
  },
  WebhooksGivenUp: {
    fires: { 'selfsame_webhook_deliveries_total{outcome="exhausted"}': `${at(0, 60)} ${at(3, 30)}` },
    quiet: { 'selfsame_webhook_deliveries_total{outcome="exhausted"}': at(3) },
  },
  DestinationsFailing: {
    fires: {
      'selfsame_webhook_destinations{state="failing"}': at(5),
      'selfsame_webhook_destinations{state="healthy"}': at(5),
    },
    quiet: {
      'selfsame_webhook_destinations{state="failing"}': at(1),
      'selfsame_webhook_destinations{state="healthy"}': at(99),
    },
  },
  DeadLetters: backlog('selfsame_bus_dead_letters', 1, '{service="session",event="capture.completed"}'),
  OutboxStuck: backlog('selfsame_bus_outbox_oldest_seconds', 90, '{service="session"}'),
  PublishFails: {
    fires: { 'selfsame_bus_publish_failures_total{service="capture",event="capture.completed"}': up(30) },
    quiet: { 'selfsame_bus_publish_failures_total{service="capture",event="capture.completed"}': at(30) },
  },
  ConsumerLag: backlog(
    'selfsame_bus_consumer_pending',
    5_000,
    '{service="session",event="capture.completed"}',
  ),
  EventsLate: {
    fires: between('selfsame_bus_event_age_seconds', 10, 30, 'service="session",event="capture.completed"'),
    quiet: between(
      'selfsame_bus_event_age_seconds',
      0.01,
      0.025,
      'service="session",event="capture.completed"',
    ),
  },
  EventsRetried: {
    fires: parts(
      'selfsame_bus_handling_seconds_count',
      'service="session",event="e",outcome="retried"',
      'service="session",event="e",outcome="handled"',
      300,
    ),
    quiet: parts(
      'selfsame_bus_handling_seconds_count',
      'service="session",event="e",outcome="retried"',
      'service="session",event="e",outcome="handled"',
      2,
    ),
  },
  DatabasePoolExhausted: backlog('selfsame_database_connections', 4, `{${replica},state="waiting"}`),
  TransactionsSlow: {
    fires: between('selfsame_database_transaction_seconds', 2.5, 5),
    quiet: between('selfsame_database_transaction_seconds', 0.005, 0.01),
  },
  InferenceQueueSlow: {
    fires: between('selfsame_inference_queue_seconds', 1, 2.5, 'kind="look"'),
    quiet: between('selfsame_inference_queue_seconds', 0.001, 0.0025, 'kind="look"'),
  },
  InferenceRefuses: {
    fires: {
      'selfsame_inference_refused_total{kind="look",reason="queue_full"}': up(10),
      'selfsame_inference_queue_seconds_count{kind="look"}': up(100),
    },
    quiet: {
      'selfsame_inference_refused_total{kind="look",reason="queue_full"}': at(10),
      'selfsame_inference_queue_seconds_count{kind="look"}': up(100),
    },
  },
  InferenceThreadsBusy: {
    fires: {
      'selfsame_inference_threads{state="busy"}': at(2),
      'selfsame_inference_threads{state="idle"}': at(0),
    },
    quiet: {
      'selfsame_inference_threads{state="busy"}': at(1),
      'selfsame_inference_threads{state="idle"}': at(1),
    },
  },
  InferenceFails: {
    fires: {
      'selfsame_inference_failed_total{kind="look",reason="worker_lost"}': up(5),
      'selfsame_inference_queue_seconds_count{kind="look"}': up(100),
    },
    quiet: {
      'selfsame_inference_failed_total{kind="look",reason="worker_lost"}': at(5),
      'selfsame_inference_queue_seconds_count{kind="look"}': up(100),
    },
  },
  SearchIndexIncomplete: {
    fires: { 'selfsame_search_index{instance="a",state="full"}': at(1) },
    quiet: {
      'selfsame_search_index{instance="a",state="full"}': at(0),
      'selfsame_search_index{instance="a",state="current"}': at(1),
    },
  },
  ServiceAbsent: {
    fires: running(serviceNames.filter((service) => service !== 'share')),
    quiet: running(serviceNames),
  },
  ReplicaDown: backlogOfUp(),
  MetricsMissing: {
    fires: { 'up{job="selfsame",instance="session:8080"}': at(1) },
    quiet: { 'up{job="selfsame",instance="session:8080"}': at(1), [buildInfo('session')]: at(1) },
  },
  ServiceRestarts: {
    fires: { [`process_start_time_seconds{${replica}}`]: up(5) },
    quiet: { [`process_start_time_seconds{${replica}}`]: `${at(1, 70)} ${at(2, 20)}` },
  },
  VersionsMixed: {
    fires: { [buildInfo('share')]: at(1), [buildInfo('share', '0.2.0')]: at(1) },
    quiet: { [buildInfo('share')]: at(1) },
  },
  EventLoopBlocked: {
    fires: { [`nodejs_eventloop_lag_p99_seconds{${replica}}`]: at(0.5) },
    quiet: { [`nodejs_eventloop_lag_p99_seconds{${replica}}`]: at(0.02) },
  },
  MemoryGrows: {
    ...hours,
    fires: { [`process_resident_memory_bytes{${replica}}`]: '200000000+5000000x90' },
    quiet: { [`process_resident_memory_bytes{${replica}}`]: '250000000+500000x90' },
  },
  CallsFail: {
    fires: parts(
      'selfsame_rpc_client_seconds_count',
      'service="capture",method="Biometrics/Verify",code="unavailable"',
      'service="capture",method="Biometrics/Verify",code="ok"',
      200,
    ),
    quiet: parts(
      'selfsame_rpc_client_seconds_count',
      'service="capture",method="Biometrics/Verify",code="not_found"',
      'service="capture",method="Biometrics/Verify",code="ok"',
      200,
    ),
  },
  LivenessScoresDrift: drift('selfsame_liveness_score', 'application="shop",workflow="wf_reauth@3",'),
  FaceMatchScoresDrift: drift('selfsame_face_match_score', 'application="shop",workflow="wf_reauth@3",'),
  AssessmentScoresDrift: drift('selfsame_assessment_score', ''),
  StepUpMixShifts: { ...days, fires: stepUps(80), quiet: stepUps(35) },
  ApprovalsDrop: { ...days, fires: verdicts(40), quiet: verdicts(85) },
  IpDataUnreadable: backlog('selfsame_ip_data_degraded', 1, '{instance="a"}'),
  IpDataOld: {
    ...days,
    fires: { 'selfsame_ip_data_age_seconds{database="country"}': at(60 * 86_400, days.steps) },
    quiet: { 'selfsame_ip_data_age_seconds{database="country"}': at(7 * 86_400, days.steps) },
  },
};

function backlogOfUp(): Case {
  return { fires: { [`up{${replica}}`]: at(0) }, quiet: { [`up{${replica}}`]: at(1) } };
}
