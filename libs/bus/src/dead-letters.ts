import type { Database, Transaction } from '@selfsame/database/database';
import type { Log } from '@selfsame/runtime/log';
import { sql } from 'kysely';
import type { EventHeaders } from './envelope.ts';
import type { BusTables } from './tables.ts';

/** An event that a consumer could not handle, kept until an operator has it replayed or drops it. */
export interface DeadLetter {
  eventId: string;
  subject: string;
  payload: Uint8Array;
  headers: EventHeaders;
  deliveries: number;
}

const complainEveryMs = 60 * 60 * 1000;

/** Keeps what could not be handled. */
export async function buryEvent(
  { db }: Database<BusTables>,
  consumer: string,
  letter: DeadLetter & { reason: string },
): Promise<void> {
  const { eventId, subject, payload, headers, reason, deliveries } = letter;
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

/**
 * Takes the next letter that an operator wants replayed. Its mark goes and its delivery counts at once, so that an event
 * that ends the process is tried once and not for ever; no other replica takes it.
 */
export async function takeRequested(
  { db }: Database<BusTables>,
  consumer: string,
): Promise<DeadLetter | undefined> {
  const { rows } = await sql<DeadLetter>`
    UPDATE dead_letters SET replay_requested_at = NULL, deliveries = deliveries + 1
    WHERE consumer = ${consumer} AND event_id = (
      SELECT event_id FROM dead_letters WHERE consumer = ${consumer} AND replay_requested_at IS NOT NULL
      ORDER BY replay_requested_at, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING event_id AS "eventId", subject, payload, headers, deliveries`.execute(db);
  return rows[0];
}

/**
 * Removes letters that tell about these: what they were about is gone.
 * @param aboutOf the id by which a letter is found, if it tells about a person
 */
export async function forgetLetters(
  tx: Transaction<BusTables>,
  about: ReadonlySet<string>,
  aboutOf: (letter: { subject: string; payload: Uint8Array }) => string | undefined,
): Promise<number> {
  const letters = await tx
    .selectFrom('dead_letters')
    .select(['consumer', 'event_id', 'subject', 'payload'])
    .execute();
  const theirs = letters.filter((letter) => about.has(aboutOf(letter) ?? ''));
  for (const { consumer, event_id } of theirs) await removeLetter(tx, consumer, event_id);
  return theirs.length;
}

/** The event was handled after all, by this transaction. */
export async function removeLetter(
  tx: Transaction<BusTables>,
  consumer: string,
  eventId: string,
): Promise<void> {
  await tx
    .deleteFrom('dead_letters')
    .where('consumer', '=', consumer)
    .where('event_id', '=', eventId)
    .execute();
}

/** The replay has failed. */
export async function keepLetter(
  { db }: Database<BusTables>,
  consumer: string,
  eventId: string,
  reason: string,
): Promise<void> {
  await db
    .updateTable('dead_letters')
    .set({ reason })
    .where('consumer', '=', consumer)
    .where('event_id', '=', eventId)
    .execute();
}

/** A dead letter for the eyes of an operator: what it is about, not what it says. */
export interface LetterSummary {
  consumer: string;
  eventId: string;
  subject: string;
  reason: string;
  deliveries: number;
  createdAt: Date;
  isRequested: boolean;
}

/** @returns the oldest, and how many there are in all */
export async function listLetters(
  { db }: Database<BusTables>,
  limit: number,
): Promise<{ letters: LetterSummary[]; total: number }> {
  const { rows: letters } = await sql<LetterSummary>`
    SELECT consumer, event_id AS "eventId", subject, reason, deliveries, created_at AS "createdAt",
      replay_requested_at IS NOT NULL AS "isRequested"
    FROM dead_letters ORDER BY created_at, consumer, event_id LIMIT ${limit}`.execute(db);
  const { total } = await db
    .selectFrom('dead_letters')
    .select((query) => query.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { letters, total };
}

/** Marks one event, or all, for the running service. @returns how many letters */
export async function requestReplay(
  { db }: Database<BusTables>,
  eventId: string | undefined,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    UPDATE dead_letters SET replay_requested_at = now()
    WHERE event_id = coalesce(${eventId ?? null}, event_id)`.execute(db);
  return Number(numAffectedRows);
}

/** Gives one event up, or all. @returns how many letters */
export async function dropLetters({ db }: Database<BusTables>, eventId: string | undefined): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM dead_letters WHERE event_id = coalesce(${eventId ?? null}, event_id)`.execute(db);
  return Number(numAffectedRows);
}

/**
 * Says at the start and every hour how many letters wait, as an error: somebody has to read them. They are never removed
 * by themselves, each being an event without its effect.
 *
 * @returns ends it
 */
export function watchDeadLetters(options: {
  service: string;
  database: Database<BusTables>;
  log: Log;
}): () => Promise<void> {
  const { service, database, log } = options;
  const look = async () => {
    try {
      const rows = await database.db
        .selectFrom('dead_letters')
        .select((query) => ['consumer', query.fn.countAll<number>().as('letters')])
        .groupBy('consumer')
        .execute();
      if (rows.length === 0) return;
      const letters = rows.reduce((sum, row) => sum + row.letters, 0);
      const consumers = Object.fromEntries(rows.map((row) => [row.consumer, row.letters]));
      const command = `pnpm dead-letters list --service ${service}`;
      log.error(
        { letters, consumers, command },
        'events wait in dead_letters for somebody to mend and replay them',
      );
    } catch (err) {
      log.warn({ err }, 'dead letters were not counted');
    }
  };
  let looking = look();
  const timer = setInterval(() => {
    looking = look();
  }, complainEveryMs).unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
