import { sql } from 'kysely';
import type { TemplateKey } from '../domain/template.ts';
import type { Tables, TemplateKeyRow } from './tables.ts';

/** One version with what is under it. */
export interface KeyUse extends Omit<TemplateKeyRow, 'salt'> {
  readonly subjects: number;
  readonly candidates: number;
  readonly references: number;
  /** Faces on lists. */
  readonly list_entries: number;
}

/** One version of an application, whatever its state. */
export function findKey(
  db: Tables,
  applicationId: string,
  version: number,
): Promise<Pick<TemplateKeyRow, 'state' | 'salt'> | undefined> {
  return db
    .selectFrom('template_keys')
    .select(['state', 'salt'])
    .where('application_id', '=', applicationId)
    .where('version', '=', version)
    .executeTakeFirst();
}

/**
 * Holds a version until the transaction ends: its revocation waits, and finds what is being written under it.
 * @returns whether it compares still
 */
export async function holdKey(db: Tables, { applicationId, version }: TemplateKey): Promise<boolean> {
  const row = await db
    .selectFrom('template_keys')
    .select('version')
    .where('application_id', '=', applicationId)
    .where('version', '=', version)
    .where('state', '!=', 'revoked')
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** The versions that compare, the active one first. */
export async function findUsableKeys(db: Tables, applicationId: string): Promise<TemplateKey[]> {
  const rows = await db
    .selectFrom('template_keys')
    .select(['version', 'state', 'salt'])
    .where('application_id', '=', applicationId)
    .where('state', '!=', 'revoked')
    .orderBy('state')
    .orderBy('version', 'desc')
    .execute();
  return rows.flatMap(({ version, state, salt }) =>
    state === 'revoked' || salt === null ? [] : [{ applicationId, version, state, salt }],
  );
}

/** Adds a next version as the active one, unless there is an active one. */
export async function addActiveKey(db: Tables, applicationId: string, salt: Buffer): Promise<void> {
  await db
    .insertInto('template_keys')
    .values({
      application_id: applicationId,
      version: sql<number>`(
        SELECT coalesce(max(version), 0) + 1 FROM template_keys WHERE application_id = ${applicationId}
      )`,
      state: 'active',
      salt,
      retired_at: null,
      revoked_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Lets the active version retire. @returns it, if there was one */
export async function retireActiveKey(db: Tables, applicationId: string): Promise<number | undefined> {
  const row = await db
    .updateTable('template_keys')
    .set({ state: 'retiring', retired_at: sql<Date>`now()` })
    .where('application_id', '=', applicationId)
    .where('state', '=', 'active')
    .returning('version')
    .executeTakeFirst();
  return row?.version;
}

/** Revokes a version by removing its salt. @returns whether it was not revoked before */
export async function eraseKey(db: Tables, applicationId: string, version: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('template_keys')
    .set({ state: 'revoked', salt: null, revoked_at: sql<Date>`now()` })
    .where('application_id', '=', applicationId)
    .where('version', '=', version)
    .where('state', '!=', 'revoked')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Every version of an application and how many templates are under it. */
export async function listKeyUse(db: Tables, applicationId: string): Promise<KeyUse[]> {
  const { rows } = await sql<KeyUse>`
    SELECT k.application_id, k.version, k.state, k.created_at, k.retired_at, k.revoked_at,
      count(*) FILTER (WHERE t.kind = 'subject') AS subjects,
      count(*) FILTER (WHERE t.kind = 'candidate') AS candidates,
      count(*) FILTER (WHERE t.kind = 'reference') AS references,
      (SELECT count(*) FROM face_list_entries e
        WHERE e.application_id = k.application_id AND e.key_version = k.version) AS list_entries
    FROM template_keys k LEFT JOIN templates t
      ON t.application_id = k.application_id AND t.key_version = k.version
    WHERE k.application_id = ${applicationId}
    GROUP BY k.application_id, k.version ORDER BY k.version`.execute(db);
  return rows;
}

/**
 * Takes the content of templates under revoked versions, `limit` at most: a subject's row stays and says that they were
 * enrolled, everything else goes. Several replicas take different rows. @returns how many
 */
export async function eraseRevokedTemplates(db: Tables, limit: number): Promise<number> {
  const { rows } = await sql`
    WITH revoked AS (
      SELECT t.application_id, t.kind, t.owner FROM template_keys k JOIN templates t
        ON t.application_id = k.application_id AND t.key_version = k.version AND t.sealed <> ''::bytea
      WHERE k.state = 'revoked' LIMIT ${limit} FOR UPDATE OF t SKIP LOCKED
    ), emptied AS (
      UPDATE templates AS t SET sealed = '' FROM revoked AS r
      WHERE r.kind = 'subject' AND t.kind = 'subject' AND t.application_id = r.application_id AND t.owner = r.owner
    ), dropped AS (
      DELETE FROM templates AS t USING revoked AS r
      WHERE r.kind <> 'subject' AND t.kind = r.kind AND t.application_id = r.application_id AND t.owner = r.owner
    )
    SELECT 1 FROM revoked`.execute(db);
  return rows.length;
}
