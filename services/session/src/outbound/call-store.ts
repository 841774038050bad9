import { randomBytes } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { FeatureReport } from '../domain/features/feature.ts';
import type { Verdict } from '../domain/status.ts';
import type { WorkflowDefinition } from '../domain/workflow.ts';
import { takeSessionNumber } from './session-creation-store.ts';
import type { Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** A standalone call that becomes a session: over before it is stored. */
export interface RecordedCall {
  readonly id: string;
  readonly applicationId: string;
  readonly apiService: string;
  /** Named by its content. */
  readonly definitionId: string;
  readonly definition: WorkflowDefinition;
  readonly status: Verdict;
  readonly reports: readonly FeatureReport[];
  /** What the look found: scores and facts. */
  readonly evidence: unknown;
  /** Names the face that the verdict enrols; null when it enrols none. */
  readonly candidateId: string | null;
  readonly vendorData: string | null;
  readonly metadataJson: string | null;
  readonly createdAt: Date;
}

/** Stores a call as a session with its verdict and its one look. Nobody has a link to it: its token is nobody's. */
export async function insertCall(tx: Tx, call: RecordedCall): Promise<void> {
  await tx
    .insertInto('workflow_definitions')
    .values({ id: call.definitionId, definition: JSON.stringify(call.definition) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx
    .insertInto('sessions')
    .values({
      id: call.id,
      application_id: call.applicationId,
      session_number: await takeSessionNumber(tx, call.applicationId),
      token_sha256: randomBytes(32),
      session_type: 'API',
      api_service: call.apiService,
      workflow_id: null,
      workflow_version_id: null,
      workflow_version: null,
      definition_id: call.definitionId,
      status: call.status,
      attempts: [call.id],
      sequence: 1,
      enrols: true,
      has_portrait: false,
      vendor_data: call.vendorData,
      callback: null,
      callback_method: 'initiator',
      metadata: call.metadataJson,
      language: null,
      contact_details: null,
      expected_details: null,
      reports: JSON.stringify(call.reports),
      candidate_id: call.candidateId,
      created_at: call.createdAt,
      status_changed_at: call.createdAt,
      expires_at: call.createdAt,
      deleted_at: null,
    })
    .execute();
  await tx
    .insertInto('attempts')
    .values({
      session_id: call.id,
      attempt_id: call.id,
      granted_at: call.createdAt,
      evidence: JSON.stringify(call.evidence),
      verdict: call.status,
      judged_at: call.createdAt,
    })
    .execute();
}
