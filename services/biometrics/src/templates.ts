import { templateForgotten } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import type { SubjectName } from './comparison.ts';
import type { Context } from './context.ts';
import { subjectName } from './domain/subject-name.ts';
import { candidateFate } from './domain/template.ts';
import { endImport } from './grants.ts';
import { releaseImages } from './images/image-store.ts';
import { findHolders } from './outbound/enrolled-store.ts';
import { dropExpiredGrants, dropGrantsOf, findGranted } from './outbound/grant-store.ts';
import { hasChanged, type SubjectKey } from './outbound/history-store.ts';
import { dropOldDecisions } from './outbound/import-store.ts';
import {
  dismissOthers,
  dropFollowed,
  dropOfDeleted,
  dropSession,
  followSession,
} from './outbound/session-store.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import type { SessionKey } from './outbound/template-store.ts';
import {
  dropEnrolled,
  dropExpired,
  dropSubject,
  holdSubject,
  noteKey,
  retainCandidate,
  takeCandidate,
} from './outbound/template-store.ts';
import { promote } from './promotion.ts';
import { revertTemplate } from './reversion.ts';

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

type Following = Pick<Context, 'vault' | 'log' | 'bus' | 'candidateDays' | 'adaptEveryMs'>;

/**
 * Follows a status of a session. It moves the candidate that it names and no other: Approved makes it what it was kept for,
 * Declined drops it together with what the session enrolled or changed before, In Review lets it wait. A status
 * that a later one has overtaken only drops its candidate. Again with the same status, nothing happens.
 *
 * A session that does not enrol may have left a candidate that renews the template, is blended into it or enrols by a grant,
 * so its statuses are followed too, but for the approval that names none: it has nothing to move, and most sessions end with it.
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

async function refuse(
  context: Following,
  tx: Transaction<BiometricsTables>,
  verdict: Verdict,
): Promise<void> {
  const { vault, log, bus } = context;
  const { applicationId, sessionId } = verdict;
  const subject = vault.subjectOf(applicationId, subjectName(verdict));
  await holdSubject(tx, subject);
  await takeCandidate(tx, verdict, verdict.candidateId);
  if (!(await dropEnrolled(tx, verdict))) {
    const owner = { kind: 'subject', applicationId, subject } as const;
    if (await hasChanged(tx, owner, verdict)) await revertTemplate(context, tx, owner, sessionId);
    return;
  }
  await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
  log.info({ session_id: sessionId }, 'template of a session that was declined since removed');
}

/**
 * Removes what is bound to a deleted session, the face that it enrolled under no name but its own and the grant that came
 * with it included; looks that are under way are noticed by `sweep`.
 */
export async function leaveSession(
  { vault, bus }: Pick<Context, 'vault' | 'bus'>,
  tx: Transaction<BiometricsTables>,
  session: SessionKey,
): Promise<void> {
  await endImport(tx, session);
  await followSession(tx, session, { sequence: 0, deleted: true, expiresAt: inFuture(FOLLOWED_MS) });
  await dropSession(tx, session);
  await releaseImages(tx, session);
  const { applicationId, sessionId } = session;
  const nameless = vault.subjectOf(applicationId, subjectName({ vendorData: '', sessionId }));
  if ((await dropSubject(tx, applicationId, nameless)).templates === 0) return;
  await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
}

/** Who is asked about: a subject, and the other applications of the organisation that may have enrolled the same person. */
export interface Holder extends SubjectName {
  /** Asked in this order. */
  readonly siblings: readonly string[];
}

/** What looks of a subject can be compared with. */
export interface Held {
  readonly exists: boolean;
  /** Whose template it is; by a grant the subject's own application, since nobody is told whose. Empty without one. */
  readonly applicationId: string;
  readonly byGrant: boolean;
}

/** Whether looks can be compared with something: a template of the subject, of a sibling, or what was granted. */
export async function hasTemplate({ vault, database }: Context, holder: Holder): Promise<Held> {
  const { applicationId, vendorData, siblings } = holder;
  const asked = [applicationId, ...siblings].map((id) => ({
    applicationId: id,
    subject: vault.subjectOf(id, vendorData),
  }));
  const holders = await findHolders(database.db, asked);
  const found = asked.find((each) => holders.has(each.applicationId));
  if (found) return { exists: true, applicationId: found.applicationId, byGrant: false };
  const subject = vault.subjectOf(applicationId, vendorData);
  const granted = await findGranted(database.db, { applicationId, subject }, null);
  const byGrant = granted.some(({ stored }) => stored.state !== 'revoked');
  return { exists: byGrant, applicationId: byGrant ? applicationId : '', byGrant };
}

/** Removes everything stored about a subject. */
export async function forget({ vault, database, bus }: Context, name: SubjectName): Promise<void> {
  const { applicationId, vendorData } = name;
  const subject = vault.subjectOf(applicationId, vendorData);
  await database.transaction((tx) => forgetWithin({ bus }, tx, { applicationId, subject }));
}

/** How much was removed. */
export interface Forgotten {
  /** 0 or 1, with its anchor and its history. */
  readonly templates: number;
  readonly candidates: number;
  /** By which looks of the subject were compared, or looks of others with the subject's template. */
  readonly grants: number;
}

/** Removes everything stored about a subject, who is named as the tables name them, within a transaction. */
export async function forgetWithin(
  { bus }: Pick<Context, 'bus'>,
  tx: Transaction<BiometricsTables>,
  { applicationId, subject }: SubjectKey,
): Promise<Forgotten> {
  // A status that enrols them this moment is followed first, and what it enrolled goes too.
  await holdSubject(tx, subject);
  const grants = await dropGrantsOf(tx, { applicationId, subject });
  const { templates, candidates } = await dropSubject(tx, applicationId, subject);
  if (templates > 0) await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
  return { templates, candidates, grants };
}

/** Removes references, candidates and grants that have expired or whose session was deleted. @returns how many */
export async function sweep({ database }: Pick<Context, 'database'>): Promise<number> {
  let total = await dropOfDeleted(database.db);
  await dropFollowed(database.db);
  await dropOldDecisions(database.db);
  total += await dropExpiredGrants(database.db);
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
    `the stored templates are sealed under biometric key ${noted}, but the first data key is key ${vault.keyId}: restore ` +
      'both from the same backup, or empty the tables templates and biometric_key and let everyone enrol anew',
  );
}
