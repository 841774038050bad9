/** Where a session stands, as the page needs to know it. */
export type SessionPhase = 'ready' | 'locked' | 'deciding' | 'finished' | 'expired';

/** What the phase follows from. */
export interface SessionFacts {
  /** Title Case, as in the public contract. */
  readonly status: string;
  readonly attemptsLeft: number;
  readonly expiresAt?: Date | undefined;
  readonly lockedUntil?: Date | undefined;
}

const verdicts = new Set(['Approved', 'Declined', 'In Review']);

/** Whether a status ends the user's part. */
export function isVerdict(status: string): boolean {
  return verdicts.has(status);
}

/**
 * ready: the user may show their face. locked: not before a while, after too many failures. deciding: every attempt is spent and the verdict is on its way. finished: a
 * verdict is in. expired: nothing will come of this link any more. Abandoned before its time is a visit that ended
 * early, in the words of an application that does not know Not Finished.
 */
export function phaseOf(session: SessionFacts, now: Date): SessionPhase {
  const { status, attemptsLeft, expiresAt, lockedUntil } = session;
  if (isVerdict(status)) return 'finished';
  const overdue = expiresAt !== undefined && now >= expiresAt;
  if (status === 'Expired' || status === 'Kyc Expired' || overdue) return 'expired';
  if (status === 'Abandoned' && expiresAt === undefined) return 'expired';
  if (lockedUntil !== undefined && now < lockedUntil) return 'locked';
  return attemptsLeft > 0 ? 'ready' : 'deciding';
}

const minuteMs = 60_000;

/** The end of a lock as users are told it: the next full minute, which says nothing about when it began. */
export function toldUntil(lockedUntil: Date): string {
  return new Date(Math.ceil(lockedUntil.getTime() / minuteMs) * minuteMs).toISOString();
}
