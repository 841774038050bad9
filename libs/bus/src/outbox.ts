import type { Database, Transaction } from '@selfsame/database/database';
import { type Kysely, sql } from 'kysely';
import type { EventHeaders } from './envelope.ts';
import type { BusTables } from './tables.ts';

/** An event that is on its way to the stream. */
export interface OutboxEvent {
  position: number;
  id: string;
  subject: string;
  payload: Buffer;
  headers: EventHeaders;
}

/** The stream has stored the event at `position` of the outbox as its message number `sequence`. */
export interface Acknowledgement {
  position: number;
  incarnation: string;
  sequence: number;
}

/** The fast path has had its chance after this long. */
const freshness = '1 second';
const pruneBatch = 1000;

/**
 * @param about of an event that tells about a person: the id by which it is found when the person is erased
 * @returns undefined when the id is in the outbox already: the same event, enqueued twice
 */
export async function insertEvent(
  tx: Transaction<BusTables>,
  event: Omit<OutboxEvent, 'position'>,
  about: string | null = null,
): Promise<OutboxEvent | undefined> {
  const inserted = await tx
    .insertInto('outbox')
    .values({ ...event, headers: JSON.stringify(event.headers), about })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('position')
    .executeTakeFirst();
  return inserted && { ...event, position: inserted.position };
}

/** Events that no stream has. */
export interface Unpublished {
  /** Counted up to ten thousand: a longer queue takes longer to count, and tells nobody more. */
  readonly unpublished: number;
  readonly oldestUnpublished: Date | null;
}

const countedTo = 10_000;

/** Reads by the index over what waits; cheap however much was published. */
export async function readUnpublished(db: Kysely<BusTables>): Promise<Unpublished> {
  const { rows } = await sql<Unpublished>`
    SELECT
      (SELECT count(*)::int FROM (SELECT FROM outbox WHERE incarnation IS NULL LIMIT ${countedTo}) AS waiting) AS unpublished,
      (SELECT created_at FROM outbox WHERE incarnation IS NULL ORDER BY position LIMIT 1) AS "oldestUnpublished"`.execute(
    db,
  );
  return rows[0] ?? { unpublished: 0, oldestUnpublished: null };
}

/** Locks events that no stream has, oldest first; those that another replica has locked are its business. */
export function takeWaiting(tx: Transaction<BusTables>, limit: number): Promise<OutboxEvent[]> {
  return tx
    .selectFrom('outbox')
    .select(['position', 'id', 'subject', 'payload', 'headers'])
    .where('incarnation', 'is', null)
    .where('created_at', '<', sql<Date>`now() - ${freshness}::interval`)
    .orderBy('position')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** Locks events that only another incarnation of the stream has acknowledged, in the order they had there. */
export async function takeLost(
  tx: Transaction<BusTables>,
  incarnation: string,
  limit: number,
): Promise<OutboxEvent[]> {
  const { rows } = await sql<OutboxEvent>`
    SELECT position, id, subject, payload, headers FROM outbox
    WHERE incarnation = coalesce(
      (SELECT min(incarnation) FROM outbox WHERE incarnation < ${incarnation}),
      (SELECT max(incarnation) FROM outbox WHERE incarnation > ${incarnation})
    )
    ORDER BY stream_sequence
    LIMIT ${limit} FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows;
}

export async function recordAcknowledged(
  db: Kysely<BusTables>,
  acknowledged: readonly Acknowledgement[],
): Promise<void> {
  if (acknowledged.length === 0) return;
  // In the order in which everybody locks rows.
  const ordered = acknowledged.toSorted((one, other) => one.position - other.position);
  await sql`
    UPDATE outbox SET incarnation = new.incarnation, stream_sequence = new.sequence
    FROM unnest(
      ${ordered.map((one) => one.position)}::bigint[],
      ${ordered.map((one) => one.incarnation)}::timestamptz[],
      ${ordered.map((one) => one.sequence)}::bigint[]
    ) AS new (position, incarnation, sequence)
    WHERE outbox.position = new.position`.execute(db);
}

/** The newest events that this incarnation acknowledged, before `bound` when given. */
export async function newestAcknowledged(
  db: Kysely<BusTables>,
  incarnation: string,
  limit: number,
  bound: { sequence: number; position: number } | undefined,
): Promise<{ position: number; id: string; sequence: number }[]> {
  const older = bound ? sql`AND (stream_sequence, position) < (${bound.sequence}, ${bound.position})` : sql``;
  const { rows } = await sql<{ position: number; id: string; sequence: number }>`
    SELECT position, id, stream_sequence AS sequence FROM outbox
    WHERE incarnation = ${incarnation} ${older}
    ORDER BY stream_sequence DESC, position DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/** Makes events wait to be published again. */
export async function forgetAcknowledgements(db: Kysely<BusTables>, positions: number[]): Promise<void> {
  await sql`
    UPDATE outbox SET incarnation = NULL, stream_sequence = NULL
    WHERE position = ANY(${positions}::bigint[])`.execute(db);
}

/** Removes what tells about these, published or not. Of an event that another replica is publishing, when it has done so. */
export async function forgetEvents(tx: Transaction<BusTables>, about: readonly string[]): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM outbox WHERE position IN (
      SELECT position FROM outbox WHERE about = ANY(${[...about]}::text[]) ORDER BY position FOR UPDATE
    )`.execute(tx);
  return Number(numAffectedRows);
}

/** Removes a batch of what the stream has had for long; what it never acknowledged stays. True: there may be more. */
export async function pruneOutbox(
  { db }: Database<BusTables>,
  incarnation: string,
  keepMs: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    DELETE FROM outbox WHERE position IN (
      SELECT position FROM (
        SELECT position, created_at, incarnation FROM outbox ORDER BY position LIMIT ${pruneBatch} FOR UPDATE SKIP LOCKED
      ) AS oldest
      WHERE created_at < now() - ${keepMs} * interval '1 millisecond' AND incarnation = ${incarnation}
    )`.execute(db);
  return numAffectedRows === BigInt(pruneBatch);
}
