import { sql } from 'kysely';
import type { FeatureReport } from '../domain/features/feature.ts';
import type { StepUp } from '../domain/session.ts';
import type { SharedFromSession } from '../domain/shared-session.ts';
import type { WorkflowDefinition } from '../domain/workflow.ts';
import type { Queries } from './tables.ts';

/** A session of any kind, deleted ones included, without what names its person. */
export interface ToldRow {
  id: string;
  application_id: string;
  slug: string;
  environment: 'live' | 'sandbox';
  session_number: number;
  session_type: 'HOSTED' | 'API' | 'IMPORTED';
  api_service: string | null;
  workflow_id: string | null;
  workflow_slug: string | null;
  workflow_version: number | null;
  definition: WorkflowDefinition;
  status: string;
  has_subject: boolean;
  has_portrait: boolean;
  has_callback: boolean;
  enrols: boolean;
  reports: FeatureReport[] | null;
  step_up: StepUp | null;
  shared_from: SharedFromSession | null;
  attempts: string[];
  void_attempts: string[];
  created_at: Date;
  status_changed_at: Date;
  expires_at: Date;
  deleted_at: Date | null;
}

/** By its id, whoever it belongs to: for operators. @returns null when there never was one */
export async function findTold(db: Queries, sessionId: string): Promise<ToldRow | null> {
  const { rows } = await sql<ToldRow>`
    SELECT s.id, s.application_id, a.slug, a.environment, s.session_number, s.session_type, s.api_service, s.workflow_id,
      w.slug AS workflow_slug, s.workflow_version, d.definition, s.status, s.vendor_data IS NOT NULL AS has_subject,
      s.has_portrait, s.callback IS NOT NULL AS has_callback, s.enrols, s.reports, s.step_up, s.shared_from, s.attempts,
      s.void_attempts, s.created_at, s.status_changed_at, s.expires_at, s.deleted_at
    FROM sessions AS s
    JOIN applications AS a ON a.id = s.application_id
    JOIN workflow_definitions AS d ON d.id = s.definition_id
    LEFT JOIN workflows AS w ON w.id = s.workflow_id
    WHERE s.id = ${sessionId}`.execute(db);
  return rows[0] ?? null;
}

/** A look as it is told: what was found is narrowed by whoever tells it. */
export interface ToldAttempt {
  attempt_id: string;
  granted_at: Date;
  method: string | null;
  judged_at: Date | null;
  verdict: string | null;
  evidence: unknown;
}

const attemptsMax = 1_000;

/** Oldest first. */
export function listToldAttempts(db: Queries, sessionId: string): Promise<ToldAttempt[]> {
  return db
    .selectFrom('attempts')
    .select(['attempt_id', 'granted_at', 'method', 'judged_at', 'verdict', 'evidence'])
    .where('session_id', '=', sessionId)
    .orderBy('granted_at')
    .orderBy('attempt_id')
    .limit(attemptsMax)
    .execute();
}

/** Challenges that are kept still: for an hour after they were used or over. Their plans stay where they are. */
export function listToldChallenges(db: Queries, sessionId: string) {
  return db
    .selectFrom('challenges')
    .select(['attempt_id', 'method', 'issued_at', 'expires_at', 'used_at'])
    .where('session_id', '=', sessionId)
    .orderBy('issued_at')
    .limit(attemptsMax)
    .execute();
}

/** What a session costs; undefined while it costs nothing. */
export function findUse(db: Queries, sessionId: string) {
  return db
    .selectFrom('usage')
    .select(['item', 'price_micros', 'used_at'])
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
}

/** Who made a call that answered well. */
export interface Caller {
  id: string;
  actor_type: string;
  actor: string;
  occurred_at: Date;
  key_created_at: Date | null;
}

/** Calls of an application within moments of a time; more than one when it was busy. */
export async function listCallers(
  db: Queries,
  call: { applicationId: string; at: Date; method: string; path: string },
): Promise<Caller[]> {
  const { applicationId, at, method, path } = call;
  const { rows } = await sql<Caller>`
    SELECT DISTINCT ON (l.actor_type, l.actor) l.id, l.actor_type, l.actor, l.occurred_at, k.created_at AS key_created_at
    FROM (
      SELECT id, actor_type, actor, occurred_at FROM audit_log
      WHERE application_id = ${applicationId} AND occurred_at >= ${at}::timestamptz - interval '1 second'
        AND occurred_at < ${at}::timestamptz + interval '5 seconds'
        AND method = ${method} AND path = ${path} AND status BETWEEN 200 AND 299
    ) AS l
    LEFT JOIN api_keys AS k ON k.id = CASE WHEN l.actor_type = 'API_KEY' THEN l.actor::uuid END
    ORDER BY l.actor_type, l.actor, l.occurred_at
    LIMIT 20`.execute(db);
  return rows;
}

/** The erasure of a person that took a session along, and who has confirmed it. */
export interface ToldErasure {
  id: string;
  state: string;
  requested_at: Date;
  told_at: Date | null;
  erased_at: Date | null;
  confirmed: { service: string; at: string; removed: number; kept: number }[];
}

/** Sessions are erased within days of the request, so that few erasures are looked through. */
export async function findToldErasure(
  db: Queries,
  session: { id: string; applicationId: string; deletedAt: Date },
): Promise<ToldErasure | null> {
  const { rows } = await sql<ToldErasure>`
    SELECT e.id, e.state, e.requested_at, e.told_at, e.erased_at, coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'service', c.service, 'at', c.confirmed_at,
        'removed', (SELECT coalesce(sum((r ->> 'count')::bigint), 0) FROM jsonb_array_elements(c.removed) AS r),
        'kept', (SELECT coalesce(sum((r ->> 'count')::bigint), 0) FROM jsonb_array_elements(c.kept) AS r)
      ) ORDER BY c.confirmed_at)
      FROM erasure_confirmations AS c WHERE c.erasure_id = e.id
    ), '[]') AS confirmed
    FROM erasures AS e JOIN erasure_sessions AS s ON s.erasure_id = e.id AND s.session_id = ${session.id}
    WHERE e.application_id = ${session.applicationId}
      AND e.requested_at BETWEEN ${session.deletedAt}::timestamptz - interval '7 days'
        AND ${session.deletedAt}::timestamptz + interval '1 minute'
    LIMIT 1`.execute(db);
  return rows[0] ?? null;
}
