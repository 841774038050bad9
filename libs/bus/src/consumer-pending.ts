import { type ConsumerInfo, JetStreamApiError } from '@nats-io/jetstream';
import { streamName } from '@selfsame/contracts/catalog';
import { cachedReadings, createGauge } from '@selfsame/runtime/metrics';
import type { JetStream } from './jetstream.ts';

const readConsumerPending = createGauge(
  'selfsame_bus_consumer_pending',
  'Events in the stream that a consumer has not handled, as its leader says. The same for all replicas.',
  ['event'],
);
const cachedMs = 2_000;

/** Lets the backlog of a consumer be read; one that does not exist has none to tell. @returns how to end it */
export function exposeConsumer(jetstream: JetStream, name: string, event: string): () => void {
  const consumerNotFound = 10014;
  const info = async (): Promise<ConsumerInfo | undefined> => {
    try {
      // Answered by the consumer's leader; followers would tell what they have heard.
      return await jetstream.manager.consumers.info(streamName, name);
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === consumerNotFound) return undefined;
      throw error;
    }
  };
  return readConsumerPending(
    cachedReadings(async () => {
      const found = await info();
      return found ? [{ labels: { event }, value: found.num_pending + found.num_ack_pending }] : [];
    }, cachedMs),
  );
}
