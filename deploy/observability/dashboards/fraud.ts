import type { DashboardSpec } from '../dashboard.ts';
import { graph, heat, number } from '../panels.ts';
import { gauge, perSecond, quantile, share } from '../promql.ts';

const average = (histogram: string) =>
  `sum by (application, workflow) (rate(${histogram}_sum[1h])) / sum by (application, workflow) (rate(${histogram}_count[1h]))`;

/** Who tries what, what users are asked for, and whether scores stay what they were. */
export const fraud: DashboardSpec = {
  name: 'fraud',
  title: 'Fraud',
  description: 'Who tries what, what users are asked for, and whether scores stay what they were.',
  rows: {
    Now: [
      number(
        {
          title: 'Assessments',
          description:
            'In a second. Far fewer than sessions opened: capture and session judge without signals.',
          unit: 'ops',
          runbook: 'AssessmentsSlow',
        },
        { assessments: perSecond('selfsame_assessments_total') },
      ),
      number(
        {
          title: 'Assessment, p99',
          description: 'Capture waits half a second at most; beyond it the signals come too late.',
          unit: 's',
          bad: 0.4,
          runbook: 'AssessmentsSlow',
        },
        { p99: quantile(0.99, 'selfsame_assessment_seconds') },
      ),
      number(
        {
          title: 'Approved',
          description:
            'Part of the verdicts that let somebody in. Lower than on other days: real users fail, or somebody attacks.',
          unit: 'percentunit',
          runbook: 'ApprovalsDrop',
        },
        {
          approved: share('selfsame_session_status_changes_total', 'status="Approved"', {
            where: 'status=~"Approved|Declined|In Review"',
          }),
        },
      ),
      number(
        {
          title: 'Attempts refused',
          description:
            'Selfies that sessions did not accept, in a second: too many tries, wrong challenges, sessions that have ended.',
          unit: 'ops',
          runbook: 'ApprovalsDrop',
        },
        { refused: perSecond('selfsame_session_attempts_refused_total') },
      ),
      number(
        {
          title: 'Oldest database of addresses',
          description: 'Above 45 days the signals about networks and countries are wrong too often.',
          unit: 's',
          bad: 45 * 86_400,
          runbook: 'IpDataOld',
        },
        { oldest: gauge('selfsame_ip_data_age_seconds', { take: 'max' }) },
      ),
      number(
        {
          title: 'Shares refused',
          description:
            'Shares and imports turned away, in a second. Many from nowhere: tokens that somebody guesses or repeats.',
          unit: 'ops',
          runbook: 'ApiRefuses',
        },
        { refused: perSecond('selfsame_shares_total', { where: 'outcome="refused"' }) },
      ),
    ],
    'What users are asked for': [
      graph(
        {
          title: 'Step-ups',
          description:
            'What users must do, by assessment. A mix that moves without a new workflow: signals are missing, or an attack.',
          unit: 'ops',
          isStacked: true,
          runbook: 'StepUpMixShifts',
        },
        { '{{step_up}}': perSecond('selfsame_assessments_total', { by: ['step_up'] }) },
      ),
      heat(
        {
          title: 'Risk scores',
          description:
            'Of assessments, 0 to 100. A new band: something that clients now all do, or one source of signals.',
          unit: 'none',
          runbook: 'AssessmentScoresDrift',
        },
        perSecond('selfsame_assessment_score_bucket', { by: ['le'] }),
      ),
      graph(
        {
          title: 'Signals by family',
          description: 'Signals that fired, in a second. A family that falls to nothing has lost its data.',
          unit: 'ops',
          runbook: 'AssessmentScoresDrift',
        },
        { '{{family}}': perSecond('selfsame_signals_fired_total', { by: ['family'] }) },
      ),
    ],
    'What assessments stand on': [
      graph(
        {
          title: 'Parts that failed',
          description:
            'Assessments without one of their parts, in a second. Nobody is approved by what is left.',
          unit: 'ops',
          runbook: 'AssessmentsFail',
        },
        { '{{part}}': perSecond('selfsame_assessment_failures_total', { by: ['part'] }) },
      ),
      graph(
        {
          title: 'To be written down',
          description:
            'Answered assessments that are not in the database yet. A line that only rises: its database is slow or away.',
          unit: 'short',
          runbook: 'AssessmentRecordsNotKept',
        },
        { '{{instance}}': gauge('selfsame_assessment_records_pending', { by: ['instance'] }) },
      ),
      graph(
        {
          title: 'Time of an assessment, p99',
          description: 'By moment of the session. Half a second is all that anybody waits.',
          unit: 's',
          bad: 0.4,
          runbook: 'AssessmentsSlow',
          hasExemplars: true,
        },
        { '{{phase}}': quantile(0.99, 'selfsame_assessment_seconds', { by: ['phase'] }) },
      ),
    ],
    'Scores of faces': [
      heat(
        {
          title: 'Liveness scores',
          description:
            'Of all workflows, 0 to 100. Real faces sit high. A growing band below: bad cameras, or attacks.',
          unit: 'none',
          runbook: 'LivenessScoresDrift',
        },
        perSecond('selfsame_liveness_score_bucket', { by: ['le'] }),
      ),
      graph(
        {
          title: 'Liveness, mean by workflow version',
          description:
            'Over an hour. A step without a new version: models, cameras or attackers have changed.',
          unit: 'none',
          runbook: 'LivenessScoresDrift',
        },
        { '{{application}} {{workflow}}': average('selfsame_liveness_score') },
      ),
      graph(
        {
          title: 'Liveness, lowest twentieth',
          description: 'A twentieth of all scores lie below. It moves before the mean does.',
          unit: 'none',
          runbook: 'LivenessScoresDrift',
          hasExemplars: true,
        },
        {
          '{{application}} {{workflow}}': quantile(0.05, 'selfsame_liveness_score', {
            by: ['application', 'workflow'],
            over: '1h',
          }),
        },
      ),
      heat(
        {
          title: 'Match scores',
          description:
            'Of all workflows, 0 to 100. Two bands are right: owners high, strangers low. What lies between decides on thresholds.',
          unit: 'none',
          runbook: 'FaceMatchScoresDrift',
        },
        perSecond('selfsame_face_match_score_bucket', { by: ['le'] }),
      ),
      graph(
        {
          title: 'Match, mean by workflow version',
          description: 'Over an hour. Falls while liveness stays: strangers try, or templates have aged.',
          unit: 'none',
          runbook: 'FaceMatchScoresDrift',
        },
        { '{{application}} {{workflow}}': average('selfsame_face_match_score') },
      ),
      graph(
        {
          title: 'Match, lowest twentieth',
          description: 'A twentieth of all scores lie below. It moves before the mean does.',
          unit: 'none',
          runbook: 'FaceMatchScoresDrift',
          hasExemplars: true,
        },
        {
          '{{application}} {{workflow}}': quantile(0.05, 'selfsame_face_match_score', {
            by: ['application', 'workflow'],
            over: '1h',
          }),
        },
      ),
    ],
    'Refusals, data, consents': [
      graph(
        {
          title: 'Attempts refused by reason',
          description:
            'Why a session did not accept a selfie. Wrong challenges in numbers: somebody replays recordings.',
          unit: 'ops',
          runbook: 'ApprovalsDrop',
        },
        { '{{reason}}': perSecond('selfsame_session_attempts_refused_total', { by: ['reason'] }) },
      ),
      graph(
        {
          title: 'Age of the data on addresses',
          description: 'By database. It should fall back every week or month.',
          unit: 's',
          bad: 45 * 86_400,
          runbook: 'IpDataOld',
        },
        { '{{database}}': gauge('selfsame_ip_data_age_seconds', { by: ['database'], take: 'max' }) },
      ),
      graph(
        {
          title: 'Shares and consents',
          description: 'What became of shares, and what people answered when asked for consent.',
          unit: 'ops',
          runbook: 'ApiRefuses',
        },
        {
          'share {{outcome}}': perSecond('selfsame_shares_total', { by: ['outcome'] }),
          'consent {{answer}}': perSecond('selfsame_consents_total', { by: ['answer'] }),
        },
      ),
    ],
  },
};
