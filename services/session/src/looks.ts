import type { Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { isUuid } from './domain/ids.ts';
import type { Session } from './domain/session.ts';
import type { Transition } from './domain/session-life.ts';
import type { Origin } from './lockouts.ts';
import { lockedUntil } from './lockouts.ts';
import type { Tables } from './outbound/tables.ts';

type Accepted = Extract<Transition, { facts: unknown }>;
type Refused = Exclude<Transition, Accepted>;

/** Names the device and the network that a look comes from: digests of 32 bytes each, empty when unknown. */
export interface LookDigests {
  readonly deviceSha256: Uint8Array;
  readonly networkSha256: Uint8Array;
}

/** Reads the id of a look. @throws Failure `attempt_id_invalid` */
export function readAttemptId(attemptId: string): string {
  if (!isUuid(attemptId)) throw new Failure('invalid', 'attempt_id_invalid', 'attempt_id must be a UUID.');
  return attemptId.toLowerCase();
}

/** Nobody has this link. @throws Failure `session_not_found` */
export function unknownSession(): never {
  throw new Failure('not_found', 'session_not_found', 'No session has this link.');
}

/** @throws Failure that says why the session does not do what was wanted */
export function accepted(result: Transition, now: Date): Accepted {
  if ('refusal' in result) throw refusalFailure(result, now);
  return result;
}

/**
 * What a look may come to: nothing under a lock, whatever became of the look of its id.
 * @throws Failure of `accepted`, or `locked_out` with the milliseconds that are left
 */
export async function acceptedLook(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  origin: Origin,
  result: Transition,
  now: Date,
): Promise<Accepted> {
  // Under a lock every picture is answered alike, whatever became of the look of its id.
  if ('refusal' in result && result.refusal !== 'attempt_void') throw refusalFailure(result, now);
  const until = await lockedUntil(context, tx, session, origin, now);
  if (until !== null) throw lockedFailure(until, now);
  return accepted(result, now);
}

/** No picture is looked at before this time. */
export function lockedFailure(until: Date, now: Date): Failure {
  const retryAfterMs = until.getTime() - now.getTime();
  const words = 'After too many tries that failed, no picture is looked at for a while.';
  return new Failure('precondition', 'locked_out', words, { retryAfterMs });
}

function refusalFailure(refused: Refused, now: Date): Failure {
  switch (refused.refusal) {
    case 'challenges_used_up':
      return lockedFailure(refused.until, now);
    case 'attempts_used_up':
      return new Failure('precondition', 'attempts_used_up', 'All attempts of this session are used up.');
    case 'attempt_void':
      return new Failure(
        'precondition',
        'attempt_void',
        'This look counts no more; the next one needs a new id.',
      );
    case 'expired':
      return new Failure('precondition', 'session_expired', 'The time of this session is over.');
    default:
      return new Failure('precondition', 'session_finished', 'This session takes no more pictures.');
  }
}
