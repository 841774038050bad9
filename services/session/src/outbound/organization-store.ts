import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import { isUuid } from '../domain/ids.ts';
import type { Queries, Tables } from './tables.ts';

/** An application as others may know it. */
export interface NamedApplication {
  readonly applicationId: string;
  readonly slug: string;
  readonly name: string;
  readonly organizationId: string;
  readonly environment: 'live' | 'sandbox';
}

/** Adds an organisation unless its slug is taken. */
export async function ensureOrganization(
  tx: Transaction<Tables>,
  id: string,
  slug: string,
): Promise<{ organizationId: string; isNew: boolean }> {
  const created = await tx
    .insertInto('organizations')
    .values({ id, slug })
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (created) return { organizationId: created.id, isNew: true };
  const existing = await tx
    .selectFrom('organizations')
    .select('id')
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow();
  return { organizationId: existing.id, isNew: false };
}

function selectApplications(db: Queries) {
  return db
    .selectFrom('applications')
    .select(['id as applicationId', 'slug', 'name', 'organization_id as organizationId', 'environment']);
}

/** One application by its id. */
export async function findApplicationById(db: Queries, id: string): Promise<NamedApplication | null> {
  return (await selectApplications(db).where('id', '=', id).executeTakeFirst()) ?? null;
}

/** One application by its slug. */
export async function findApplicationBySlug(db: Queries, slug: string): Promise<NamedApplication | null> {
  return (await selectApplications(db).where('slug', '=', slug).executeTakeFirst()) ?? null;
}

/**
 * The application that an id, a slug, or else a name without regard to case means. A name that several have means none of them:
 * whoever is guessed wrong would get what was meant for another.
 */
export async function findApplication(db: Queries, reference: string): Promise<NamedApplication | null> {
  if (isUuid(reference)) return findApplicationById(db, reference);
  const bySlug = await findApplicationBySlug(db, reference);
  if (bySlug !== null) return bySlug;
  const byName = await selectApplications(db)
    .where(sql<boolean>`lower(name) = lower(${reference})`)
    .limit(2)
    .execute();
  return byName.length === 1 ? (byName[0] ?? null) : null;
}

/** So many applications of an organisation are asked for a face; the oldest first. */
const maxSiblings = 50;

/**
 * The other applications of the same organisation, oldest first. A sandbox is none of a live application: what counts as a
 * person there need not be one.
 */
export async function listSiblings(db: Queries, applicationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('applications as own')
    .innerJoin('applications as sibling', (join) =>
      join
        .onRef('sibling.organization_id', '=', 'own.organization_id')
        .onRef('sibling.environment', '=', 'own.environment')
        .onRef('sibling.id', '!=', 'own.id'),
    )
    .select('sibling.id')
    .where('own.id', '=', applicationId)
    .orderBy('sibling.created_at')
    .orderBy('sibling.id')
    .limit(maxSiblings)
    .execute();
  return rows.map(({ id }) => id);
}
