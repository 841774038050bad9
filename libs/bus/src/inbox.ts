import type { Database, Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { BusTables } from './tables.ts';

const dayMs = 24 * 60 * 60 * 1000;
const pruneBatch = 1000;

/** Where a delivery stands in the stream. */
export interface Place {
  incarnation: string;
  sequence: number;
}

/**
 * Marks the event as handled by this transaction. A concurrent claim waits for the other transaction and loses when that
 * commits.
 * @returns false when it was handled before
 */
export async function claimEvent(
  tx: Transaction<BusTables>,
  consumer: string,
  eventId: string,
  place: Place,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('inbox')
    .values({
      consumer,
      event_id: eventId,
      incarnation: place.incarnation,
      stream_sequence: place.sequence,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/**
 * The same for many events at once. Ids that stand there twice count once.
 * @returns ids of those that were not handled before
 */
export async function claimEvents(
  tx: Transaction<BusTables>,
  consumer: string,
  events: readonly { id: string; place: Place }[],
): Promise<Set<string>> {
  const { rows } = await sql<{ event_id: string }>`
    INSERT INTO inbox (consumer, event_id, incarnation, stream_sequence)
    SELECT ${consumer}, * FROM unnest(
      ${events.map((event) => event.id)}::text[],
      ${events.map((event) => event.place.incarnation)}::timestamptz[],
      ${events.map((event) => event.place.sequence)}::bigint[]
    ) AS e (event_id, incarnation, stream_sequence)
    ORDER BY e.event_id -- two replicas that claim the same events wait for each other in one direction
    ON CONFLICT DO NOTHING
    RETURNING event_id`.execute(tx);
  return new Set(rows.map((row) => row.event_id));
}

/** Whether the event was handled by a transaction that has committed. A claim costs three round trips, this one. */
export async function wasHandled(
  { db }: Database<BusTables>,
  consumer: string,
  eventId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('inbox')
    .select('event_id')
    .where('consumer', '=', consumer)
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  return row !== undefined;
}

/** The events that this consumer handled last in this incarnation of the stream, the latest first. */
export async function lastHandled(
  { db }: Database<BusTables>,
  consumer: string,
  incarnation: string,
  limit: number,
): Promise<{ id: string; sequence: number }[]> {
  const { rows } = await sql<{ id: string; sequence: number }>`
    SELECT event_id AS id, stream_sequence AS sequence FROM inbox
    WHERE consumer = ${consumer} AND incarnation = ${incarnation}
      -- Nothing of this stream was handled before there was it: or a new one would be looked for through all of the inbox.
      AND handled_at >= ${incarnation}::timestamptz - interval '1 day'
    ORDER BY handled_at DESC, stream_sequence DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/**
 * Removes a batch of what cannot come back any more. An event is published again for `keepMs` after it was enqueued, so a
 * copy in the stream is at most so much younger than the handling of the event.
 *
 * @param oldest when the oldest event of the stream came
 * @returns true when there may be more
 */
export async function pruneInbox(
  { db }: Database<BusTables>,
  consumer: string,
  options: { keepMs: number; oldest: Date | undefined },
): Promise<boolean> {
  const { keepMs, oldest } = options;
  const now = Date.now();
  // In a row the handled and the published again: into a stream that has just become empty, say.
  const limit = new Date(Math.min((oldest?.getTime() ?? now) - keepMs, now - 2 * keepMs) - dayMs);
  const { numAffectedRows } = await sql`
    DELETE FROM inbox WHERE ctid IN (
      SELECT ctid FROM inbox WHERE consumer = ${consumer} AND handled_at < ${limit}
      ORDER BY handled_at LIMIT ${pruneBatch}
    )`.execute(db);
  return numAffectedRows === BigInt(pruneBatch);
}
