import type { Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { candidateFate, type TemplateOwner } from './domain/template.ts';
import type { BiometricsTables, SessionKey } from './outbound/store.ts';
import {
  dismissOthers,
  dropEnrolled,
  dropExpired,
  dropFollowed,
  dropOfDeleted,
  dropSession,
  dropSubject,
  findTemplate,
  followSession,
  noteKey,
  putTemplate,
  retainCandidate,
  takeCandidate,
} from './outbound/store.ts';

/** A session's entry into a status. */
export interface Verdict {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly vendorData: string;
  /** Rises with every status of a session. */
  readonly sequence: number;
  readonly status: string;
  readonly enrols: boolean;
  /** Of the look that the status rests on; empty when there is none. */
  readonly candidateId: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long a candidate waits for a first status that names it: longer than a backlog of events lasts. */
export const UNJUDGED_MS = DAY_MS;
/**
 * A status gives the session's other candidates this long. It may be a late one, and another candidate that of a look
 * taken since: that look's own status names it in time. What no status names is gone then.
 */
const DISMISSED_MS = HOUR_MS;
/** Longer than a candidate waits without being named: an older status finds none afterwards. */
const FOLLOWED_MS = 2 * DAY_MS;
const SWEEP_BATCH = 500;
const SWEEP_BATCHES_MAX = 200;

const inFuture = (ms: number) => new Date(Date.now() + ms);

/**
 * Follows a status of a session that enrols. It moves the candidate that it names and no other: Approved makes it the
 * subject's template, Declined drops it together with what the session enrolled before, In Review lets it wait. A status
 * that a later one has overtaken only drops its candidate. Again with the same status, nothing happens.
 */
export async function followVerdict(
  context: Pick<Context, 'vault' | 'log' | 'candidateDays'>,
  tx: Transaction<BiometricsTables>,
  verdict: Verdict,
): Promise<void> {
  const { candidateId, sequence } = verdict;
  const fate = candidateFate(verdict.status);
  if (fate === 'leave' || !verdict.enrols) return;
  const followed = { sequence, deleted: false, expiresAt: inFuture(FOLLOWED_MS) };
  const { stale } = await followSession(tx, verdict, followed);
  if (stale) {
    await takeCandidate(tx, verdict, candidateId);
    return;
  }
  if (fate === 'promote') await promote(context, tx, verdict);
  if (fate === 'refuse') await refuse(context, tx, verdict);
  if (fate === 'retain') {
    await retainCandidate(tx, verdict, candidateId, inFuture(context.candidateDays * DAY_MS));
  }
  await dismissOthers(tx, verdict, candidateId, inFuture(DISMISSED_MS));
}

async function promote(
  { vault, log }: Pick<Context, 'vault' | 'log'>,
  tx: Transaction<BiometricsTables>,
  { applicationId, sessionId, vendorData, candidateId }: Verdict,
): Promise<void> {
  const candidate = await takeCandidate(tx, { applicationId, sessionId }, candidateId);
  if (candidate === undefined) return;
  const subject = vault.subjectOf(applicationId, vendorData);
  if (candidate.subject !== subject) {
    log.error({ session_id: sessionId }, 'the candidate belongs to another subject; dropped');
    return;
  }
  const from: TemplateOwner = { kind: 'candidate', applicationId, sessionId, candidateId, subject };
  const to: TemplateOwner = { kind: 'subject', applicationId, subject };
  const embedding = vault.open(from, candidate.template);
  const sealed = vault.seal(to, embedding, candidate.template);
  await putTemplate(tx, to, sealed, { sessionId, expiresAt: null });
  log.info({ session_id: sessionId }, 'template enrolled');
}

async function refuse(
  { log }: Pick<Context, 'log'>,
  tx: Transaction<BiometricsTables>,
  verdict: Verdict,
): Promise<void> {
  await takeCandidate(tx, verdict, verdict.candidateId);
  if (await dropEnrolled(tx, verdict)) {
    log.info({ session_id: verdict.sessionId }, 'template of a session that was declined since removed');
  }
}

/** Removes what is bound to a deleted session; looks that are under way are noticed by `sweep`. */
export async function leaveSession(tx: Transaction<BiometricsTables>, session: SessionKey): Promise<void> {
  await followSession(tx, session, { sequence: 0, deleted: true, expiresAt: inFuture(FOLLOWED_MS) });
  await dropSession(tx, session);
}

/** A person as one application names them. */
export interface SubjectName {
  readonly applicationId: string;
  readonly vendorData: string;
}

/** Whether looks can be compared with an enrolled template of the subject. */
export async function hasTemplate({ vault, database }: Context, name: SubjectName): Promise<boolean> {
  const { applicationId, vendorData } = name;
  const subject = vault.subjectOf(applicationId, vendorData);
  return (await findTemplate(database.db, { kind: 'subject', applicationId, subject })) !== undefined;
}

/** Removes everything stored about a subject. */
export async function forget({ vault, database }: Context, name: SubjectName): Promise<void> {
  await dropSubject(database.db, name.applicationId, vault.subjectOf(name.applicationId, name.vendorData));
}

/** Removes references and candidates that have expired or whose session was deleted. @returns how many */
export async function sweep({ database }: Pick<Context, 'database'>): Promise<number> {
  let total = await dropOfDeleted(database.db);
  await dropFollowed(database.db);
  for (let batch = 0; batch < SWEEP_BATCHES_MAX; batch += 1) {
    const dropped = await dropExpired(database.db, SWEEP_BATCH);
    total += dropped;
    if (dropped < SWEEP_BATCH) break;
  }
  return total;
}

/**
 * Refuses to start on templates that another key sealed: nobody would be recognised, and everyone enrolled twice.
 * @throws Failure `biometric_key_mismatch`
 */
export async function requireMatchingKey({
  vault,
  database,
}: Pick<Context, 'vault' | 'database'>): Promise<void> {
  const noted = await noteKey(database.db, vault.keyId);
  if (noted === vault.keyId) return;
  throw new Failure(
    'precondition',
    'biometric_key_mismatch',
    `the stored templates are sealed under biometric key ${noted}, but BIOMETRIC_KEY is key ${vault.keyId}: ` +
      'restore the former key, or empty the tables templates and biometric_key and let everyone enrol anew',
  );
}
