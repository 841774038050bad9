/** How one attempt ended. */
export type Outcome =
  /** The receiver answered with this HTTP status, and perhaps said how long to leave it alone. */
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number | null }
  /** No status line within the time limit. */
  | { readonly kind: 'timeout' }
  /** Name not found, connection refused, TLS refused, connection cut. */
  | { readonly kind: 'connection_error' }
  /** The address is one that webhooks never go to. */
  | { readonly kind: 'refused' }
  /** The URL is none. */
  | { readonly kind: 'malformed' }
  /** We could not even make the request; that is no fault of the receiver. */
  | { readonly kind: 'not_sent' };

/** What follows from an attempt for its delivery. */
export type Decision =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'failed' };

/** Times between attempts that have a name. */
export const retryPresets = ['standard', 'contract'] as const;

/**
 * When a delivery is tried again: a preset, or the seconds to wait before each retry. The first attempt never waits.
 * `contract` is the /v3 contract's: two retries, and only for what is likely to pass.
 */
export type RetrySchedule = (typeof retryPresets)[number] | readonly number[];

/** Bounds of an owner's own schedule. */
export const retryLimits = { retries: 20, waitSeconds: 7 * 86_400 } as const;

const hour = 3_600;
/** A little more than three days in all. */
const standardSeconds = [5, 60, 240, 1_800, 2 * hour, 5 * hour, 10 * hour, 10 * hour, 24 * hour, 24 * hour];
const contractSeconds = [60, 240];

/** Waits differ by up to this share, so that what failed together is not tried again together. */
const jitterShare = 0.2;
/** What a receiver may ask for with Retry-After. */
const retryAfter = { minMs: 1_000, maxMs: 24 * hour * 1_000 } as const;

/**
 * Decides what follows from the outcome of an attempt. 2xx is delivered. A refused address and a malformed URL would be
 * the same tomorrow and are final; so is, for the `contract` preset, every answer but 404 and 5xx. Everything else is
 * tried again while the schedule has times left. Retry-After makes a wait longer, never shorter.
 *
 * @param attempt 1 for the first attempt of the delivery
 * @param random in [0, 1)
 */
export function decide(outcome: Outcome, attempt: number, schedule: RetrySchedule, random: number): Decision {
  if (isSuccess(outcome)) return { kind: 'delivered' };
  const waitSeconds = waitsOf(schedule)[attempt - 1];
  if (waitSeconds === undefined || !mayPass(outcome, schedule)) return { kind: 'failed' };
  const jitteredMs = waitSeconds * 1_000 * (1 + jitterShare * (2 * random - 1));
  const askedMs = outcome.kind === 'answered' ? clampRetryAfter(outcome.retryAfterMs) : 0;
  return { kind: 'retry', afterMs: Math.round(Math.max(jitteredMs, askedMs)) };
}

/** 2xx, whatever the body says. */
export function isSuccess(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300;
}

/** @returns 0 when nothing was asked */
export function clampRetryAfter(askedMs: number | null): number {
  if (askedMs === null) return 0;
  return Math.min(Math.max(askedMs, retryAfter.minMs), retryAfter.maxMs);
}

/** Stable code of a failed outcome, for events and logs: `http_503`, `timeout`, ... */
export function failureCode(outcome: Outcome): string {
  return outcome.kind === 'answered' ? `http_${outcome.status}` : outcome.kind;
}

/** What an attempt came to, in the few words that metrics have. */
export type AttemptResult =
  | 'delivered'
  | 'refused_3xx'
  | 'refused_4xx'
  | 'refused_5xx'
  | 'timeout'
  | 'unreachable'
  | 'forbidden'
  | 'not_sent';

/** `forbidden`: an address or a URL that nothing is ever sent to. `not_sent`: our own fault. */
export function attemptResult(outcome: Outcome): AttemptResult {
  switch (outcome.kind) {
    case 'answered':
      if (isSuccess(outcome)) return 'delivered';
      if (outcome.status < 400) return 'refused_3xx';
      return outcome.status < 500 ? 'refused_4xx' : 'refused_5xx';
    case 'connection_error':
      return 'unreachable';
    case 'refused':
    case 'malformed':
      return 'forbidden';
    default:
      return outcome.kind;
  }
}

function waitsOf(schedule: RetrySchedule): readonly number[] {
  if (schedule === 'standard') return standardSeconds;
  return schedule === 'contract' ? contractSeconds : schedule;
}

function mayPass(outcome: Outcome, schedule: RetrySchedule): boolean {
  switch (outcome.kind) {
    case 'answered':
      return schedule !== 'contract' || outcome.status >= 500 || outcome.status === 404;
    case 'timeout':
    case 'connection_error':
    case 'not_sent':
      return true;
    case 'refused':
    case 'malformed':
      return false;
    default:
      return outcome satisfies never;
  }
}

/** Seconds between an event and its first attempt within which the attempt is signed with the event's own time. */
const promptnessSeconds = 5;

/**
 * The time an attempt is signed with, unix seconds. Receivers differ in the clock they check (`created_at`,
 * `timestamp`, `X-Timestamp`), so a prompt first attempt carries one time in all three; anything later, and every
 * retry and resend, says when it was really signed.
 */
export function signingTime(createdAt: number, now: number, isFirstAttempt: boolean): number {
  return isFirstAttempt && Math.abs(now - createdAt) <= promptnessSeconds ? createdAt : now;
}
