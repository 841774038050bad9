import { randomUUIDv7 } from 'node:crypto';
import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { inSpan } from '@selfsame/runtime/telemetry';
import type { Context } from './context.ts';
import { withTimestamp } from './domain/body.ts';
import type { Attempt, Delivery } from './domain/delivery.ts';
import { type Decision, decide, type Outcome, signingTime } from './domain/schedule.ts';
import { signedHeaders } from './domain/signature.ts';
import { cancel, recordResend, recordScheduled } from './outbound/delivery-store.ts';

/** What one POST needs; the secret is opened for it and forgotten after it. */
export type Message = Pick<
  Delivery,
  'id' | 'destinationId' | 'sessionId' | 'webhookType' | 'status' | 'body' | 'createdAt' | 'sealedSecret'
> & { readonly url: string };

/**
 * Makes one attempt of a delivery that this process has claimed, within the trace of its event, and writes down what
 * came of it. No transaction is open while the receiver thinks.
 */
export async function attemptDelivery(context: Context, delivery: Delivery): Promise<void> {
  const { url } = delivery;
  if (url === null) return await cancel(context.database.db, delivery);
  const isFirst = delivery.attempts === 0 && delivery.claims === 1;
  const signedAt = signingTime(unixSeconds(delivery.createdAt), unixSeconds(context.now()), isFirst);
  const run = async () => {
    const { attempt, outcome } = await post(context, { ...delivery, url }, signedAt, 'schedule');
    const decision = decide(outcome, delivery.attempts + 1, context.config.schedule);
    await recordScheduled(context.database.db, attempt, delivery.claims, decision);
    logAttempt(context, delivery, attempt, decision.kind);
  };
  await inSpan('webhook attempt', attributesOf(delivery), run, { parent: traceOf(delivery.traceparent) });
}

/** Posts a message once more because its owner asked to, whatever its schedule says, and waits for the answer. */
export async function attemptResend(context: Context, message: Message): Promise<Attempt> {
  return await inSpan('webhook resend', attributesOf(message), async () => {
    const { attempt, outcome } = await post(context, message, unixSeconds(context.now()), 'resend');
    const isDelivered = decide(outcome, 1, { retryDelaysMs: [] }).kind === 'delivered';
    await recordResend(context.database.db, attempt, isDelivered);
    logAttempt(context, message, attempt, isDelivered ? 'delivered' : 'failed');
    return attempt;
  });
}

async function post(
  { client, secrets, now }: Context,
  message: Message,
  signedAt: number,
  cause: Attempt['cause'],
): Promise<{ attempt: Attempt; outcome: Outcome }> {
  const isAsWritten = signedAt === unixSeconds(message.createdAt);
  const body = isAsWritten ? message.body : withTimestamp(message.body, signedAt);
  const secret = secrets.open(message.sealedSecret, message.destinationId);
  const headers = signedHeaders({ ...message, body, timestamp: signedAt }, secret);
  const createdAt = now();
  const { outcome, responseTimeMs, error } = await client.post(message.url, headers, body);
  const attempt: Attempt = {
    id: randomUUIDv7(),
    deliveryId: message.id,
    destinationId: message.destinationId,
    cause,
    requestUrl: message.url,
    requestHeader: JSON.stringify(headers),
    signedAt,
    responseStatus: outcome.kind === 'answered' ? outcome.status : null,
    responseTimeMs,
    error,
    createdAt,
  };
  return { attempt, outcome };
}

/** Ids only: a webhook's URL may hold a token of its owner, its body a person's data. */
function attributesOf(message: Pick<Message, 'id' | 'destinationId' | 'sessionId'>) {
  return {
    'selfsame.delivery_id': message.id,
    'selfsame.destination_id': message.destinationId,
    'selfsame.session_id': message.sessionId,
  };
}

function logAttempt(
  { log }: Context,
  message: Pick<Message, 'id' | 'destinationId' | 'sessionId'>,
  attempt: Attempt,
  then: Decision['kind'],
): void {
  log.info(
    {
      delivery_id: message.id,
      destination_id: message.destinationId,
      session_id: message.sessionId,
      attempt_id: attempt.id,
      cause: attempt.cause,
      response_status: attempt.responseStatus,
      response_time_ms: attempt.responseTimeMs,
      error: attempt.error,
      then,
    },
    'webhook attempted',
  );
}

function traceOf(traceparent: string | null) {
  return propagation.extract(ROOT_CONTEXT, traceparent === null ? {} : { traceparent });
}

function unixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
