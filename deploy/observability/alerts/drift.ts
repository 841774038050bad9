import { perSecond, rise } from '../promql.ts';
import { type Alert, all, type Condition, when } from './alert.ts';

/** A day against the week before it. A new version of a workflow has no week yet, and is compared from its second day on. */
const now = '1d';
const before = '1w offset 1d';
/** Fewer say nothing: two samples of 500 from one distribution differ by 0.1 one time in a hundred. */
const fewest = 500;
const farthest = 0.15;

/**
 * How far two distributions of a score lie apart: the largest difference of their cumulative shares (Kolmogorov-Smirnov), which
 * are what the buckets of a histogram are.
 */
function distance(histogram: string, by: readonly string[]): string {
  const below = (over: string) =>
    `${perSecond(`${histogram}_bucket`, { by: [...by, 'le'], over })}` +
    (by.length === 0
      ? ` / scalar(${perSecond(`${histogram}_count`, { over })})`
      : ` / on (${by.join(', ')}) group_left ${perSecond(`${histogram}_count`, { by, over })}`);
  const grouping = by.length === 0 ? 'max' : `max by (${by.join(', ')}) `;
  return `${grouping}(abs(${below(now)} - ${below(before)}))`;
}

function drifts(histogram: string, by: readonly string[]): Condition {
  const enough = (over: string) => when(rise(`${histogram}_count`, { by, over }), '>', fewest);
  return all(when(distance(histogram, by), '>', farthest), enough(now), enough(before));
}

const assessments = (over: string, by: readonly string[] = []) =>
  perSecond('selfsame_assessments_total', { over, by });
const stepUpShare = (over: string) => `${assessments(over, ['step_up'])} / scalar(${assessments(over)})`;

const verdicts = (over: string, status = '') =>
  rise('selfsame_session_status_changes_total', {
    where: `environment="live",status=~"${status || 'Approved|Declined|In Review'}"`,
    over,
  });

/** What changes slowly while nothing breaks: cameras, attackers, data, models. */
export const driftAlerts: readonly Alert[] = [
  {
    name: 'LivenessScoresDrift',
    severity: 'ticket',
    when: drifts('selfsame_liveness_score', ['application', 'workflow']),
    forMinutes: 60,
    summary:
      'Liveness scores of {{ $labels.application }}, {{ $labels.workflow }}, are not those of the week before (distance {{ $value | humanize }})',
    description:
      'Thresholds were chosen for the scores of before: more real users fail, or more attacks pass.',
  },
  {
    name: 'FaceMatchScoresDrift',
    severity: 'ticket',
    when: drifts('selfsame_face_match_score', ['application', 'workflow']),
    forMinutes: 60,
    summary:
      'Match scores of {{ $labels.application }}, {{ $labels.workflow }}, are not those of the week before (distance {{ $value | humanize }})',
    description:
      'Thresholds were chosen for the scores of before: more users are not recognised, or strangers are.',
  },
  {
    name: 'AssessmentScoresDrift',
    severity: 'ticket',
    when: drifts('selfsame_assessment_score', []),
    forMinutes: 60,
    summary: 'Risk scores are not those of the week before (distance {{ $value | humanize }})',
    description: 'A source of signals is gone, clients have changed, or somebody attacks.',
  },
  {
    name: 'StepUpMixShifts',
    severity: 'ticket',
    when: all(when(`abs(${stepUpShare(now)} - ${stepUpShare(before)})`, '>', 0.15), {
      expression: `on () ${rise('selfsame_assessments_total', { over: now })} > ${fewest}`,
      reads: [rise('selfsame_assessments_total', { over: now })],
    }),
    forMinutes: 60,
    summary:
      'The share of users who get {{ $labels.step_up }} has moved by {{ $value | humanizePercentage }}',
    description: 'Users are asked for more than the week before, or for less.',
  },
  {
    name: 'ApprovalsDrop',
    severity: 'page',
    when: all(
      when(
        `(${verdicts('1h', 'Approved')} / ${verdicts('1h')})` +
          ` / (${verdicts('1w offset 1h', 'Approved')} / ${verdicts('1w offset 1h')})`,
        '<',
        0.7,
      ),
      when(verdicts('1h'), '>', 50),
    ),
    forMinutes: 10,
    summary: 'Approved are {{ $value | humanizePercentage }} of what is usual',
    description: 'Users who pass on other days do not pass today.',
  },
  {
    name: 'IpDataOld',
    severity: 'ticket',
    when: when('max by (database) (selfsame_ip_data_age_seconds)', '>', 45 * 86_400),
    forMinutes: 60,
    summary: 'The database of addresses {{ $labels.database }} is {{ $value | humanizeDuration }} old',
    description: 'Addresses change hands: signals about country, network and anonymity become wrong.',
  },
  {
    name: 'IpDataUnreadable',
    severity: 'ticket',
    when: when('max by (instance) (selfsame_ip_data_degraded)', '>', 0),
    forMinutes: 10,
    summary: '{{ $labels.instance }} cannot read a file of addresses, or their directory',
    description: 'Sessions whose workflows look at addresses go In Review where the answer is missing.',
  },
];
