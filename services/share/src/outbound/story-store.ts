import type { Queries } from './tables.ts';

const rowsMax = 200;

/** Consents that were asked for a session. Who was asked, and what they said in words, stays where it is. */
export function listToldConsents(db: Queries, applicationId: string, sessionId: string) {
  return db
    .selectFrom('consents')
    .select([
      'id',
      'state',
      'audience',
      'scope',
      'asked_at',
      'answered_at',
      'withdrawn_at',
      'valid_until',
      'evidence_kind',
    ])
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .orderBy('asked_at')
    .limit(rowsMax)
    .execute();
}

/** Shares of a session, without what is sealed in them. */
export function listToldShares(db: Queries, sessionId: string) {
  return db
    .selectFrom('shares')
    .select([
      'share_id',
      'audience',
      'scope',
      'consent_id',
      'created_at',
      'expires_at',
      'revoked_at',
      'revoked_because',
      'imported_at',
    ])
    .where('session_id', '=', sessionId)
    .orderBy('created_at')
    .limit(rowsMax)
    .execute();
}

/** Tries of others to import a share, that were refused. */
export function listRefusals(db: Queries, shareIds: readonly string[]) {
  return db
    .selectFrom('refused_imports')
    .select(['share_id', 'application_id', 'reason', 'refused_at'])
    .where('share_id', 'in', [...shareIds])
    .limit(rowsMax)
    .execute();
}

/** Imports by which a session left (as the one that is shared), and the one by which it came. */
export function listToldImports(db: Queries, sessionId: string) {
  return db
    .selectFrom('imports')
    .select([
      'import_id',
      'share_id',
      'from_session_id',
      'from_application_id',
      'to_application_id',
      'scope',
      'workflow_ref',
      'status',
      'granted',
      'reserved_at',
      'imported_at',
    ])
    .where((where) =>
      where.or([where('import_id', '=', sessionId), where('from_session_id', '=', sessionId)]),
    )
    .orderBy('reserved_at')
    .limit(rowsMax)
    .execute();
}
