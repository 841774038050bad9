import { sql } from 'kysely';
import type { Tables } from './tables.ts';
import type { SessionKey } from './template-store.ts';

/** Templates that a session has left, without what is sealed in them. */
export function listSessionTemplates(db: Tables, { applicationId, sessionId }: SessionKey) {
  return db
    .selectFrom('templates')
    .select([
      'kind',
      'owner',
      'key_version',
      'pipeline_version',
      'created_at',
      'expires_at',
      'rekey',
      'adapts',
      sql<boolean>`sealed = ''::bytea`.as('is_revoked'),
    ])
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .orderBy('created_at')
    .limit(100)
    .execute();
}

/** How looks of the session changed a template that it owns or is about; by the subject, since that is how history is kept. */
export function listSessionChanges(db: Tables, session: SessionKey, subject: string) {
  return db
    .selectFrom('template_history')
    .select(['at', 'kind', 'look_similarity', 'previous_similarity', 'anchor_similarity'])
    .where('application_id', '=', session.applicationId)
    .where('subject', '=', subject)
    .where('session_id', '=', session.sessionId)
    .orderBy('position')
    .execute();
}

/** Pictures that are kept of a session: how many of which kind. */
export function countKeptImages(db: Tables, { applicationId, sessionId }: SessionKey) {
  return db
    .selectFrom('kept_images')
    .select((query) => [
      'kind',
      query.fn.countAll<number>().as('count'),
      query.fn.min('created_at').as('since'),
    ])
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('state', '=', 'kept')
    .groupBy('kind')
    .execute();
}

/** What an import of the session came to, which a grant of its share depends on. */
export function findImportDecision(db: Tables, { applicationId, sessionId }: SessionKey) {
  return db
    .selectFrom('import_decisions')
    .select(['status', 'decided_at'])
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
}
