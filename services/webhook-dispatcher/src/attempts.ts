import { randomUUIDv7 } from 'node:crypto';
import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { createHistogram, flowBuckets } from '@selfsame/runtime/metrics';
import { inSpan } from '@selfsame/runtime/telemetry';
import type { Context } from './context.ts';
import { withTimestamp } from './domain/body.ts';
import type { Attempt, Delivery, DestinationTerms } from './domain/delivery.ts';
import { attemptResult, decide, isSuccess, type Outcome, signingTime } from './domain/schedule.ts';
import { signedHeaders } from './domain/signature.ts';
import { noteOutcomes } from './note-outcomes.ts';
import { recordResend, type ScheduledAttempt } from './outbound/attempt-store.ts';
import type { PostResult } from './outbound/http-client.ts';
import { lockSessions, wakeNext } from './outbound/turn-store.ts';
import type { Recorder } from './recorder.ts';
import { signingKeys } from './signing.ts';

const attemptSeconds = createHistogram(
  'selfsame_webhook_attempt_seconds',
  'What an attempt of the schedule took, the answer included.',
  { labels: ['outcome'] },
);
const frameToWebhook = createHistogram(
  'selfsame_frame_to_webhook_seconds',
  'From the frame that a user sent to the first byte of the webhook about it, where its destination made it wait for nothing.',
  { buckets: flowBuckets },
);

/** What one POST needs. */
export type Message = Pick<
  Delivery,
  | 'id'
  | 'eventId'
  | 'destinationId'
  | 'applicationId'
  | 'sessionId'
  | 'webhookType'
  | 'status'
  | 'body'
  | 'createdAt'
  | 'url'
> & {
  readonly destination: Pick<
    DestinationTerms,
    'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretEndsAt' | 'asymmetricSignature'
  >;
};

/**
 * Makes one attempt of a delivery that this process has claimed, within the trace of its event. No transaction is open
 * while the receiver thinks; what came of it is written down by the recorder, together with others.
 *
 * @param options.onAnswer the receiver is done with it, the record is still to come
 */
export async function attemptDelivery(
  context: Context,
  recorder: Recorder,
  delivery: Delivery,
  options: { onAnswer: () => void },
): Promise<void> {
  const isFirst = delivery.attempts === 0 && delivery.claims === 1;
  const signedAt = signingTime(unixSeconds(delivery.createdAt), unixSeconds(context.now()), isFirst);
  const run = async () => {
    const startMs = performance.now();
    let sentAt: number | undefined;
    const onSent = () => {
      sentAt ??= Date.now();
    };
    try {
      const how = { signedAt, cause: 'schedule', number: delivery.attempts + 1 } as const;
      const made = await post(context, delivery, how, onSent);
      if (sentAt !== undefined) noteFirstByte(delivery, sentAt);
      attemptSeconds.observe({ outcome: attemptResult(made.outcome) }, (performance.now() - startMs) / 1_000);
      return made;
    } finally {
      options.onAnswer();
    }
  };
  const made = await inSpan('webhook attempt', attributesOf(delivery), run, {
    parent: traceOf(delivery.traceparent),
  });
  const decision = decisionOf(delivery, made.outcome);
  await recorder.record({ delivery, ...made, claims: delivery.claims, decision });
  logAttempt(context, delivery, made.attempt, decision.kind);
}

/** Of a first attempt. The frame came to another machine, whose clock may run ahead. */
function noteFirstByte({ attempts, frameAt }: Delivery, sentAt: number): void {
  if (attempts > 0 || frameAt === null) return;
  frameToWebhook.observe({}, Math.max(0, sentAt - frameAt.getTime()) / 1_000);
}

/** 410 says that the destination is gone: it is switched off, and what it has not taken waits for its owner. */
function decisionOf(delivery: Delivery, outcome: Outcome): ScheduledAttempt['decision'] {
  if (outcome.kind === 'answered' && outcome.status === 410) {
    return { kind: delivery.isCallback ? 'failed' : 'held' };
  }
  return decide(outcome, delivery.attempts + 1, delivery.destination.retrySchedule, Math.random());
}

