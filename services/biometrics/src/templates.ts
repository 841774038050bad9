import { templateEnrolled, templateForgotten } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import { type OpenTemplate, opened, openedOrTold, similarityBetween, under } from './comparison.ts';
import type { Context } from './context.ts';
import { SAME_PERSON_SIMILARITY } from './domain/calibration.ts';
import { subjectName } from './domain/subject-name.ts';
import { candidateFate, type RowOwner, type TemplateKey } from './domain/template.ts';
import { releaseImages } from './images/image-store.ts';
import {
  dismissOthers,
  dropFollowed,
  dropOfDeleted,
  dropSession,
  followSession,
} from './outbound/session-store.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import type { Candidate, SessionKey } from './outbound/template-store.ts';
import {
  dropEnrolled,
  dropExpired,
  dropSubject,
  findTemplate,
  holdSubject,
  noteKey,
  putTemplate,
  renewTemplate,
  retainCandidate,
  takeCandidate,
} from './outbound/template-store.ts';
import { holdActiveKey } from './template-keys.ts';

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

type Following = Pick<Context, 'vault' | 'log' | 'bus' | 'candidateDays'>;

/**
 * Follows a status of a session. It moves the candidate that it names and no other: Approved makes it the subject's
 * template, Declined drops it together with what the session enrolled before, In Review lets it wait. A status
 * that a later one has overtaken only drops its candidate. Again with the same status, nothing happens.
 *
 * A session that does not enrol may have left a candidate that renews a template of a former key version, so its statuses
 * are followed too, but for the approval that names none: it has nothing to move, and most sessions end with it.
 */
export async function followVerdict(
  context: Following,
  tx: Transaction<BiometricsTables>,
  verdict: Verdict,
): Promise<void> {
  const { candidateId, sequence } = verdict;
  const fate = candidateFate(verdict.status);
  if (fate === 'leave') return;
  if (fate === 'promote' && candidateId === '' && !verdict.enrols) return;
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
  { vault, log, bus }: Following,
  tx: Transaction<BiometricsTables>,
  { applicationId, sessionId, vendorData, candidateId }: Verdict,
): Promise<void> {
  const subject = vault.subjectOf(applicationId, subjectName({ vendorData, sessionId }));
  await holdSubject(tx, subject);
  const candidate = await takeCandidate(tx, { applicationId, sessionId }, candidateId);
  if (candidate === undefined) return;
  if (candidate.subject !== subject) {
    log.error({ session_id: sessionId }, 'the candidate belongs to another subject; dropped');
    return;
  }
  const { rekey, stored } = candidate;
  if (stored.state === 'revoked') {
    log.warn({ session_id: sessionId }, 'the key of the candidate was revoked meanwhile; nothing enrolled');
    return;
  }
  const from: RowOwner = { kind: 'candidate', applicationId, sessionId, candidateId, subject };
  const to = { kind: 'subject', applicationId, subject } as const;
  const key = await holdActiveKey(tx, applicationId);
  const face = await opened(vault, tx, from, stored);
  if (!(await mayTakePlace({ vault, log }, tx, { to, face, key, candidate, sessionId }))) return;
  const sealed = vault.seal(to, key, under(vault, key, face), stored.template);
  if (rekey) await renewTemplate(tx, to, sealed);
  else await putTemplate(tx, to, sealed, { sessionId, expiresAt: null });
  const enrolled = { applicationId, sessionId, keyVersion: key.version, occurredAt: new Date() };
  await bus.enqueue(tx, templateEnrolled, enrolled);
  log.info(
    { session_id: sessionId, key_version: key.version },
    rekey ? 'template renewed' : 'template enrolled',
  );
}

/** A candidate that a status wants enrolled. */
interface Promotion {
  readonly to: Extract<RowOwner, { kind: 'subject' }>;
  readonly face: OpenTemplate;
  /** It is to be sealed under this one. */
  readonly key: TemplateKey;
  readonly candidate: Candidate;
  readonly sessionId: string;
}

/**
 * Whether a candidate may take the place of what the subject has now. Whoever decided knew how like the two are when they
 * were compared at the look; what somebody else has enrolled since was never compared with it, so that is done here. A
 * renewal needs something to renew besides: forgotten, revoked or renewed since the look, there is nothing left.
 */
async function mayTakePlace(
  { vault, log }: Pick<Following, 'vault' | 'log'>,
  tx: Transaction<BiometricsTables>,
  { to, face, key, candidate, sessionId }: Promotion,
): Promise<boolean> {
  const present = await findTemplate(tx, to, { hold: true });
  const open = present && (await openedOrTold({ vault, log }, tx, to, present.stored));
  if (present === undefined || open === undefined) return !candidate.rekey;
  if (candidate.rekey && open.key.version >= key.version) return false;
  if (present.enrolledAt === candidate.comparedWith) return true;
  // The later verdict of one session decides, whatever its earlier one has enrolled.
  if (present.sessionId === sessionId && !candidate.rekey) return true;
  if (similarityBetween(vault, face, open) >= SAME_PERSON_SIMILARITY) return true;
  log.warn(
    { session_id: sessionId, enrolled_by: present.sessionId },
    'another face was enrolled since the look of an approved session; it stays, the one of the session is dropped',
  );
  return false;
}

async function refuse(
  { log, bus }: Following,
  tx: Transaction<BiometricsTables>,
  verdict: Verdict,
): Promise<void> {
  await takeCandidate(tx, verdict, verdict.candidateId);
  if (!(await dropEnrolled(tx, verdict))) return;
  const { applicationId, sessionId } = verdict;
  await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
  log.info({ session_id: sessionId }, 'template of a session that was declined since removed');
}

/**
 * Removes what is bound to a deleted session, the face that it enrolled under no name but its own included; looks that are
 * under way are noticed by `sweep`.
 */
export async function leaveSession(
  { vault, bus }: Pick<Context, 'vault' | 'bus'>,
  tx: Transaction<BiometricsTables>,
  session: SessionKey,
): Promise<void> {
  await followSession(tx, session, { sequence: 0, deleted: true, expiresAt: inFuture(FOLLOWED_MS) });
  await dropSession(tx, session);
  await releaseImages(tx, session);
  const { applicationId, sessionId } = session;
  const nameless = vault.subjectOf(applicationId, subjectName({ vendorData: '', sessionId }));
  if (!(await dropSubject(tx, applicationId, nameless))) return;
  await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
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
  const kept = await findTemplate(database.db, { kind: 'subject', applicationId, subject });
  return kept !== undefined && kept.stored.state !== 'revoked';
}

/** Removes everything stored about a subject. */
export async function forget({ vault, database, bus }: Context, name: SubjectName): Promise<void> {
  const { applicationId, vendorData } = name;
  const subject = vault.subjectOf(applicationId, vendorData);
  await database.transaction(async (tx) => {
    // A status that enrols them this moment is followed first, and what it enrolled goes too.
    await holdSubject(tx, subject);
    if (!(await dropSubject(tx, applicationId, subject))) return;
    await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
  });
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
