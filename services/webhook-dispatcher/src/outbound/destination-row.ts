import type { Selectable } from 'kysely';
import type { Destination } from '../domain/delivery.ts';
import type { Tables } from './tables.ts';

/** A row of `destinations` as the rest of the service knows it. */
export function toDestination(row: Selectable<Tables['destinations']>): Destination {
  return {
    id: row.id,
    applicationId: row.application_id,
    isApplicationEndpoint: row.is_application_endpoint,
    label: row.label,
    url: row.url,
    enabled: row.enabled,
    version: row.webhook_version,
    subscribedEvents: row.subscribed_events,
    ordered: row.ordered,
    retrySchedule: row.retry_schedule,
    ratePerSecond: row.rate_per_second,
    maxInFlight: row.max_in_flight,
    asymmetricSignature: row.asymmetric_signature,
    sealedSecret: row.sealed_secret,
    sealedPreviousSecret: row.sealed_previous_secret,
    previousSecretEndsAt: row.previous_secret_ends_at,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
