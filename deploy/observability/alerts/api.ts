import { perSecond, rise, share } from '../promql.ts';
import { type Alert, all, type Condition, when } from './alert.ts';

/** An upload waits for models and a verdict: VerdictSlow watches it. */
const ofTheApi = 'service!="capture"';

/** What the API promises over 30 days. A budget is what a promise leaves to lose. */
const promises = { errors: 0.001, slow: 0.01 };

const requests = 'selfsame_http_request_seconds_count';
const buckets = 'selfsame_http_request_seconds_bucket';
const fast = `${ofTheApi},le="0.5"`;

interface Objective {
  readonly budget: number;
  /** Which part of all requests is against it. */
  part(over: string): string;
  /** How many they are. */
  count(over: string): string;
}

const errors: Objective = {
  budget: promises.errors,
  part: (over) => share(requests, 'status=~"5.."', { over }),
  count: (over) => `(${rise(requests, { where: 'status=~"5.."', over })} or 0 * ${rise(requests, { over })})`,
};

/** Slower than half a second. */
const slow: Objective = {
  budget: promises.slow,
  part: (over) =>
    `1 - ${perSecond(buckets, { where: fast, over })} / ${perSecond(requests, { where: ofTheApi, over })}`,
  count: (over) => `${rise(requests, { where: ofTheApi, over })} - ${rise(buckets, { where: fast, over })}`,
};

/** Fewer say nothing: among twelve requests of an hour, one is a twelfth. Where all fail, they are soon as many. */
const fewest = 10;

/**
 * A budget that is used up `times` faster than it lasts, over a long window, so that it matters, and over a short one, so
 * that the alert ends soon after the trouble; and not by one request of a quiet night.
 */
function burns(
  { budget, part, count }: Objective,
  times: number,
  windows: readonly [string, string],
): Condition {
  const limit = Number((times * budget).toPrecision(4));
  const [long] = windows;
  return all(...windows.map((window) => when(part(window), '>', limit)), when(count(long), '>', fewest));
}

/** The public API as its callers see it. */
export const apiAlerts: readonly Alert[] = [
  {
    name: 'ApiErrorsFast',
    severity: 'page',
    when: burns(errors, 14.4, ['1h', '5m']),
    forMinutes: 2,
    summary: '{{ $value | humanizePercentage }} of all requests fail',
    description: 'At this rate the errors that 30 days may have (0.1 %) are used up within two days.',
  },
  {
    name: 'ApiErrorsSlow',
    severity: 'page',
    when: burns(errors, 6, ['6h', '30m']),
    forMinutes: 15,
    summary: '{{ $value | humanizePercentage }} of all requests fail, for hours',
    description: 'At this rate the errors that 30 days may have (0.1 %) are used up within five days.',
  },
  {
    name: 'ApiErrorsLasting',
    severity: 'ticket',
    when: burns(errors, 1, ['3d', '6h']),
    forMinutes: 60,
    summary: '{{ $value | humanizePercentage }} of all requests fail, for days',
    description: 'More requests fail than the promise of 99.9 % allows.',
  },
  {
    name: 'ApiSlowFast',
    severity: 'page',
    when: burns(slow, 14.4, ['1h', '5m']),
    forMinutes: 2,
    summary: '{{ $value | humanizePercentage }} of all API requests take longer than half a second',
    description: 'At this rate the slow requests that 30 days may have (1 %) are used up within two days.',
  },
  {
    name: 'ApiSlowSlow',
    severity: 'ticket',
    when: burns(slow, 6, ['6h', '30m']),
    forMinutes: 15,
    summary:
      '{{ $value | humanizePercentage }} of all API requests take longer than half a second, for hours',
    description: 'At this rate the slow requests that 30 days may have (1 %) are used up within five days.',
  },
  {
    name: 'ApiRefuses',
    severity: 'ticket',
    when: when(
      `${perSecond('selfsame_http_refused_total', { where: 'reason=~"rate_limit|overload"', over: '10m', by: ['service', 'reason'] })}` +
        ` / on (service) group_left ${perSecond('selfsame_http_request_seconds_count', { over: '10m', by: ['service'] })}`,
      '>',
      0.05,
    ),
    forMinutes: 10,
    summary:
      '{{ $labels.service }} refuses {{ $value | humanizePercentage }} of its requests ({{ $labels.reason }})',
    description: 'Callers get 429 or 503 with Retry-After: more is asked than is allowed or can be done.',
  },
];