/**
 * Posts a message because its owner asked to, whatever its schedule says, and waits for the answer.
 *
 * @param cause `test` marks it as an event that nothing has caused
 */
export async function attemptByHand(
  context: Context,
  message: Message,
  cause: 'resend' | 'test',
): Promise<Attempt> {
  return await inSpan(`webhook ${cause}`, attributesOf(message), async () => {
    const signedAt = unixSeconds(context.now());
    const { attempt, outcome } = await post(context, message, { signedAt, cause, number: null });
    const isDelivered = isSuccess(outcome);
    await context.database.transaction(async (tx) => {
      await lockSessions(tx, [message.sessionId]);
      await recordResend(tx, attempt, isDelivered);
      // At an ordered destination the next one may have waited for it.
      if (isDelivered) await wakeNext(tx, [message.sessionId]);
    });
    if (isDelivered) await noteOutcomes(context, new Map([[message.destinationId, [outcome]]]));
    logAttempt(context, message, attempt, isDelivered ? 'delivered' : 'failed');
    return attempt;
  });
}

async function post(
  context: Context,
  message: Message,
  how: Pick<Attempt, 'signedAt' | 'cause' | 'number'>,
  onSent?: () => void,
): Promise<{ attempt: Attempt; outcome: Outcome }> {
  const createdAt = context.now();
  const { result, headers } = await sendSigned(context, message, how, onSent);
  const { outcome, responseTimeMs, error, responseBody } = result;
  const attempt: Attempt = {
    ...how,
    id: randomUUIDv7(),
    deliveryId: message.id,
    destinationId: message.destinationId,
    requestUrl: message.url,
    requestHeader: JSON.stringify(headers),
    responseStatus: outcome.kind === 'answered' ? outcome.status : null,
    responseTimeMs,
    error,
    responseBody,
    createdAt,
  };
  return { attempt, outcome };
}

/** Never throws: a message that cannot be signed counts as an attempt, or it would be attempted for ever. */
async function sendSigned(
  context: Context,
  message: Message,
  { signedAt, cause }: Pick<Attempt, 'signedAt' | 'cause'>,
  onSent?: () => void,
): Promise<{ result: PostResult; headers: Record<string, string> }> {
  let body: Buffer;
  let headers: Record<string, string>;
  try {
    const isAsWritten = signedAt === unixSeconds(message.createdAt);
    // Encoded once: every signature and the connection take the same bytes.
    body = Buffer.from(isAsWritten ? message.body : withTimestamp(message.body, signedAt));
    const { eventId, sessionId, status, webhookType } = message;
    const signed = { eventId, sessionId, status, webhookType, body, timestamp: signedAt };
    const owner = { applicationId: message.applicationId, id: message.destinationId };
    const keys = await signingKeys(context, owner, message.destination);
    headers = signedHeaders(signed, keys, { test: cause === 'test' });
  } catch (err) {
    context.log.error({ err, delivery_id: message.id }, 'a webhook could not be signed');
    const result: PostResult = {
      outcome: { kind: 'not_sent' },
      error: 'not_signed',
      responseTimeMs: null,
      responseBody: null,
    };
    return { result, headers: {} };
  }
  return { result: await context.client.post(message.url, headers, body, onSent), headers };
}

/** Ids only: a webhook's URL may hold a token of its owner, its body a person's data. */
function attributesOf(message: Pick<Message, 'id' | 'destinationId' | 'sessionId'>) {
  return {
    'selfsame.delivery_id': message.id,
    'selfsame.destination_id': message.destinationId,
    'selfsame.session_id': message.sessionId,
  };
}

/** What went well is in the table of attempts; a line for each would cost as much as the attempt. */
function logAttempt(
  { log }: Context,
  message: Pick<Message, 'id' | 'destinationId' | 'sessionId'>,
  attempt: Attempt,
  then: ScheduledAttempt['decision']['kind'],
): void {
  const level = then === 'delivered' ? 'debug' : 'info';
  if (!log.isLevelEnabled(level)) return;
  log[level](
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
