import { AckPolicy, type ConsumerInfo, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { streamName } from '@selfsame/contracts/catalog';
import { waitFor } from '@selfsame/testing/wait';

/** What a number of deliveries took, on the whole and of this process's CPU. */
export interface Consumption {
  deliveries: number;
  wallMs: number;
  cpuMs: number;
}

export interface Delivery {
  id: string;
  sequence: number;
  incarnation: string;
}

export type Reader = Awaited<ReturnType<typeof openReader>>;

/** A connection of its own to look at the stream and to read it without the bus. */
export async function openReader(url: string) {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  return { manager, client: jetstream(connection), close: () => connection.close() };
}

/** Deletes the durable consumer under its subscription, which makes it anew and so reads the stream from its start. */
export async function makeAnew({ manager }: Reader, consumer: string): Promise<void> {
  await manager.consumers.delete(streamName, consumer);
}

/** Runs `begin`, after which a subscription reads `expected` events, and waits until all of them are acknowledged. */
export async function settled(
  { manager }: Reader,
  options: { consumer: string; expected: number },
  begin: () => Promise<void>,
): Promise<Consumption> {
  const measure = startMeasure();
  await begin();
  const info = await waitFor<ConsumerInfo>(
    'every event',
    async () => {
      const seen = await manager.consumers.info(streamName, options.consumer);
      return seen.ack_floor.consumer_seq >= options.expected && seen.num_ack_pending === 0 && seen;
    },
    { timeoutMs: 600_000, intervalMs: 50 },
  );
  return measure(info.delivered.consumer_seq);
}

/**
 * Reads the whole stream by a consumer of its own, pulling as a subscription does: never more than handlers are free.
 * Nothing else of the bus is in the way.
 */
export async function consumeBare(
  { manager, client }: Reader,
  options: { consumer: string; concurrency: number; expected: number },
  handle: (delivery: Delivery) => Promise<void>,
): Promise<Consumption> {
  const { consumer: name, concurrency, expected } = options;
  const { created: incarnation } = await manager.streams.info(streamName);
  await manager.consumers.add(streamName, {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
  });
  const consumer = await client.consumers.get(streamName, name);
  const atWork = new Set<Promise<void>>();
  const measure = startMeasure();
  let taken = 0;
  while (taken < expected) {
    if (atWork.size >= concurrency) await Promise.race(atWork);
    for await (const message of await consumer.fetch({
      max_messages: Math.min(concurrency - atWork.size, expected - taken),
      expires: 3_000,
    })) {
      taken += 1;
      const id = message.headers?.get('Nats-Msg-Id') ?? '';
      const work: Promise<void> = handle({ id, sequence: message.info.streamSequence, incarnation }).then(
        () => {
          message.ack();
          atWork.delete(work);
        },
      );
      atWork.add(work);
    }
  }
  await Promise.all(atWork);
  const consumption = measure(taken);
  await manager.consumers.delete(streamName, name);
  return consumption;
}

function startMeasure(): (deliveries: number) => Consumption {
  const began = performance.now();
  const cpu = process.cpuUsage();
  return (deliveries) => {
    const { user, system } = process.cpuUsage(cpu);
    return { deliveries, wallMs: performance.now() - began, cpuMs: (user + system) / 1000 };
  };
}
