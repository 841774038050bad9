import type { SelectQueryBuilder } from 'kysely';
import { sql } from 'kysely';
import type { AdaptiveOverride } from '../domain/adaptive.ts';
import type { FeatureReport } from '../domain/features/feature.ts';
import type { JsonObject } from '../domain/fields.ts';
import type { CallbackMethod, Session, SessionType, StepUp } from '../domain/session.ts';
import type { SharedFromSession } from '../domain/shared-session.ts';
import type { Status } from '../domain/status.ts';
import { maxAttempts } from '../domain/verdict.ts';
import type { WorkflowDefinition } from '../domain/workflow.ts';
import type { Queries, Tables } from './tables.ts';

interface SessionRow {
  id: string;
  session_number: number;
  status: Status;
  attempts: string[];
  void_attempts: string[];
  challenges_issued: Date[];
  challenges_drawn: Date[];
  sequence: number;
  application_id: string;
  application_slug: string;
  application_name: string;
  environment: 'live' | 'sandbox';
  strict_statuses: boolean;
  has_blocklists: boolean;
  retain_images: boolean;
  session_type: SessionType;
  api_service: string | null;
  workflow_id: string | null;
  workflow_version_id: string | null;
  workflow_version: number | null;
  workflow_slug: string | null;
  definition: WorkflowDefinition;
  enrols: boolean;
  has_portrait: boolean;
  reference_application_id: string | null;
  vendor_data: string | null;
  callback: string | null;
  callback_method: CallbackMethod;
  metadata: unknown;
  language: string | null;
  contact_details: JsonObject | null;
  expected_details: JsonObject | null;
  reports: FeatureReport[] | null;
  candidate_id: string | null;
  adaptive: AdaptiveOverride | null;
  step_up: StepUp | null;
  device_name: string | null;
  shared_from: SharedFromSession | null;
  has_reviews: boolean;
  last_attempt_at: Date | null;
  created_at: Date;
  status_changed_at: Date;
  expires_at: Date;
}

/** Everything about sessions that were not deleted, in one round trip; the caller narrows and may lock `s`. */
export function selectSessions(
  db: Queries,
): SelectQueryBuilder<Tables & { s: Tables['sessions'] }, 's', SessionRow> {
  return db
    .selectFrom('sessions as s')
    .innerJoin('applications as a', 'a.id', 's.application_id')
    .innerJoin('workflow_definitions as d', 'd.id', 's.definition_id')
    .where('s.deleted_at', 'is', null)
    .select([
      's.id',
      's.session_number',
      's.status',
      's.attempts',
      's.void_attempts',
      's.challenges_issued',
      's.challenges_drawn',
      's.sequence',
      's.application_id',
      'a.slug as application_slug',
      'a.name as application_name',
      'a.environment',
      'a.strict_statuses',
      'a.has_blocklists',
      'a.retain_images',
      's.session_type',
      's.api_service',
      's.workflow_id',
      's.workflow_version_id',
      's.workflow_version',
      sql<string | null>`(SELECT w.slug FROM workflows AS w WHERE w.id = s.workflow_id)`.as('workflow_slug'),
      'd.definition',
      's.enrols',
      's.has_portrait',
      's.reference_application_id',
      's.vendor_data',
      's.callback',
      's.callback_method',
      's.metadata',
      's.language',
      's.contact_details',
      's.expected_details',
      's.reports',
      's.candidate_id',
      's.adaptive',
      's.step_up',
      's.device_name',
      's.shared_from',
      's.created_at',
      's.status_changed_at',
      's.expires_at',
      sql<boolean>`EXISTS (SELECT FROM reviews AS r WHERE r.session_id = s.id)`.as('has_reviews'),
      sql<Date | null>`(SELECT max(t.granted_at) FROM attempts AS t WHERE t.session_id = s.id)`.as(
        'last_attempt_at',
      ),
    ]) as unknown as SelectQueryBuilder<Tables & { s: Tables['sessions'] }, 's', SessionRow>;
}

/** Row → domain. */
export function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    number: row.session_number,
    state: {
      status: row.status,
      attempts: row.attempts,
      voidAttempts: row.void_attempts,
      challengesIssued: row.challenges_issued,
      challengesDrawn: row.challenges_drawn,
      maxAttempts: maxAttempts(row.definition.steps),
      expiresAt: row.expires_at,
      windowSeconds: row.definition.session_expiration_time,
    },
    sequence: row.sequence,
    application: {
      id: row.application_id,
      slug: row.application_slug,
      name: row.application_name,
      environment: row.environment,
      strictStatuses: row.strict_statuses,
      hasBlocklists: row.has_blocklists,
      retainsImages: row.retain_images,
    },
    type: row.session_type,
    apiService: row.api_service,
    workflow: {
      id: row.workflow_id,
      versionId: row.workflow_version_id,
      version: row.workflow_version,
      slug: row.workflow_slug,
      definition: row.definition,
    },
    enrols: row.enrols,
    hasPortrait: row.has_portrait,
    referenceApplicationId: row.reference_application_id,
    vendorData: row.vendor_data,
    callback: row.callback,
    callbackMethod: row.callback_method,
    metadata: row.metadata,
    language: row.language,
    contactDetails: row.contact_details,
    expectedDetails: row.expected_details,
    reports: row.reports,
    candidateId: row.candidate_id,
    adaptive: row.adaptive,
    stepUp: row.step_up,
    deviceName: row.device_name,
    sharedFrom: row.shared_from,
    hasReviews: row.has_reviews,
    createdAt: row.created_at,
    statusChangedAt: row.status_changed_at,
    lastAttemptAt: row.last_attempt_at,
  };
}
