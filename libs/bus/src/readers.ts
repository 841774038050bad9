import type { ConsumerInfo } from '@nats-io/jetstream';
import { streamName } from '@selfsame/contracts/catalog';
import type { Database } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { JetStream, StreamView } from './jetstream.ts';
import type { BusTables } from './tables.ts';

/** A durable consumer that has not read everything yet. */
export interface Reader {
  consumer: string;
  /** The first event that it needs. */
  sequence: number;
  /** When that came; undefined for a consumer that a new stream does not have yet. */
  since: Date | undefined;
}

/** A consumer that somebody has deleted is missed for this long: its service may be making it anew. */
const missedFor = '2 minutes';
/** A service that has been away since the stream was lost is waited for this long. */
const rememberedFor = '7 days';

/**
 * Who needs what of the stream; whoever has read everything is left out.
 *
 * A new stream has no consumers until their services have seen it. So that nothing is trimmed before, every service
 * remembers whom it has seen: a consumer that was in another incarnation and is not in this one needs everything.
 */
export async function findReaders(
  { jetstream, database }: { jetstream: JetStream; database: Database<BusTables> },
  view: StreamView,
): Promise<Reader[]> {
  const durable: ConsumerInfo[] = [];
  for await (const info of jetstream.manager.consumers.list(streamName)) {
    if (info.config.durable_name) durable.push(info); // others are somebody who is having a look
  }
  const { incarnation, lastSequence } = await jetstream.look(); // later than them, so that none is ahead by being quick
  if (incarnation !== view.incarnation) throw new Error('the stream was made anew meanwhile');
  const needs = await Promise.all(durable.map((info) => needOf(jetstream, info, { ...view, lastSequence })));
  const present = durable.map(({ name }) => name);
  await rememberReaders(database, present, incarnation);
  const missing = await findMissing(database, present, incarnation);
  const everything = { sequence: view.firstSequence, since: undefined };
  return [...needs.flat(), ...missing.map((consumer) => ({ consumer, ...everything }))];
}

/** Its first message after all that it has acknowledged. The server's own count of what is pending is not relied on. */
async function needOf(jetstream: JetStream, info: ConsumerInfo, view: StreamView): Promise<Reader[]> {
  const { name: consumer, config, delivered, ack_floor, num_ack_pending } = info;
  // It remembers a longer stream than this; its service will make it anew.
  if (delivered.stream_seq > view.lastSequence) {
    return [{ consumer, sequence: view.firstSequence, since: view.oldest }];
  }
  const done = num_ack_pending === 0 ? delivered.stream_seq : ack_floor.stream_seq;
  const subjects = config.filter_subjects ?? [config.filter_subject ?? '>'];
  const next = await Promise.all(subjects.map((subject) => jetstream.next(subject, done + 1)));
  return next.flatMap((message) =>
    message ? [{ consumer, sequence: message.sequence, since: message.time }] : [],
  );
}

/** Notes that these consumers are on the stream; a subscription does so for its own at once. */
export async function rememberReaders(
  { db }: Database<BusTables>,
  present: readonly string[],
  incarnation: string,
): Promise<void> {
  await sql`
    INSERT INTO stream_readers (consumer, incarnation)
    SELECT consumer, ${incarnation}::timestamptz FROM unnest(${present}::text[]) AS seen (consumer) ORDER BY consumer
    ON CONFLICT (consumer) DO UPDATE SET incarnation = excluded.incarnation, seen_at = now()`.execute(db);
}

/** Consumers that are gone with an earlier incarnation of the stream, or just now. */
async function findMissing(
  { db }: Database<BusTables>,
  present: readonly string[],
  incarnation: string,
): Promise<string[]> {
  await sql`
    DELETE FROM stream_readers WHERE seen_at < now() - ${rememberedFor}::interval
    OR (incarnation = ${incarnation} AND seen_at < now() - ${missedFor}::interval)`.execute(db);
  const { rows } = await sql<{ consumer: string }>`
    SELECT consumer FROM stream_readers WHERE consumer <> ALL(${present}::text[])`.execute(db);
  return rows.map(({ consumer }) => consumer);
}
