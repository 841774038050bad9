import { errorCode } from '@selfsame/runtime/errors';
import type { Kysely, Updateable } from 'kysely';
import type { WebhookVersion } from '../domain/body.ts';
import type { Destination, DestinationSummary } from '../domain/delivery.ts';
import { toDestination } from './destination-row.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

const uniqueViolation = '23505';

/** What an owner may change. */
export interface DestinationChange {
  label?: string;
  url?: string | null;
  enabled?: boolean;
  version?: WebhookVersion;
  subscribedEvents?: readonly string[];
  sealedSecret?: Buffer;
}

/** Settings of the legacy endpoint that belong to the application. */
export interface ApplicationSettings {
  captureMethod: 'mobile' | 'desktop' | 'both';
  /** Null keeps what is stored without limit. */
  dataRetentionMonths: number | null;
}

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

/** The application's own endpoint, with or without a URL. */
export async function findApplicationEndpoint(
  db: Queries,
  applicationId: string,
): Promise<Destination | undefined> {
  const row = await db
    .selectFrom('destinations')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('is_application_endpoint', '=', true)
    .executeTakeFirst();
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
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** @returns false when another destination of the application has the new URL */
export async function updateDestination(
  db: Queries,
  id: string,
  change: DestinationChange,
): Promise<boolean> {
  const row: Updateable<Tables['destinations']> = { updated_at: new Date() };
  if (change.label !== undefined) row.label = change.label;
  if (change.url !== undefined) row.url = change.url;
  if (change.enabled !== undefined) row.enabled = change.enabled;
  if (change.version !== undefined) row.webhook_version = change.version;
  if (change.subscribedEvents !== undefined) row.subscribed_events = [...change.subscribedEvents];
  if (change.sealedSecret !== undefined) row.sealed_secret = change.sealedSecret;
  try {
    await db.updateTable('destinations').set(row).where('id', '=', id).execute();
    return true;
  } catch (error) {
    if (errorCode(error) === uniqueViolation) return false;
    throw error;
  }
}

/** Marks a destination deleted: it is posted to no more, and its URL is free again. */
export async function deleteDestination(db: Queries, id: string): Promise<void> {
  await db.updateTable('destinations').set({ deleted_at: new Date() }).where('id', '=', id).execute();
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

/** Figures of destinations over all their attempts; those without attempts are missing. */
export async function summarise(
  db: Queries,
  ids: readonly string[],
): Promise<Map<string, DestinationSummary>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('attempts')
    .select(({ fn }) => [
      'destination_id',
      fn.countAll<number>().as('total'),
      // Failed is what the /v3 contract counts: 400 and above, or no answer.
      fn
        .countAll<number>()
        .filterWhere((where) =>
          where.or([where('response_status', 'is', null), where('response_status', '>=', 400)]),
        )
        .as('failed'),
      fn.min<number | null>('response_time_ms').as('min'),
      fn.avg<string | null>('response_time_ms').as('average'),
      fn.max<number | null>('response_time_ms').as('max'),
      fn.max<Date | null>('created_at').as('last_at'),
    ])
    .where('destination_id', 'in', ids)
    .groupBy('destination_id')
    .execute();
  return new Map(
    rows.map((row) => [
      row.destination_id,
      {
        total: row.total,
        failed: row.failed,
        minResponseTimeMs: row.min,
        averageResponseTimeMs: row.average === null ? null : Math.round(Number(row.average)),
        maxResponseTimeMs: row.max,
        lastAt: row.last_at,
      },
    ]),
  );
}

/** Settings of an application, the defaults when it never set any. */
export async function readSettingsOf(db: Queries, applicationId: string): Promise<ApplicationSettings> {
  const row = await db
    .selectFrom('applications')
    .selectAll()
    .where('application_id', '=', applicationId)
    .executeTakeFirst();
  return {
    captureMethod: row?.capture_method ?? 'both',
    dataRetentionMonths: row?.data_retention_months ?? null,
  };
}

/** Changes the settings that are given. */
export async function saveSettingsOf(
  db: Queries,
  applicationId: string,
  settings: Partial<ApplicationSettings>,
): Promise<void> {
  const { captureMethod, dataRetentionMonths } = settings;
  const row = {
    ...(captureMethod === undefined ? {} : { capture_method: captureMethod }),
    ...(dataRetentionMonths === undefined ? {} : { data_retention_months: dataRetentionMonths }),
  };
  if (Object.keys(row).length === 0) return;
  await db
    .insertInto('applications')
    .values({ application_id: applicationId, data_retention_months: null, ...row })
    .onConflict((conflict) => conflict.column('application_id').doUpdateSet(row))
    .execute();
}
