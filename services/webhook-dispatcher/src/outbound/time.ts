import { sql } from 'kysely';

/** A moment of the database's clock, which is the one that all replicas share. */
export function fromNow(delayMs: number) {
  return sql<Date>`now() + ${delayMs} * interval '1 millisecond'`;
}
