import { Failure } from '@selfsame/runtime/errors';
import { announceStatus } from './announcements.ts';
import type { Context } from './context.ts';
import { shownDecision } from './decisions.ts';
import { isUuid } from './domain/ids.ts';
import type { Session } from './domain/session.ts';
import type { SharedFromSession } from './domain/shared-session.ts';
import type { SessionSnapshot, SnapshotRefusal } from './domain/snapshot.ts';
import { readSnapshot, shareScopes, takeSnapshot, writeSnapshot } from './domain/snapshot.ts';
import { userPid } from './domain/user-pid.ts';
import type { HostedPage } from './hosted-page.ts';
import { hostedPage } from './hosted-page.ts';
import { lockApplication } from './outbound/application-store.ts';
import { findOwner, insertImport } from './outbound/import-store.ts';
import { findApplicationById } from './outbound/organization-store.ts';
import { countStepReviews } from './outbound/review-store.ts';
import { findSession } from './outbound/session-store.ts';
import { insertUse } from './outbound/usage-store.ts';
import { findWorkflow } from './outbound/workflow-store.ts';
import { useOf } from './usage.ts';

/** What of a session may leave it, and what its consent is asked with. */
export interface ExportedSession {
  readonly session: Session;
  readonly snapshot: Buffer;
  /** Rises with every change of what a snapshot holds. */
  readonly sequence: number;
  readonly userPid: string;
  readonly page: HostedPage;
}

/**
 * What of a finished session may leave it for a partner.
 * @param scope kyc, kyc + aml or kyc + kyb
 * @throws Failure `session_not_found`, `scope_unknown`, `session_imported`, `session_of_call`, `session_unfinished`
 */
export async function exportSession(
  context: Context,
  wanted: { readonly applicationId: string; readonly sessionId: string; readonly scope: string },
): Promise<ExportedSession> {
  const { applicationId, sessionId } = wanted;
  const { db } = context.database;
  const scope = shareScopes.find((each) => each === wanted.scope);
  if (scope === undefined) {
    throw new Failure('invalid', 'scope_unknown', `The scope must be one of ${shareScopes.join(', ')}.`);
  }
  const areIds = isUuid(applicationId) && isUuid(sessionId);
  const session = areIds ? await findSession(db, applicationId, sessionId) : null;
  if (session === null) {
    throw new Failure('not_found', 'session_not_found', 'The application has no such session.');
  }
  if (session.type === 'IMPORTED') {
    const words = 'A session that another application has shared cannot be shared again.';
    throw new Failure('precondition', 'session_imported', words);
  }
  if (session.type === 'API') {
    const words = 'A session that an API call made is no verification that could be shared.';
    throw new Failure('precondition', 'session_of_call', words);
  }
  const snapshot = takeSnapshot(session, scope);
  if (snapshot === null) {
    const words = 'Only finished sessions ("Approved", "Declined", "In Review") can be shared.';
    throw new Failure('precondition', 'session_unfinished', words);
  }
  return {
    session,
    snapshot: writeSnapshot(snapshot),
    // A step that was corrected by hand is no event of its session.
    sequence: session.sequence + (session.hasReviews ? await countStepReviews(db, session.id) : 0),
    userPid: userPidOf(context, session),
    page: await hostedPage(context, session),
  };
}

/** What another application has shared, for one that takes it over. */
export interface Import {
  /** Becomes the id of the session: repeated, it is the same import. */
  readonly importId: string;
  readonly applicationId: string;
  readonly workflowRef: string;
  readonly vendorData: string | null;
  /** Keep the verdict; else a person looks at it. */
  readonly trustReview: boolean;
  readonly snapshot: Uint8Array;
  readonly sharedFrom: Omit<
    SharedFromSession,
    'decided_at' | 'workflow_type' | 'workflow_label' | 'features'
  >;
}

/**
 * Makes a session of what another application has shared: with a number, an event and a decision of its own, and without a user,
 * a look or a face. Idempotent by `importId`, however many ask at once: the application's row orders them.
 * @throws Failure `import_id_invalid`, `application_not_found`, `workflow_not_found`, `snapshot_invalid`, `snapshot_newer`,
 *   `environment_differs`, `import_id_taken`, `import_deleted`
 */
export async function importSession(
  context: Context,
  wanted: Import,
): Promise<{ session: Session; decision: Record<string, unknown>; userPid: string }> {
  const { applicationId } = wanted;
  const importId = wanted.importId.toLowerCase();
  if (!isUuid(importId)) throw new Failure('invalid', 'import_id_invalid', 'import_id must be a UUID.');
  const read = readSnapshot(wanted.snapshot, wanted.sharedFrom.scope);
  if ('refusal' in read) throw snapshotFailure(read.refusal);
  const session = await context.database.transaction(async (tx) => {
    const application = isUuid(applicationId) ? await findApplicationById(tx, applicationId) : null;
    if (application === null) {
      throw new Failure('not_found', 'application_not_found', 'There is no such application.');
    }
    await lockApplication(tx, applicationId);
    const owner = await findOwner(tx, importId);
    if (owner !== null) return earlierImport(await findSession(tx, applicationId, importId), owner.isDeleted);
    if (application.environment !== read.snapshot.environment) {
      const words = 'A sandbox and a live application cannot share sessions with each other.';
      throw new Failure('precondition', 'environment_differs', words);
    }
    const workflow = await findWorkflow(tx, applicationId, wanted.workflowRef, { published: true });
    if (workflow === null) {
      throw new Failure('not_found', 'workflow_not_found', 'Workflow does not exist for this application.');
    }
    const now = new Date();
    await insertImport(tx, {
      id: importId,
      applicationId,
      workflow,
      vendorData: wanted.vendorData,
      status: wanted.trustReview ? read.snapshot.status : 'In Review',
      reports: read.snapshot.reports,
      sharedFrom: provenance(wanted, read.snapshot),
      createdAt: now,
    });
    const imported = await findSession(tx, applicationId, importId);
    if (imported === null) throw new Error('a session that was just written is gone');
    await insertUse(tx, useOf(context.prices, imported, now));
    await announceStatus(context, tx, imported, null, now);
    return imported;
  });
  const decision = await shownDecision(context, session);
  return { session, decision, userPid: userPidOf(context, session) };
}

/** The session that this import has made before. */
function earlierImport(session: Session | null, isDeleted: boolean): Session {
  if (session?.type === 'IMPORTED') return session;
  if (isDeleted) throw new Failure('precondition', 'import_deleted', 'The imported session was deleted.');
  throw new Failure('conflict', 'import_id_taken', 'Another session has this id.');
}

function provenance({ sharedFrom }: Import, snapshot: SessionSnapshot): SharedFromSession {
  const { decided_at, workflow_type, workflow_label, features } = snapshot;
  return { ...sharedFrom, decided_at, workflow_type, workflow_label, features };
}

function snapshotFailure(refusal: SnapshotRefusal): Failure {
  if (refusal === 'snapshot_invalid') {
    return new Failure('invalid', refusal, 'This is no snapshot of a session.');
  }
  const words = 'The session holds checks that this installation does not know yet.';
  return new Failure('precondition', refusal, words);
}

function userPidOf({ links }: Context, { id, application, vendorData }: Session): string {
  return userPid(links.tokenKey, { id, applicationId: application.id, vendorData });
}
