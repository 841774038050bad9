/** Runs one statement as the administrator. */
export type Run = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Applications share the sessions like this: one is large, as in most deployments. */
const largestShare = 0.6;
const chunk = 50_000;

/**
 * Fills the tables of session as a year of work would: copies of a real, approved session with its looks, use and events, of
 * many people, in every status, with numbers without gaps. Unfinished ones are not overdue.
 *
 * @param options.modelId the session that is copied
 * @param options.applicationIds the first one gets most
 * @param options.vacuum `false` where only plans matter
 */
export async function fillSessions(
  run: Run,
  options: { count: number; modelId: string; applicationIds: readonly string[]; vacuum?: boolean },
): Promise<void> {
  const { count, modelId, applicationIds, vacuum = true } = options;
  const others = applicationIds.length - 1;
  for (const [index, applicationId] of applicationIds.entries()) {
    const share = others === 0 ? 1 : index === 0 ? largestShare : (1 - largestShare) / others;
    const own = Math.round(count * share);
    for (let filled = 0; filled < own; filled += chunk) {
      await addSessions(run, { modelId, applicationId, count: Math.min(chunk, own - filled), of: own });
    }
  }
  // As autovacuum does in the course of such a year.
  for (const table of ['sessions', 'attempts', 'usage', 'outbox', 'applications']) {
    await run(`${vacuum ? 'VACUUM (ANALYZE)' : 'ANALYZE'} session.${table}`);
  }
}

async function addSessions(
  run: Run,
  {
    modelId,
    applicationId,
    count,
    of,
  }: { modelId: string; applicationId: string; count: number; of: number },
): Promise<void> {
  const parts = [modelId, applicationId, count, of];
  await run(
    `WITH taken AS (
       UPDATE session.applications SET last_session_number = last_session_number + $3::int WHERE id = $2::uuid
       RETURNING last_session_number - $3::int AS before
     ), made AS (
       SELECT gen_random_uuid() AS id, gen_random_uuid() AS attempt_id, before + i AS number,
         -- Evenly over a year, the newest now.
         now() - interval '365 days' * (1 - least(1, (before + i)::float8 / $4::int)) AS at,
         (before + i) % 100 AS lot, hashint8(before + i) AS hash
       FROM taken, generate_series(1, $3::int) AS i
     ), shaped AS (
       SELECT made.*, CASE WHEN lot < 72 THEN 'Approved' WHEN lot < 82 THEN 'Declined' WHEN lot < 86 THEN 'In Review'
           WHEN lot < 94 THEN 'Expired' WHEN lot < 98 THEN 'Abandoned' ELSE 'Not Started' END AS status
       FROM made
     ), added AS (
       INSERT INTO session.sessions
       SELECT filled.*
       FROM shaped, session.sessions AS model, LATERAL jsonb_populate_record(model, jsonb_build_object(
         'id', shaped.id, 'application_id', $2::uuid, 'session_number', number,
         'token_sha256', '\\x' || encode(sha256(shaped.id::text::bytea), 'hex'),
         'status', shaped.status, 'vendor_data', 'person-' || abs(hash) % greatest(1, $4::int / 5),
         'attempts', CASE WHEN lot < 86 THEN to_jsonb(ARRAY[shaped.attempt_id]) ELSE '[]'::jsonb END,
         'contact_details', CASE WHEN lot % 4 = 0 THEN jsonb_build_object('email', 'someone' || number || '@example.com') END,
         'expected_details', CASE WHEN lot % 5 = 0
           THEN jsonb_build_object('first_name', 'Name' || abs(hash) % 5000, 'last_name', 'Family' || abs(hash) % 9000) END,
         'reports', CASE WHEN lot < 72 THEN model.reports WHEN lot < 86 THEN jsonb_set(model.reports, '{0,warnings}',
           '[{"risk": "LIVENESS_FACE_ATTACK", "log_type": "error"}]') END,
         'created_at', at, 'status_changed_at', at + interval '20 seconds', 'candidate_id', NULL,
         'expires_at', CASE WHEN shaped.status = 'Not Started' THEN now() + interval '30 days' ELSE at + interval '7 days' END
       )) AS filled
       WHERE model.id = $1::uuid
     ), looked AS (
       INSERT INTO session.attempts (session_id, attempt_id, granted_at, evidence, verdict, judged_at, method)
       SELECT shaped.id, shaped.attempt_id, at, model.evidence, status, at + interval '1 second', model.method
       FROM shaped, (SELECT * FROM session.attempts WHERE session_id = $1::uuid LIMIT 1) AS model WHERE lot < 86
     ), used AS (
       INSERT INTO session.usage (session_id, application_id, item, price_micros, used_at)
       SELECT shaped.id, $2::uuid, 'BIOMETRIC_AUTHENTICATION', 100000, at FROM shaped WHERE lot < 86
     )
     -- Events stay a week; those of here were acknowledged long ago.
     INSERT INTO session.outbox (id, subject, payload, headers, created_at, incarnation, stream_sequence, about)
     SELECT gen_random_uuid()::text, model.subject, model.payload, model.headers, at, model.incarnation, model.stream_sequence,
       shaped.id::text
     FROM shaped, (SELECT * FROM session.outbox WHERE incarnation IS NOT NULL ORDER BY position LIMIT 1) AS model,
       generate_series(1, 3)
     WHERE at > now() - interval '6 days'`,
    parts,
  );
}
