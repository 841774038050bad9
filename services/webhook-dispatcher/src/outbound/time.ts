import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** A moment of the database's clock, which is the one that all replicas share. */
export function fromNow(delayMs: number) {
  return sql<Date>`now() + ${delayMs} * interval '1 millisecond'`;
}

/** The first id that could have been made `ms` ago: ids are UUIDv7, which begin with the milliseconds of their birth. */
export function idBorn(ms: number): string {
  const hex = (Date.now() - ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** What the database's clock says. */
export async function databaseTime(db: Kysely<Tables>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT now()`.execute(db);
  return rows[0]?.now ?? new Date();
}
