import { IsoTime, Nullable, Uuid } from '@selfsame/http/schemas';
import Type, { type Static } from 'typebox';
import type { Context } from '../context.ts';
import { withTimestamp } from '../domain/body.ts';
import { describeFailure } from '../domain/failure.ts';
import type { LogEntry } from '../outbound/log-store.ts';

const NullableInteger = Nullable(Type.Integer());

const contractRow = {
  uuid: Uuid(),
  session_id: Uuid(),
  request_url: Type.String(),
  response_status: NullableInteger,
  response_time_ms: NullableInteger,
  status: Type.String(),
  webhook_type: Type.String(),
  created_at: IsoTime(),
};

/** Beyond the /v3 contract. */
const added = {
  attempt: Nullable(Type.Integer({ description: '1 for the first; null when it was made by hand' })),
  error_text: Nullable(Type.String({ description: 'Why it failed, in words' })),
};

/** An attempt in the list of a destination. */
export const DeliveryRow = Type.Object({ ...contractRow, ...added });

/** An attempt with what was sent, as JSON text, what came back, and what has become of its delivery. */
export const DeliveryDetail = Type.Object({
  ...contractRow,
  request_header: Type.String(),
  request_body: Nullable(Type.String({ description: 'Null once erased' })),
  ...added,
  cause: Type.Enum(['schedule', 'resend', 'test']),
  error: Nullable(Type.String({ description: 'Stable code, when no answer came' })),
  response_body: Nullable(Type.String({ description: 'The first 20 kB; null once erased' })),
  delivery_state: Type.Enum(['pending', 'waiting', 'held', 'delivered', 'failed', 'cancelled']),
  next_attempt_at: Nullable(IsoTime('When the schedule tries again')),
});

/** @see DeliveryRow */
export function toDeliveryRow(context: Context, attempt: LogEntry): Static<typeof DeliveryRow> {
  return { ...toContractRow(attempt), ...toAdded(context, attempt) };
}

/** @see DeliveryDetail */
export function toDeliveryDetail(context: Context, attempt: LogEntry): Static<typeof DeliveryDetail> {
  return {
    ...toContractRow(attempt),
    request_header: attempt.requestHeader,
    request_body: attempt.body === null ? null : withTimestamp(attempt.body, attempt.signedAt),
    ...toAdded(context, attempt),
    cause: attempt.cause,
    error: attempt.error,
    response_body: attempt.responseBody,
    delivery_state: attempt.deliveryState,
    next_attempt_at: attempt.nextAttemptAt?.toISOString() ?? null,
  };
}

function toContractRow(attempt: LogEntry) {
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

function toAdded({ config }: Context, attempt: LogEntry) {
  return { attempt: attempt.number, error_text: describeFailure(attempt, config.timeoutMs) };
}
