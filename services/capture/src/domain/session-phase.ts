/** Where a session stands, as the page needs to know it. */
export type SessionPhase = 'ready' | 'deciding' | 'finished' | 'expired';

const verdicts = new Set(['Approved', 'Declined', 'In Review']);
const over = new Set(['Expired', 'Abandoned', 'Kyc Expired']);

/** Whether a status (Title Case, as in the public contract) ends the user's part. */
export function isVerdict(status: string): boolean {
  return verdicts.has(status);
}

/** Whether the user may enter (again): never opened, left, or asked to repeat. */
export function canReopen(status: string): boolean {
  return status === 'Not Started' || status === 'Not Finished' || status === 'Resubmitted';
}

/**
 * ready: the user may show their face. deciding: every attempt is spent and the verdict is on its way. finished: a
 * verdict is in. expired: nothing will come of this link any more.
 */
export function phaseOf(status: string, attemptsLeft: number): SessionPhase {
  if (isVerdict(status)) return 'finished';
  if (over.has(status)) return 'expired';
  return attemptsLeft > 0 ? 'ready' : 'deciding';
}
