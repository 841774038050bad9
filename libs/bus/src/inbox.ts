import type { Database, Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { EventHeaders } from './envelope.ts';
import type { BusTables } from './tables.ts';

/**
 * Longer than an event can come back: its outbox row lives 7 days and may then be published again into a stream that
 * keeps it for another 7.
 */
const retention = '15 days';
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

/** The event that this consumer handled last in this incarnation of the stream. */
export async function lastHandled(
  { db }: Database<BusTables>,
  consumer: string,
  incarnation: string,
): Promise<{ id: string; sequence: number } | undefined> {
  const { rows } = await sql<{ id: string; sequence: number }>`
    SELECT event_id AS id, stream_sequence AS sequence FROM inbox
    WHERE consumer = ${consumer} AND incarnation = ${incarnation}
    ORDER BY handled_at DESC LIMIT 1`.execute(db);
  return rows[0];
}

/** Keeps what could not be handled, for an operator to look at. */
export async function buryEvent(
  { db }: Database<BusTables>,
  letter: {
    consumer: string;
    eventId: string;
    subject: string;
    payload: Uint8Array;
    headers: EventHeaders;
    reason: string;
    deliveries: number;
  },
): Promise<void> {
  const { consumer, eventId, subject, payload, headers, reason, deliveries } = letter;
  await db
    .insertInto('dead_letters')
    .values({
      consumer,
      event_id: eventId,
      subject,
      payload: Buffer.from(payload),
      headers: JSON.stringify(headers),
      reason,
      deliveries,
    })
    .onConflict((conflict) => conflict.columns(['consumer', 'event_id']).doUpdateSet({ reason, deliveries }))
    .execute();
}

/** Removes a batch of what cannot come back any more. True: there may be more. */
export async function pruneInbox({ db }: Database<BusTables>, consumer: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    DELETE FROM inbox WHERE ctid IN (
      SELECT ctid FROM inbox WHERE consumer = ${consumer} AND handled_at < now() - ${retention}::interval
      ORDER BY handled_at LIMIT ${pruneBatch}
    )`.execute(db);
  return numAffectedRows === BigInt(pruneBatch);
}
