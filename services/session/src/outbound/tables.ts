import type { Transaction } from '@selfsame/database/database';
import type { ColumnType, Generated, Kysely } from 'kysely';
import type { AdaptiveOverride } from '../domain/adaptive.ts';
import type { ChallengePlan } from '../domain/challenge-plan.ts';
import type { Settings } from '../domain/customization.ts';
import type { FeatureReport } from '../domain/features/feature.ts';
import type { LivenessMethod } from '../domain/features/liveness-method.ts';
import type { JsonObject } from '../domain/fields.ts';
import type { SessionType, StepUp } from '../domain/session.ts';
import type { SharedFromSession } from '../domain/shared-session.ts';
import type { Status } from '../domain/status.ts';
import type { WorkflowDefinition } from '../domain/workflow.ts';
import type { AuditTables } from './audit-tables.ts';
import type { ErasureTables } from './erasure-tables.ts';
import type { OrganizationTables } from './organization-tables.ts';

/** A JSON column: read parsed, written as text (a JavaScript array would become an array of Postgres). */
type Json<T> = ColumnType<T, string, string>;

/** The same, null unless something is written. */
type OptionalJson<T> = ColumnType<T | null, string | null | undefined, string | null>;

interface ApplicationsTable {
  id: string;
  organization_id: string;
  slug: string;
  name: string;
  environment: 'live' | 'sandbox';
  strict_statuses: Generated<boolean>;
  has_blocklists: Generated<boolean>;
  last_session_number: Generated<number>;
  retention_days: Generated<number | null>;
  retain_images: Generated<boolean>;
  deleting_through: Generated<number | null>;
  created_at: Generated<Date>;
}

interface ApiKeysTable {
  id: string;
  application_id: string;
  key_sha256: Buffer;
  created_at: Generated<Date>;
  revoked_at: Date | null;
}

interface CustomizationsTable {
  application_id: string;
  settings: Json<Settings>;
  logo_square: string | null;
  logo_rectangular: string | null;
  favicon: string | null;
  font: string | null;
  updated_at: Date;
}

interface BrandFilesTable {
  name: string;
  bytes: Buffer;
  created_at: Generated<Date>;
}

interface WorkflowsTable {
  id: string;
  application_id: string;
  slug: string | null;
  is_default: Generated<boolean>;
  created_at: Generated<Date>;
  deleted_at: Date | null;
}

interface WorkflowDefinitionsTable {
  id: string;
  definition: Json<WorkflowDefinition>;
  created_at: Generated<Date>;
}

interface WorkflowVersionsTable {
  id: string;
  workflow_id: string;
  version: number;
  status: 'draft' | 'published';
  definition_id: string;
  created_by: string;
  updated_at: Generated<Date>;
}

interface SessionsTable {
  id: string;
  application_id: string;
  session_number: number;
  token_sha256: Buffer;
  session_type: Generated<SessionType>;
  api_service: Generated<string | null>;
  workflow_id: string | null;
  workflow_version_id: string | null;
  workflow_version: number | null;
  definition_id: string;
  status: Status;
  attempts: Generated<string[]>;
  void_attempts: Generated<string[]>;
  challenges_issued: Generated<Date[]>;
  challenges_drawn: Generated<Date[]>;
  sequence: number;
  enrols: boolean;
  has_portrait: boolean;
  reference_application_id: Generated<string | null>;
  vendor_data: string | null;
  callback: string | null;
  callback_method: string;
  metadata: Json<unknown> | null;
  language: string | null;
  contact_details: Json<JsonObject> | null;
  expected_details: Json<JsonObject> | null;
  reports: Json<FeatureReport[]> | null;
  candidate_id: Generated<string | null>;
  adaptive: OptionalJson<AdaptiveOverride>;
  step_up: OptionalJson<StepUp>;
  device_name: Generated<string | null>;
  shared_from: OptionalJson<SharedFromSession>;
  created_at: Date;
  status_changed_at: Date;
  expires_at: Date;
  deleted_at: Date | null;
}

interface AttemptsTable {
  session_id: string;
  attempt_id: string;
  granted_at: Date;
  evidence: Json<unknown> | null;
  verdict: string | null;
  judged_at: Date | null;
  device_sha256: Generated<Buffer | null>;
  network_sha256: Generated<Buffer | null>;
  method: Generated<LivenessMethod | null>;
  pictures_sha256: Generated<Buffer | null>;
  counted_at: Generated<Date | null>;
}

interface ChallengesTable {
  session_id: string;
  attempt_id: string;
  method: LivenessMethod;
  plan: Json<ChallengePlan>;
  drawn_at: Date;
  issued_at: Date;
  expires_at: Date;
  used_at: Date | null;
  pictures_sha256: Buffer | null;
  kept_until: Date;
}

interface LockoutsTable {
  application_id: string;
  kind: 'subject' | 'device' | 'network';
  key_sha256: Buffer;
  failures: Date[];
  locked_until: Date | null;
  expires_at: Date;
}

interface ReviewsTable {
  id: string;
  session_id: string;
  activity_type: string;
  actor_type: string;
  actor: string;
  previous_status: string | null;
  new_status: string | null;
  comment: string | null;
  metadata: Json<unknown> | null;
  created_at: Date;
}

/** The schema `session`. */
export interface Tables extends AuditTables, ErasureTables, OrganizationTables {
  applications: ApplicationsTable;
  api_keys: ApiKeysTable;
  customizations: CustomizationsTable;
  brand_files: BrandFilesTable;
  workflows: WorkflowsTable;
  workflow_definitions: WorkflowDefinitionsTable;
  workflow_versions: WorkflowVersionsTable;
  sessions: SessionsTable;
  attempts: AttemptsTable;
  challenges: ChallengesTable;
  lockouts: LockoutsTable;
  reviews: ReviewsTable;
}

/** A query runs on the pool or in a transaction. */
export type Queries = Kysely<Tables> | Transaction<Tables>;
