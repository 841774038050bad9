import type { ConsumerMessages } from '@nats-io/jetstream';
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { type EventType, personalEvents, streamName } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import { forgetLetters } from './dead-letters.ts';
import { tryDecode } from './delivery.ts';
import type { JetStream } from './jetstream.ts';
import { forgetEvents } from './outbox.ts';
import type { BusTables } from './tables.ts';

/** Messages that are asked for at once, of 128 KiB at most each. */
const batchSize = 100;
const batchMs = 5_000;

/** Removes events and dead letters that tell about these from the tables of the bus. @returns how many */
export async function forgetRows(
  tx: Transaction<BusTables>,
  about: readonly string[],
): Promise<{ events: number; deadLetters: number }> {
  if (about.length === 0) return { events: 0, deadLetters: 0 };
  const events = await forgetEvents(tx, about);
  const deadLetters = await forgetLetters(tx, new Set(about), aboutOf);
  return { events, deadLetters };
}

/**
 * Reads every event that tells about a person, from the first one to the last one there is now, and overwrites those that
 * tell about these. Takes as long as reading the stream does, whatever the number of ids.
 * @returns how many
 */
export async function eraseMessages(
  jetstream: JetStream,
  about: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const wanted = new Set(about);
  let erased = 0;
  for (const event of wanted.size > 0 ? personalEvents : []) {
    const found: number[] = [];
    await readAll(jetstream, event.subject, signal, ({ seq, data }) => {
      if (wanted.has(aboutOf({ subject: event.subject, payload: data }) ?? '')) found.push(seq);
    });
    for (const sequence of found) if (await eraseMessage(jetstream, sequence)) erased += 1;
  }
  return erased;
}

/** Overwrites one message with noise. @returns false when it was gone */
export async function eraseMessage({ manager }: JetStream, sequence: number): Promise<boolean> {
  if ((await manager.streams.getMessage(streamName, { seq: sequence })) === null) return false;
  return manager.streams.deleteMessage(streamName, sequence, true);
}

function aboutOf({ subject, payload }: { subject: string; payload: Uint8Array }): string | undefined {
  const event = personalEvents.find((one) => one.subject === subject) as EventType<unknown> | undefined;
  const message = event && tryDecode(event, payload);
  return message === undefined ? undefined : event?.about?.(message);
}

/** @throws when `signal` ends it, or the stream does not answer */
async function readAll(
  { client, manager }: JetStream,
  subject: string,
  signal: AbortSignal,
  see: (message: { seq: number; data: Uint8Array }) => void,
): Promise<void> {
  const last = await manager.streams.getMessage(streamName, { last_by_subj: subject });
  if (last === null) return;
  // Nobody waits for it, and it goes when it is left alone: trimming looks at durable ones.
  const { name } = await manager.consumers.add(streamName, {
    filter_subject: subject,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.None,
    mem_storage: true,
    inactive_threshold: nanos(10 * batchMs),
  });
  const consumer = await client.consumers.get(streamName, name);
  let read = 0;
  while (read < last.seq) {
    signal.throwIfAborted();
    const before = read;
    const batch: ConsumerMessages = await consumer.fetch({ max_messages: batchSize, expires: batchMs });
    for await (const message of batch) {
      see(message);
      read = message.seq;
      if (read >= last.seq) break;
    }
    if (read === before) break; // nothing came: the rest was removed meanwhile
  }
  await manager.consumers.delete(streamName, name).catch(() => {});
}
