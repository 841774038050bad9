import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
  ReplayPolicy,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { streamName } from '@selfsame/contracts/catalog';
import { Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { compare, type Rule } from './rules.ts';

/** After this long without a word from a handler (a crash), another replica gets the event. */
export const ackWaitMs = 10_000;
/** Unacknowledged at once, over all replicas: those at work and those that wait to come again. */
const maxAckPending = 1_000;
/** Pulls at once, one for each replica. */
const maxWaiting = 64;

/**
 * Makes the durable consumer, or checks the one that is there and mends what an update may change.
 *
 * @throws Failure `consumer_misconfigured` for the rest
 */
export async function ensureConsumer(
  manager: JetStreamManager,
  consumer: { name: string; subject: string },
  log: Log,
): Promise<void> {
  const { name, subject } = consumer;
  const config = await findConfig(manager, name);
  if (!config) {
    const wanted = {
      durable_name: name,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      deliver_policy: DeliverPolicy.All,
      max_deliver: -1, // we count ourselves: the server would drop the event without a word
      max_ack_pending: maxAckPending,
    };
    await manager.consumers.add(streamName, wanted).catch(refusal(name, 'it cannot be made'));
    return;
  }
  const { wrong, mended, changes } = compare(config, consumerRules(subject));
  if (wrong.length > 0) throw consumerMisconfigured(name, wrong.join('; '));
  if (mended.length === 0) return;
  await manager.consumers.update(streamName, name, changes).catch(refusal(name, mended.join('; ')));
  log.warn({ mended }, 'the consumer was configured otherwise: mended');
}

/** A filter is refused, though an update may change it: what the other one has passed over would stay unread. */
function consumerRules(subject: string): Rule<ConsumerConfig>[] {
  const unsetOrNone = (value: number | undefined) => (value ?? 0) <= 0;
  return [
    {
      field: 'filter_subject',
      wanted: subject,
      holds: ({ filter_subject, filter_subjects }) => filter_subject === subject && !filter_subjects?.length,
    },
    { field: 'ack_policy', wanted: 'explicit', holds: ({ ack_policy }) => ack_policy === AckPolicy.Explicit },
    {
      field: 'deliver_policy',
      wanted: 'all',
      holds: ({ deliver_policy }) => deliver_policy === DeliverPolicy.All,
    },
    {
      field: 'replay_policy',
      wanted: 'instant',
      holds: ({ replay_policy }) => replay_policy === ReplayPolicy.Instant,
    },
    { field: 'deliver_subject', wanted: 'unset', holds: ({ deliver_subject }) => !deliver_subject },
    {
      field: 'max_waiting',
      wanted: `${maxWaiting} or more`,
      holds: ({ max_waiting = maxWaiting }) => max_waiting >= maxWaiting,
    },
    {
      field: 'ack_wait',
      wanted: `${nanos(ackWaitMs)}`,
      holds: ({ ack_wait }) => ack_wait === nanos(ackWaitMs),
      mend: { ack_wait: nanos(ackWaitMs) },
    },
    {
      field: 'backoff',
      wanted: 'unset',
      holds: ({ backoff }) => !backoff?.length,
      mend: { backoff: [] },
    },
    {
      field: 'max_deliver',
      wanted: '-1',
      holds: ({ max_deliver = -1 }) => max_deliver <= 0,
      mend: { max_deliver: -1 },
    },
    {
      field: 'max_ack_pending',
      wanted: `${maxAckPending} or more`,
      holds: ({ max_ack_pending = maxAckPending }) => max_ack_pending < 0 || max_ack_pending >= maxAckPending,
      mend: { max_ack_pending: maxAckPending },
    },
    {
      field: 'headers_only',
      wanted: 'false',
      holds: ({ headers_only }) => !headers_only,
      mend: { headers_only: false },
    },
    {
      field: 'inactive_threshold',
      wanted: 'unset',
      holds: ({ inactive_threshold }) => unsetOrNone(inactive_threshold),
      mend: { inactive_threshold: 0 },
    },
    {
      field: 'max_batch',
      wanted: 'unset',
      holds: ({ max_batch }) => unsetOrNone(max_batch),
      mend: { max_batch: 0 },
    },
    {
      field: 'max_expires',
      wanted: 'unset',
      holds: ({ max_expires }) => unsetOrNone(max_expires),
      mend: { max_expires: 0 },
    },
    {
      field: 'max_bytes',
      wanted: 'unset',
      holds: ({ max_bytes }) => unsetOrNone(max_bytes),
      mend: { max_bytes: 0 },
    },
    {
      field: 'mem_storage',
      wanted: 'false',
      holds: ({ mem_storage }) => !mem_storage,
      mend: { mem_storage: false },
    },
  ];
}

async function findConfig(manager: JetStreamManager, name: string): Promise<ConsumerConfig | undefined> {
  const consumerNotFound = 10014;
  try {
    return (await manager.consumers.info(streamName, name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === consumerNotFound) return undefined;
    throw error;
  }
}

/** What the server refuses as a matter of configuration; anything else may pass. */
function refusal(name: string, what: string): (error: unknown) => never {
  const [badConfig, exists, maximumReached] = [10012, 10013, 10026];
  return (error) => {
    if (!(error instanceof JetStreamApiError)) throw error;
    if (![badConfig, exists, maximumReached].includes(error.code)) throw error;
    throw consumerMisconfigured(name, `${what} (${error.message})`, error);
  };
}

function consumerMisconfigured(name: string, what: string, cause?: unknown): Failure {
  return new Failure(
    'precondition',
    'consumer_misconfigured',
    `Consumer ${name} of JetStream's stream ${streamName}: ${what}. Delete it (nats consumer rm ${streamName} ${name}): it is made anew, and what was handled is skipped`,
    { cause },
  );
}
