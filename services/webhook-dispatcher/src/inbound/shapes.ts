import { IsoTime, Nullable, Uuid } from '@selfsame/http/schemas';
import Type, { type Static, type TSchema } from 'typebox';
import type { OwnedDestination } from '../destinations.ts';
import { webhookVersions, withTimestamp } from '../domain/body.ts';
import type { LoggedAttempt } from '../domain/delivery.ts';

const NullableInteger = Nullable(Type.Integer());
const NullableTime = Nullable(IsoTime());

const common = {
  uuid: Uuid(),
  label: Type.String(),
  url: Type.String(),
  enabled: Type.Boolean(),
  webhook_version: Type.Enum(webhookVersions),
  subscribed_events: Type.Array(Type.String()),
  created_at: IsoTime(),
  updated_at: IsoTime(),
} satisfies Record<string, TSchema>;

/** A destination in a list: figures, no secret. */
export const DestinationRow = Type.Object({
  ...common,
  subscribed_events_count: Type.Integer(),
  deliveries_count: Type.Integer(),
  failed_deliveries_count: Type.Integer(),
  average_response_time_ms: NullableInteger,
  error_rate_percentage: Type.Integer(),
  last_delivery_at: NullableTime,
});

/** A destination with its secret. */
export const DestinationDetail = Type.Object({
  ...common,
  secret_shared_key: Type.String(),
  summary: Type.Object({
    total_deliveries: Type.Integer(),
    failed_deliveries: Type.Integer(),
    error_rate_percentage: Type.Integer(),
    min_response_time_ms: NullableInteger,
    avg_response_time_ms: NullableInteger,
    max_response_time_ms: NullableInteger,
    last_delivery_at: NullableTime,
  }),
});

/** An attempt in the list of a destination. */
export const DeliveryRow = Type.Object({
  uuid: Uuid(),
  session_id: Uuid(),
  request_url: Type.String(),
  response_status: NullableInteger,
  response_time_ms: NullableInteger,
  status: Type.String(),
  webhook_type: Type.String(),
  created_at: IsoTime(),
});

/** An attempt with what was sent, as JSON text. */
export const DeliveryDetail = Type.Object({
  ...DeliveryRow.properties,
  request_header: Type.String(),
  request_body: Nullable(Type.String({ description: 'Null once erased' })),
});

/** @see DestinationRow */
export function toDestinationRow({ destination, summary }: OwnedDestination): Static<typeof DestinationRow> {
  return {
    ...toCommon(destination),
    subscribed_events_count: destination.subscribedEvents.length,
    deliveries_count: summary.total,
    failed_deliveries_count: summary.failed,
    average_response_time_ms: summary.averageResponseTimeMs,
    error_rate_percentage: errorRate(summary),
    last_delivery_at: summary.lastAt?.toISOString() ?? null,
  };
}

/** @see DestinationDetail */
export function toDestinationDetail(
  { destination, summary }: OwnedDestination,
  secret: string,
): Static<typeof DestinationDetail> {
  return {
    ...toCommon(destination),
    secret_shared_key: secret,
    summary: {
      total_deliveries: summary.total,
      failed_deliveries: summary.failed,
      error_rate_percentage: errorRate(summary),
      min_response_time_ms: summary.minResponseTimeMs,
      avg_response_time_ms: summary.averageResponseTimeMs,
      max_response_time_ms: summary.maxResponseTimeMs,
      last_delivery_at: summary.lastAt?.toISOString() ?? null,
    },
  };
}

/** @see DeliveryRow */
export function toDeliveryRow(attempt: LoggedAttempt): Static<typeof DeliveryRow> {
  return {
    uuid: attempt.id,
    session_id: attempt.sessionId,
    request_url: attempt.requestUrl,
    response_status: attempt.responseStatus,
    response_time_ms: attempt.responseTimeMs,
    status: attempt.status,
    webhook_type: attempt.webhookType,
    created_at: attempt.createdAt.toISOString(),
  };
}

/** @see DeliveryDetail */
export function toDeliveryDetail(attempt: LoggedAttempt): Static<typeof DeliveryDetail> {
  return {
    ...toDeliveryRow(attempt),
    request_header: attempt.requestHeader,
    request_body: attempt.body === null ? null : withTimestamp(attempt.body, attempt.signedAt),
  };
}

function toCommon(destination: OwnedDestination['destination']) {
  return {
    uuid: destination.id,
    label: destination.label,
    url: destination.url ?? '',
    enabled: destination.enabled,
    webhook_version: destination.version,
    subscribed_events: [...destination.subscribedEvents],
    created_at: destination.createdAt.toISOString(),
    updated_at: destination.updatedAt.toISOString(),
  };
}

function errorRate({ total, failed }: OwnedDestination['summary']): number {
  return total === 0 ? 0 : Math.round((failed / total) * 100);
}
