/** How one attempt ended. */
export type Outcome =
  /** The receiver answered with this HTTP status. */
  | { readonly kind: 'answered'; readonly status: number }
  /** No status line within the time limit. */
  | { readonly kind: 'timeout' }
  /** Name not found, connection refused, TLS refused, connection cut. */
  | { readonly kind: 'connection_error' }
  /** The address or URL is one that webhooks never go to. */
  | { readonly kind: 'refused' };

/** What follows from an attempt. */
export type Decision =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'failed' };

/** Waiting times between attempts: the first retry comes `retryDelaysMs[0]` after the first attempt ended. */
export interface Schedule {
  readonly retryDelaysMs: readonly number[];
}

/**
 * Decides what follows from the outcome of an attempt. 2xx is delivered. 5xx, 404, timeouts and connection errors
 * pass, so they are tried again while the schedule has times left; every other answer (redirects and other 4xx
 * included) and a refused address would be the same tomorrow.
 *
 * @param attempt 1 for the first attempt of the delivery
 */
export function decide(outcome: Outcome, attempt: number, schedule: Schedule): Decision {
  if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300)
    return { kind: 'delivered' };
  if (!passes(outcome)) return { kind: 'failed' };
  const afterMs = schedule.retryDelaysMs[attempt - 1];
  return afterMs === undefined ? { kind: 'failed' } : { kind: 'retry', afterMs };
}

function passes(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'answered':
      return outcome.status >= 500 || outcome.status === 404;
    case 'timeout':
    case 'connection_error':
      return true;
    case 'refused':
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
