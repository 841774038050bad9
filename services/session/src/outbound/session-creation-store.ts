import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { Session } from '../domain/session.ts';
import { attemptsLeft } from '../domain/session-life.ts';
import { unfinishedStatuses } from '../domain/status.ts';
import { selectSessions, toSession } from './select-sessions.ts';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** What a new session is made of, beside its number. */
export interface NewSession {
  readonly id: string;
  readonly tokenSha256: Buffer;
  readonly applicationId: string;
  readonly workflow: { readonly workflowId: string; readonly versionId: string; readonly version: number };
  readonly definitionId: string;
  readonly enrols: boolean;
  readonly hasPortrait: boolean;
  readonly referenceApplicationId: string | null;
  readonly vendorData: string | null;
  readonly callback: string | null;
  readonly callbackMethod: string;
  readonly metadataJson: string | null;
  readonly language: string | null;
  readonly contactDetails: object | null;
  readonly expectedDetails: object | null;
  readonly adaptive: object | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** The application's next number, without gaps: its row stays locked until the transaction ends. */
export async function takeSessionNumber(tx: Tx, applicationId: string): Promise<number> {
  const { last_session_number } = await tx
    .updateTable('applications')
    .set((eb) => ({ last_session_number: eb('last_session_number', '+', 1) }))
    .where('id', '=', applicationId)
    .returning('last_session_number')
    .executeTakeFirstOrThrow();
  return last_session_number;
}

/** Adds a session under the application's next number; the row of the application stays locked until the end. */
export async function insertSession(tx: Tx, session: NewSession): Promise<void> {
  const json = (value: object | null) => (value === null ? null : JSON.stringify(value));
  const sessionNumber = await takeSessionNumber(tx, session.applicationId);
  await tx
    .insertInto('sessions')
    .values({
      id: session.id,
      application_id: session.applicationId,
      session_number: sessionNumber,
      token_sha256: session.tokenSha256,
      workflow_id: session.workflow.workflowId,
      workflow_version_id: session.workflow.versionId,
      workflow_version: session.workflow.version,
      definition_id: session.definitionId,
      status: 'Not Started',
      sequence: 1,
      enrols: session.enrols,
      has_portrait: session.hasPortrait,
      reference_application_id: session.referenceApplicationId,
      vendor_data: session.vendorData,
      callback: session.callback,
      callback_method: session.callbackMethod,
      metadata: session.metadataJson,
      language: session.language,
      contact_details: json(session.contactDetails),
      expected_details: json(session.expectedDetails),
      adaptive: json(session.adaptive),
      reports: null,
      created_at: session.createdAt,
      status_changed_at: session.createdAt,
      expires_at: session.expiresAt,
      deleted_at: null,
    })
    .execute();
}

/**
 * The subject's newest session that still waits for its user, on exactly this definition; one whose looks are used up
 * waits for nothing any more.
 * @param serves whether it is one that the new request may be answered with
 */
export async function findReusableSession(
  db: Queries,
  wanted: { applicationId: string; vendorData: string; definitionId: string },
  now: Date,
  serves: (session: Session) => boolean,
): Promise<Session | null> {
  const rows = await selectSessions(db)
    .where('s.application_id', '=', wanted.applicationId)
    .where('s.vendor_data', '=', wanted.vendorData)
    .where('s.definition_id', '=', wanted.definitionId)
    .where('s.status', 'in', [...unfinishedStatuses])
    .where('s.expires_at', '>', now)
    .orderBy('s.session_number', 'desc')
    .limit(10)
    .execute();
  return rows.map(toSession).find((each) => attemptsLeft(each.state) > 0 && serves(each)) ?? null;
}

/** Gives a waiting session what its new request brings; what is absent stays. @returns false when it no longer waits */
export async function refreshSession(
  tx: Tx,
  id: string,
  changes: {
    callback: string | null;
    metadataJson: string | undefined;
    hasPortrait: boolean;
    referenceApplicationId: string | null;
  },
): Promise<boolean> {
  const { callback, metadataJson, hasPortrait, referenceApplicationId } = changes;
  const updated = await tx
    .updateTable('sessions')
    .set({
      has_portrait: hasPortrait,
      reference_application_id: referenceApplicationId,
      ...(callback === null ? {} : { callback }),
      ...(metadataJson === undefined ? {} : { metadata: metadataJson }),
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .where('status', 'in', [...unfinishedStatuses])
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** Whether a session that enrols this subject in one of these applications was approved since `since`: its template may be on its way. */
export async function wasEnrolledSince(
  db: Queries,
  applicationIds: readonly string[],
  vendorData: string,
  since: Date,
): Promise<boolean> {
  const row = await db
    .selectFrom('sessions')
    .select(sql`1`.as('one'))
    .where('application_id', 'in', [...applicationIds])
    .where('vendor_data', '=', vendorData)
    .where('enrols', '=', true)
    .where('status', '=', 'Approved')
    .where('status_changed_at', '>', since)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
