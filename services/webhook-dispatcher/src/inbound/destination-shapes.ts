import { IsoTime, Nullable, Uuid } from '@selfsame/http/schemas';
import Type, { type Static, type TSchema } from 'typebox';
import type { Context } from '../context.ts';
import { secretOf } from '../destinations.ts';
import { webhookVersions } from '../domain/body.ts';
import { retryLimits, retryPresets } from '../domain/schedule.ts';
import { standardWebhooksSecret } from '../outbound/secrets.ts';
import type { OwnedDestination } from '../owned-destinations.ts';
import { previousSecretEnd, publicKeyOf } from '../rotation.ts';

const NullableInteger = Nullable(Type.Integer());
const NullableTime = Nullable(IsoTime());

/** How deliveries to a destination are made; beyond the /v3 contract. */
export const terms = {
  ordered: Type.Boolean({ description: 'A session’s events strictly one after the other' }),
  retry_schedule: Type.Union(
    [
      Type.Enum([...retryPresets]),
      Type.Array(Type.Number({ minimum: 0, maximum: retryLimits.waitSeconds }), {
        maxItems: retryLimits.retries,
        description: 'Seconds before each retry',
      }),
    ],
    { description: '`standard`: ten retries over three days. `contract`: after 60 and 240 seconds' },
  ),
  rate_per_second: Nullable(
    Type.Number({ minimum: 0.01, maximum: 1_000, description: 'Attempts a second, null for no limit' }),
  ),
  max_in_flight: Nullable(
    Type.Integer({
      minimum: 1,
      maximum: 256,
      description: 'Attempts at once, null for the service’s default',
    }),
  ),
  asymmetric_signature: Type.Boolean({ description: 'Deliveries carry an Ed25519 signature (v1a) too' }),
} satisfies Record<string, TSchema>;

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

/** What the list and the detail show beyond the /v3 contract. */
const condition = {
  ...terms,
  disabled_reason: Nullable(
    Type.Enum(['owner', 'failing', 'gone'], {
      description: 'Switched off by its owner, after days of failures only, or by a 410',
    }),
  ),
  circuit: Type.Object({
    state: Type.Enum(['closed', 'open', 'half_open'], { description: 'Open: it is left alone for a while' }),
    open_until: NullableTime,
    consecutive_failures: Type.Integer(),
  }),
  figures: Type.Object(
    {
      success_rate_percentage: Nullable(Type.Number()),
      p50_response_time_ms: NullableInteger,
      p95_response_time_ms: NullableInteger,
      last_error: Nullable(Type.String({ description: 'In words' })),
      last_error_at: NullableTime,
    },
    { description: 'Over the newest 1,000 attempts' },
  ),
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
  ...condition,
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
  ...condition,
  standard_webhooks_secret: Type.String({
    description: 'The secret as libraries for Standard Webhooks want it',
  }),
  public_key: Nullable(Type.String({ description: 'Ed25519, where asymmetric_signature is on' })),
  previous_secret_expires_at: Nullable(
    IsoTime('Until then the secret before the last rotation signs as well'),
  ),
});

/** @see DestinationRow */
export function toDestinationRow(owned: OwnedDestination): Static<typeof DestinationRow> {
  const { destination, summary } = owned;
  return {
    ...toCommon(destination),
    subscribed_events_count: destination.subscribedEvents.length,
    deliveries_count: summary.total,
    failed_deliveries_count: summary.failed,
    average_response_time_ms: summary.averageResponseTimeMs,
    error_rate_percentage: errorRate(summary),
    last_delivery_at: toText(summary.lastAt),
    ...toCondition(owned),
  };
}

/** @see DestinationDetail */
export async function toDestinationDetail(
  context: Context,
  owned: OwnedDestination,
): Promise<Static<typeof DestinationDetail>> {
  const { destination, summary } = owned;
  const secret = await secretOf(context, destination);
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
      last_delivery_at: toText(summary.lastAt),
    },
    ...toCondition(owned),
    standard_webhooks_secret: standardWebhooksSecret(secret),
    public_key: await publicKeyOf(context, destination),
    previous_secret_expires_at: toText(previousSecretEnd(context, destination)),
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

function toCondition({ destination, health, figures }: OwnedDestination) {
  const { retrySchedule } = destination;
  return {
    ordered: destination.ordered,
    retry_schedule: typeof retrySchedule === 'string' ? retrySchedule : [...retrySchedule],
    rate_per_second: destination.ratePerSecond,
    max_in_flight: destination.maxInFlight,
    asymmetric_signature: destination.asymmetricSignature,
    disabled_reason: destination.disabledReason,
    circuit: {
      state: health.circuit,
      open_until: toText(health.circuitUntil),
      consecutive_failures: health.consecutiveFailures,
    },
    figures: {
      success_rate_percentage: figures.successRatePercentage,
      p50_response_time_ms: figures.p50ResponseTimeMs,
      p95_response_time_ms: figures.p95ResponseTimeMs,
      last_error: figures.lastError,
      last_error_at: toText(figures.lastErrorAt),
    },
  };
}

function errorRate({ total, failed }: OwnedDestination['summary']): number {
  return total === 0 ? 0 : Math.round((failed / total) * 100);
}

function toText(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}
