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

/** A client that waits between its guesses never fills the window: in a day a subject has so many windows' worth. */
const windowsADay = 5;
const dayMs = 86_400_000;

/** Failures that lead to a lock. */
export interface Allowance {
  /** Within the window. */
  readonly failures: number;
  /** Within a day; null: only the window counts. */
  readonly perDay: number | null;
}

/** What a subject, a device or a network may fail. Only the subject is what a patient client can learn about. */
export function allowanceOf({ failures }: Lockout, kind: LockKind): Allowance {
  if (kind === 'network') return { failures: failures * networkAllowance, perDay: null };
  return { failures, perDay: kind === 'subject' ? failures * windowsADay : null };
}

/** What is known of one subject, device or network. */
export interface FailureRecord {
  /** When looks failed, oldest first, as far back as it matters. */
  readonly failures: readonly Date[];
  readonly lockedUntil: Date | null;
}

/**
 * The record after one more failure. A lock begins with the last one allowed in the window, which counts anew after it; a
 * day's allowance that is used up locks until the first of its failures is a day old.
 */
export function afterFailure(
  { failures, lockedUntil }: FailureRecord,
  lockout: Lockout,
  allowance: Allowance,
  now: Date,
): FailureRecord {
  const nowMs = now.getTime();
  const windowMs = lockout.window_seconds * 1_000;
  const keptMs = allowance.perDay === null ? windowMs : dayMs;
  const kept = [...failures.filter((at) => at.getTime() > nowMs - keptMs), now];
  const fromMs = Math.max(nowMs - windowMs, (lockedUntil?.getTime() ?? 0) - 1);
  const recent = kept.filter((at) => at.getTime() > fromMs);
  const ends = [lockedUntil?.getTime() ?? 0];
  if (recent.length >= allowance.failures) ends.push(nowMs + lockout.lock_seconds * 1_000);
  const firstOfDay = allowance.perDay === null ? undefined : kept.at(-allowance.perDay);
  if (firstOfDay !== undefined) ends.push(firstOfDay.getTime() + dayMs);
  const endMs = Math.max(...ends);
  return {
    failures: kept,
    lockedUntil: endMs === (lockedUntil?.getTime() ?? 0) ? lockedUntil : new Date(endMs),
  };
}

/** From when on a record says nothing any more. */
export function outlivedAt({ lockedUntil }: FailureRecord, now: Date): Date {
  return new Date(Math.max(lockedUntil?.getTime() ?? 0, now.getTime() + dayMs));
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
  // Whose face is on file, or blocked: approved or in review would tell it of any picture.
  'DUPLICATED_FACE',
  'POSSIBLE_DUPLICATED_FACE',
  'POSSIBLE_FACE_IN_BLOCKLIST',
]);

/** Whether a look counts as a failure: a face step declined, or a doubt whether it is a living person, this one,
 * or another one that is known. */
export function isFailedLook(reports: readonly FeatureReport[]): boolean {
  return reports
    .filter((report) => findFeature(report.feature)?.capture === 'face')
    .some(
      ({ status, warnings }) =>
        status === 'Declined' ||
        warnings.some(({ risk, log_type }) => log_type !== 'information' && answersGuess.has(risk)),
    );
}
