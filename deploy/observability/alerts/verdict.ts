import { perSecond, quantile, share } from '../promql.ts';
import { type Alert, all, when } from './alert.ts';

/** What capture answers for our reasons, not for the user's. */
const turnedAway = 'outcome=~"busy|unavailable|failed"';

/** From the frame to the verdict to the webhook: the main job. */
export const verdictAlerts: readonly Alert[] = [
  {
    name: 'VerdictSlow',
    severity: 'page',
    when: when(quantile(0.99, 'selfsame_verdict_seconds', { over: '10m' }), '>', 1),
    forMinutes: 5,
    summary: 'A verdict takes {{ $value | humanizeDuration }} at p99',
    description:
      'Users wait in front of the camera. The aim is a tenth of a second, the promise two seconds.',
  },
  {
    name: 'VerdictsMissing',
    severity: 'page',
    when: all(
      when(
        perSecond('selfsame_bus_published_total', { where: 'event="capture.completed"', over: '10m' }),
        '>',
        0.02,
      ),
      when(perSecond('selfsame_verdict_seconds_count', { over: '10m' }), '==', 0),
    ),
    forMinutes: 5,
    summary: 'Selfies are looked at, and no session gets a verdict',
    description:
      'Every user waits until the page gives up. Nothing is lost: verdicts follow when events flow again.',
  },
  {
    name: 'WebhookLate',
    severity: 'page',
    when: when(quantile(0.99, 'selfsame_frame_to_webhook_seconds', { over: '10m' }), '>', 2),
    forMinutes: 5,
    summary: 'From the frame to the webhook it takes {{ $value | humanizeDuration }} at p99',
    description: 'Applications hear of a selfie later than the two seconds that they may count on.',
  },
  {
    name: 'SelfiesRefused',
    severity: 'page',
    when: when(share('selfsame_capture_uploads_total', turnedAway, { over: '5m' }), '>', 0.05),
    forMinutes: 5,
    summary: '{{ $value | humanizePercentage }} of all selfies are turned away',
    description: 'The page repeats by itself; users see that it takes longer, and some leave.',
  },
  {
    name: 'UploadSlotsFull',
    severity: 'ticket',
    when: when(
      'sum by (instance) (selfsame_capture_upload_slots{state="used"}) / sum by (instance) (selfsame_capture_upload_slots)',
      '>',
      0.9,
    ),
    forMinutes: 5,
    summary: '{{ $labels.instance }} has {{ $value | humanizePercentage }} of its slots for uploads taken',
    description: 'The next uploads are refused: too few replicas of capture, or what it waits for is slow.',
  },
  {
    name: 'AssessmentsSlow',
    severity: 'ticket',
    when: when(quantile(0.99, 'selfsame_assessment_seconds', { over: '10m' }), '>', 0.4),
    forMinutes: 10,
    summary: 'An assessment takes {{ $value | humanizeDuration }} at p99',
    description: 'Capture waits half a second at most, and judges without the signals then.',
  },
  {
    name: 'AssessmentsFail',
    severity: 'page',
    when: when(
      `${perSecond('selfsame_assessment_failures_total', { over: '10m', by: ['part'] })}` +
        ` / on () group_left ${perSecond('selfsame_assessments_total', { over: '10m' })}`,
      '>',
      0.01,
    ),
    forMinutes: 5,
    summary: '{{ $value | humanizePercentage }} of all assessments lack a part ({{ $labels.part }})',
    description: 'Nobody is approved by what is left: their sessions go In Review.',
  },
  {
    name: 'AssessmentRecordsNotKept',
    severity: 'page',
    when: when('min by (instance) (selfsame_assessment_records_kept)', '==', 0),
    forMinutes: 5,
    summary: '{{ $labels.instance }} cannot write down what it has answered',
    description:
      'Known devices are not trusted meanwhile: people who could go on without a selfie are asked for one.',
  },
];
