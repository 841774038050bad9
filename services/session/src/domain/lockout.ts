import type { FeatureReport } from './features/feature.ts';
import { findFeature } from './features/registry.ts';

/** After so many failed looks within a window no picture is looked at for a while. Workflow data. */
export interface Lockout {
  readonly failures: number;
  readonly window_seconds: number;
  readonly lock_seconds: number;
}

/** Five failures in three minutes: half an hour. */
export const defaultLockout: Lockout = { failures: 5, window_seconds: 180, lock_seconds: 1_800 };

/** What a lock may be about: the user, the browser, or everyone behind one address. */
export const lockKinds = ['device', 'network', 'subject'] as const;
export type LockKind = (typeof lockKinds)[number];

/**
 * An office, a school or a mobile network stands behind one address, so it takes that many times the failures to lock
 * it. Without this limit a client that forgets its cookies would be a new device every time.
 */
const networkAllowance = 20;

/** Failures that lock a subject, a device or a network. */
export function failuresAllowed(lockout: Lockout, kind: LockKind): number {
  return kind === 'network' ? lockout.failures * networkAllowance : lockout.failures;
}

/** What is known of one subject, device or network. */
export interface FailureRecord {
  /** When looks failed, oldest first. */
  readonly failures: readonly Date[];
  readonly lockedUntil: Date | null;
}

/** The record after one more failure. A lock begins with the last one allowed, and after it counting starts anew. */
export function afterFailure(
  record: FailureRecord,
  lockout: Lockout,
  allowed: number,
  now: Date,
): FailureRecord {
  const from = now.getTime() - lockout.window_seconds * 1_000;
  const recent = [...record.failures.filter((at) => at.getTime() > from), now];
  if (recent.length < allowed) return { failures: recent, lockedUntil: record.lockedUntil };
  return { failures: [], lockedUntil: new Date(now.getTime() + lockout.lock_seconds * 1_000) };
}

/** Whether a lock is in force. */
export function isLocked(lockedUntil: Date | null, now: Date): lockedUntil is Date {
  return lockedUntil !== null && now < lockedUntil;
}

/** Findings that tell how near a picture came: sent to review they answer a guess as well as a decline does. */
const answersGuess: ReadonlySet<string> = new Set([
  'LIVENESS_FACE_ATTACK',
  'LOW_LIVENESS_SCORE',
  'LOW_FACE_MATCH_SIMILARITY',
  'ENROLLED_FACE_DIFFERS',
]);

/** Whether a look counts as a failure: a face step declined, or a doubt whether it is a living person or this one. */
export function isFailedLook(reports: readonly FeatureReport[]): boolean {
  return reports
    .filter((report) => findFeature(report.feature)?.capture === 'face')
    .some(
      ({ status, warnings }) =>
        status === 'Declined' ||
        warnings.some(({ risk, log_type }) => log_type !== 'information' && answersGuess.has(risk)),
    );
}
