/** Where a session stands, as the page needs to know it. */
export type SessionPhase = 'ready' | 'deciding' | 'finished' | 'expired';

/** What the phase follows from. */
export interface SessionFacts {
  /** Title Case, as in the public contract. */
  readonly status: string;
  readonly attemptsLeft: number;
  readonly expiresAt?: Date | undefined;
}

const verdicts = new Set(['Approved', 'Declined', 'In Review']);

/** Whether a status ends the user's part. */
export function isVerdict(status: string): boolean {
  return verdicts.has(status);
}

/**
 * ready: the user may show their face. deciding: every attempt is spent and the verdict is on its way. finished: a
 * verdict is in. expired: nothing will come of this link any more. Abandoned before its time is a visit that ended
 * early, in the words of an application that does not know Not Finished.
 */
export function phaseOf(session: SessionFacts, now: Date): SessionPhase {
  const { status, attemptsLeft, expiresAt } = session;
  if (isVerdict(status)) return 'finished';
  const overdue = expiresAt !== undefined && now >= expiresAt;
  if (status === 'Expired' || status === 'Kyc Expired' || overdue) return 'expired';
  if (status === 'Abandoned' && expiresAt === undefined) return 'expired';
  return attemptsLeft > 0 ? 'ready' : 'deciding';
}
