import { errorCode } from '@selfsame/runtime/errors';
import { type Kysely, sql, type Updateable } from 'kysely';
import type { Destination } from '../domain/delivery.ts';
import { toDestination } from './destination-row.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

const uniqueViolation = '23505';

/** What may change about a destination; what is not named stays. */
export type DestinationChange = {
  -readonly [Field in keyof Omit<
    Destination,
    'id' | 'applicationId' | 'isApplicationEndpoint' | 'createdAt' | 'updatedAt'
  >]?: Destination[Field];
};

/** An application's destinations that have a URL, oldest first. */
export async function listDestinations(db: Queries, applicationId: string): Promise<Destination[]> {
  const rows = await db
    .selectFrom('destinations')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is', null)
    .where('url', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toDestination);
}

/** A destination that has a URL, or undefined when this application has none of that id. */
export async function findDestination(
  db: Queries,
  applicationId: string,
  id: string,
): Promise<Destination | undefined> {
  const row = await db
    .selectFrom('destinations')
    .selectAll()
    .where('id', '=', id)
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is', null)
    .where('url', 'is not', null)
    .executeTakeFirst();
  return row && toDestination(row);
}

/** Any destination that was not deleted, with or without a URL. */
export async function findDestinationById(db: Queries, id: string): Promise<Destination | undefined> {
  const row = await db
    .selectFrom('destinations')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row && toDestination(row);
}

/** Some destination, if there is one at all. */
export async function findAnyDestination(db: Queries): Promise<Destination | undefined> {
  const row = await db.selectFrom('destinations').selectAll().limit(1).executeTakeFirst();
  return row && toDestination(row);
}

/**
 * The application's own endpoint, with or without a URL.
 *
 * @param options.lock until the end of the transaction, as `lockDestination` does
 */
export async function findApplicationEndpoint(
  db: Queries,
  applicationId: string,
  options: { lock?: boolean } = {},
): Promise<Destination | undefined> {
  const query = db
    .selectFrom('destinations')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('is_application_endpoint', '=', true);
  const row = await (options.lock ? query.forNoKeyUpdate() : query).executeTakeFirst();
  return row && toDestination(row);
}

/** @returns false when the application has this URL, or an endpoint of its own, already */
export async function insertDestination(
  db: Queries,
  destination: Omit<Destination, 'createdAt' | 'updatedAt'>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('destinations')
    .values({
      id: destination.id,
      application_id: destination.applicationId,
      is_application_endpoint: destination.isApplicationEndpoint,
      label: destination.label,
      url: destination.url,
      enabled: destination.enabled,
      webhook_version: destination.version,
      subscribed_events: [...destination.subscribedEvents],
      sealed_secret: destination.sealedSecret,
      deleted_at: null,
      ordered: destination.ordered,
      retry_schedule: JSON.stringify(destination.retrySchedule),
      rate_per_second: destination.ratePerSecond,
      max_in_flight: destination.maxInFlight,
      asymmetric_signature: destination.asymmetricSignature,
      disabled_reason: destination.disabledReason,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/**
 * Locks a destination that has a URL until the end of the transaction. Deliveries to it may be written meanwhile. Who locks
 * its health too does so first.
 */
export async function lockDestination(
  tx: Queries,
  applicationId: string,
  id: string,
): Promise<Destination | undefined> {
  const row = await tx
    .selectFrom('destinations')
    .selectAll()
    .where('id', '=', id)
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is', null)
    .where('url', 'is not', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && toDestination(row);
}

/** How many destinations with a URL an application has; nobody else counts them until the end of the transaction. */
export async function countDestinations(tx: Queries, applicationId: string): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`destinations of ${applicationId}`}, 0))`.execute(
    tx,
  );
  const { count } = await tx
    .selectFrom('destinations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is', null)
    .where('url', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

/** @throws an error that `isUrlTaken` knows when another destination of the application has the new URL */
export async function updateDestination(db: Queries, id: string, change: DestinationChange): Promise<void> {
  await db.updateTable('destinations').set(toRow(change)).where('id', '=', id).execute();
}

/** Whether a transaction has failed because an application would have had the same URL twice. */
export function isUrlTaken(error: unknown): boolean {
  return errorCode(error) === uniqueViolation;
}

/** Members that are undefined leave their columns alone. */
function toRow(change: DestinationChange): Updateable<Tables['destinations']> {
  const { subscribedEvents, retrySchedule } = change;
  return {
    updated_at: new Date(),
    label: change.label,
    url: change.url,
    enabled: change.enabled,
    webhook_version: change.version,
    subscribed_events: subscribedEvents && [...subscribedEvents],
    ordered: change.ordered,
    retry_schedule: retrySchedule && JSON.stringify(retrySchedule),
    rate_per_second: change.ratePerSecond,
    max_in_flight: change.maxInFlight,
    asymmetric_signature: change.asymmetricSignature,
    sealed_secret: change.sealedSecret,
    sealed_previous_secret: change.sealedPreviousSecret,
    previous_secret_ends_at: change.previousSecretEndsAt,
    disabled_reason: change.disabledReason,
  };
}

/** Marks a destination deleted: it is posted to no more, and its URL is free again. */
export async function deleteDestination(db: Queries, id: string): Promise<void> {
  await db
    .updateTable('destinations')
    .set({ deleted_at: new Date(), sealed_previous_secret: null, previous_secret_ends_at: null })
    .where('id', '=', id)
    .execute();
}

/** Forgets previous secrets that sign no more. */
export async function forgetEndedSecrets(db: Queries): Promise<void> {
  await db
    .updateTable('destinations')
    .set({ sealed_previous_secret: null, previous_secret_ends_at: null })
    .where('previous_secret_ends_at', '<=', sql<Date>`now()`)
    .execute();
}

/**
 * Switches a destination off by the system's doing.
 *
 * @returns its application; undefined when it was off already
 */
export async function switchOff(
  tx: Queries,
  id: string,
  reason: 'failing' | 'gone',
): Promise<string | undefined> {
  const row = await tx
    .updateTable('destinations')
    .set({ enabled: false, disabled_reason: reason, updated_at: new Date() })
    .where('id', '=', id)
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .returning('application_id')
    .executeTakeFirst();
  return row?.application_id;
}
