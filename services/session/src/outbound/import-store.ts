import { randomBytes } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { FeatureReport } from '../domain/features/feature.ts';
import type { SharedFromSession } from '../domain/shared-session.ts';
import type { Verdict } from '../domain/status.ts';
import { takeSessionNumber } from './session-creation-store.ts';
import type { Queries, Tables } from './tables.ts';

/** A session of another application that becomes one of this: over before it is stored. */
export interface ImportedSession {
  readonly id: string;
  readonly applicationId: string;
  readonly workflow: {
    readonly workflowId: string;
    readonly versionId: string;
    readonly version: number;
    readonly definitionId: string;
  };
  readonly vendorData: string | null;
  readonly status: Verdict;
  readonly reports: readonly FeatureReport[];
  readonly sharedFrom: SharedFromSession;
  readonly createdAt: Date;
}

/** Stores an import under the application's next number. Nobody has a link to it: its token is nobody's. */
export async function insertImport(tx: Transaction<Tables>, session: ImportedSession): Promise<void> {
  const { workflow, createdAt } = session;
  await tx
    .insertInto('sessions')
    .values({
      id: session.id,
      application_id: session.applicationId,
      session_number: await takeSessionNumber(tx, session.applicationId),
      token_sha256: randomBytes(32),
      session_type: 'IMPORTED',
      workflow_id: workflow.workflowId,
      workflow_version_id: workflow.versionId,
      workflow_version: workflow.version,
      definition_id: workflow.definitionId,
      status: session.status,
      sequence: 1,
      enrols: false,
      has_portrait: false,
      vendor_data: session.vendorData,
      callback: null,
      callback_method: 'initiator',
      metadata: null,
      language: null,
      contact_details: null,
      expected_details: null,
      reports: JSON.stringify(session.reports),
      shared_from: JSON.stringify(session.sharedFrom),
      created_at: createdAt,
      status_changed_at: createdAt,
      expires_at: createdAt,
      deleted_at: null,
    })
    .execute();
}

/** Whose session has this id, if anybody's, and whether it was deleted since. */
export async function findOwner(
  db: Queries,
  id: string,
): Promise<{ applicationId: string; isDeleted: boolean } | null> {
  const row = await db
    .selectFrom('sessions')
    .select(['application_id', 'deleted_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? { applicationId: row.application_id, isDeleted: row.deleted_at !== null } : null;
}
