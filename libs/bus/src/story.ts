import { allEvents, captureCompleted, captureEventId } from '@selfsame/contracts/catalog';
import type { AnyTables } from '@selfsame/database/database';
import { type Kysely, sql } from 'kysely';
import type { EventHeaders } from './envelope.ts';

/** Which session a story is about. */
export interface StoryOf {
  readonly sessionId: string;
  readonly applicationId: string;
  /** When it was approved, as far as that is known: what others did then lies near in time. */
  readonly approvals?: readonly Date[];
}

/** One thing that happened to a session, as its service remembers it: ids, codes, scores and times, never what names a person. */
export interface StoryEntry {
  readonly at: Date;
  readonly service: string;
  /** Stable, for programs: `created`, `status`, `attempt`, … */
  readonly kind: string;
  /** One line for people. */
  readonly text: string;
  /** What else people want to know of it, a line each. */
  readonly lines?: readonly string[];
  /** The same for programs: plain JSON, snake_case. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** The event that told the other services. */
  readonly event?: StoryEvent;
  /** What is wrong and what to do about it. */
  readonly problem?: string;
  /** Of W3C trace context, to look up in a tracing backend. */
  readonly traceId?: string;
}

/** An event of a story, and how far it has come. */
export interface StoryEvent {
  readonly id: string;
  /** Such as `session.status_changed`. */
  readonly name: string;
  /** Its number in the stream; null: no stream has it so far. */
  readonly streamSequence: number | null;
}

/** An event as it lies in an outbox. */
export interface PublishedEvent extends StoryEvent {
  readonly enqueuedAt: Date;
  readonly payload: Buffer;
  readonly traceId: string | undefined;
}

/** Where to look for events that are not found by what they are about: they are near in time, and name an id. */
export interface Vicinity {
  readonly subject: string;
  readonly at: Date;
  /** Stands in the message, as text. */
  readonly naming: string;
}

const eventsMax = 1_000;
/** An event is enqueued with what it tells: clocks of two machines may differ by a little. */
const nearMs = 5_000;

interface OutboxRow {
  id: string;
  subject: string;
  payload: Buffer;
  headers: EventHeaders;
  created_at: Date;
  stream_sequence: number | null;
}

/** What this service has told about a session, oldest first: as long as the outbox keeps it. */
export async function readEventsAbout(db: Kysely<AnyTables>, about: string): Promise<PublishedEvent[]> {
  const { rows } = await sql<OutboxRow>`
    SELECT id, subject, payload, headers, created_at, stream_sequence FROM outbox
    WHERE about = ${about} ORDER BY position LIMIT ${eventsMax}`.execute(db);
  return rows.map(toEvent);
}

/** Events of a moment that name an id. Ids begin with their time, so the moment is found by the index over ids. */
export async function readEventsNear(
  db: Kysely<AnyTables>,
  { subject, at, naming }: Vicinity,
): Promise<PublishedEvent[]> {
  const { rows } = await sql<OutboxRow>`
    SELECT id, subject, payload, headers, created_at, stream_sequence FROM outbox
    WHERE id >= ${idAt(at.getTime() - nearMs)} AND id < ${idAt(at.getTime() + nearMs)}
      AND subject = ${subject} AND position(${Buffer.from(naming)}::bytea IN payload) > 0
    ORDER BY position LIMIT ${eventsMax}`.execute(db);
  return rows.map(toEvent);
}

/** One consumer has handled an event. */
export interface Handling {
  readonly consumer: string;
  readonly eventId: string;
  readonly handledAt: Date;
  readonly streamSequence: number;
}

/** One consumer has given an event up. */
export interface Burial {
  readonly consumer: string;
  readonly eventId: string;
  /** Error code of the last failure. */
  readonly reason: string;
  readonly deliveries: number;
}

/** What has become of events at the consumers of one service. */
export async function readHandling(
  db: Kysely<AnyTables>,
  service: string,
  eventIds: readonly string[],
): Promise<{ handled: Handling[]; buried: Burial[] }> {
  if (eventIds.length === 0) return { handled: [], buried: [] };
  const consumers = allEvents.map(({ name }) => consumerOf(service, name));
  const theirs = sql`consumer = ANY (${consumers}::text[]) AND event_id = ANY (${[...eventIds]}::text[])`;
  const handled = await sql<Handling>`
    SELECT consumer, event_id AS "eventId", handled_at AS "handledAt", stream_sequence AS "streamSequence" FROM inbox WHERE ${theirs}`.execute(
    db,
  );
  const buried = await sql<Burial>`
    SELECT consumer, event_id AS "eventId", reason, deliveries FROM dead_letters WHERE ${theirs}`.execute(db);
  return { handled: handled.rows, buried: buried.rows };
}

/** The event that told of a look: capture keeps nothing, but whoever handled it remembers it by this id. */
export function lookEvent(sessionId: string, attemptId: string): Pick<StoryEvent, 'id' | 'name'> {
  return { id: captureEventId(sessionId, attemptId), name: captureCompleted.name };
}

/** What an entry says of the event that told of it. */
export function eventOf({
  id,
  name,
  streamSequence,
  traceId,
}: PublishedEvent): Pick<StoryEntry, 'event' | 'traceId'> {
  return { event: { id, name, streamSequence }, ...(traceId === undefined ? {} : { traceId }) };
}

/** Every consumer that this service has seen on the stream. */
export async function readKnownConsumers(db: Kysely<AnyTables>): Promise<string[]> {
  const { rows } = await sql<{ consumer: string }>`SELECT consumer FROM stream_readers ORDER BY 1`.execute(
    db,
  );
  return rows.map(({ consumer }) => consumer);
}

/** `session.status_changed` as biometrics reads it → `biometrics-session-status_changed`. */
export function consumerOf(service: string, eventName: string): string {
  return `${service}-${eventName.replaceAll('.', '-')}`;
}

/** The trace that a W3C `traceparent` names. */
export function traceIdOf(traceparent: string | null | undefined): string | undefined {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '')?.[1];
}

function toEvent(row: OutboxRow): PublishedEvent {
  return {
    id: row.id,
    name: row.subject.replace(/^selfsame\./, ''),
    streamSequence: row.stream_sequence,
    enqueuedAt: row.created_at,
    payload: row.payload,
    traceId: traceIdOf(row.headers.traceparent),
  };
}

/** The least UUIDv7 of a millisecond. */
function idAt(timeMs: number): string {
  const hex = timeMs.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
