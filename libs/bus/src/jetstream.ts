import { setTimeout as sleep } from 'node:timers/promises';
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type PubAck,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/nats-core';
import { streamName, streamSubjects } from '@selfsame/contracts/catalog';
import { Failure } from '@selfsame/runtime/errors';
import { connectPatiently } from './connect.ts';
import { type EventHeaders, idHeader, toNatsHeaders } from './envelope.ts';

const requestMs = 2_000;
const settleMs = 200;
const day = 24 * 60 * 60 * 1000;

/** How the stream is created when it is missing. Limits that an operator has changed since are kept. */
const wantedStream = {
  name: streamName,
  subjects: [streamSubjects],
  retention: 'limits',
  storage: 'file',
  discard: 'old',
  num_replicas: 1,
  max_age: nanos(7 * day),
  max_bytes: 1024 ** 3,
  duplicate_window: nanos(2 * 60 * 1000),
} satisfies Partial<StreamConfig>;

/** The stream as it was a moment ago. */
export interface StreamView {
  /** Its creation time: another value is another stream under the same name, which knows nothing of the first. */
  incarnation: string;
  firstSequence: number;
  lastSequence: number;
}

/** The one connection of a service and the one stream. */
export interface JetStream {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  connected(): boolean;
  /** Calls back on every loss and every return of the connection. */
  onConnectionChange(callback: (connected: boolean) => void): void;
  /** Looks at the stream, and creates it when it is missing. */
  look(): Promise<StreamView>;
  publish(event: {
    id: string;
    subject: string;
    payload: Uint8Array;
    headers: EventHeaders;
  }): Promise<PubAck>;
  /** Whether the stream still has `id` at `sequence`; what aged out (below the first sequence) counts as there. */
  holds(view: StreamView, sequence: number, id: string): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * @throws Failure `bus_unreachable`, `bus_refused`, `bus_misconfigured`, `stream_misconfigured`, with what to change
 */
export async function openJetStream(service: string, url: string): Promise<JetStream> {
  const connection = await connectPatiently(service, url);
  try {
    return await watch(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function watch(connection: NatsConnection): Promise<JetStream> {
  const client = jetstream(connection, { timeout: requestMs });
  const manager = await jetstreamManager(connection, { timeout: requestMs, checkAPI: false });
  const callbacks: ((connected: boolean) => void)[] = [];
  let connected = true;
  let config: Partial<StreamConfig> & { name: string } = wantedStream;
  let seen = false;

  const look = async (): Promise<StreamView> => {
    let info = await findStream(manager);
    if (!info && seen) {
      // Just deleted: the server may still be at it, and would remove the files of a stream that is made meanwhile.
      await sleep(settleMs + Math.random() * settleMs);
      info = await findStream(manager);
    }
    info ??= await createStream(manager, config);
    seen = true;
    requireStream(info);
    const { num_replicas, max_age, max_bytes } = info.config;
    config = { ...wantedStream, num_replicas, max_age, max_bytes };
    const { first_seq, last_seq } = info.state;
    return { incarnation: info.created, firstSequence: first_seq, lastSequence: last_seq };
  };
  await look();

  const follow = async () => {
    for await (const status of connection.status()) {
      if (status.type !== 'disconnect' && status.type !== 'reconnect') continue;
      connected = status.type === 'reconnect';
      for (const callback of callbacks) callback(connected);
    }
  };
  void follow();

  return {
    connection,
    manager,
    client,
    connected: () => connected,
    onConnectionChange: (callback) => void callbacks.push(callback),
    look,
    publish: ({ id, subject, payload, headers }) =>
      client.publish(subject, payload, { headers: toNatsHeaders(headers, id), timeout: requestMs }),
    async holds(view, sequence, id) {
      if (sequence < view.firstSequence) return true;
      const stored = await manager.streams.getMessage(streamName, { seq: sequence });
      return stored?.header.get(idHeader) === id;
    },
    async close() {
      // Draining waits for a server that may be gone.
      const drained = connection.drain().catch(() => {});
      await Promise.race([drained, sleep(requestMs, undefined, { ref: false })]);
      await connection.close();
    },
  };
}

async function findStream(manager: JetStreamManager): Promise<StreamInfo | undefined> {
  const streamNotFound = 10059;
  try {
    return await manager.streams.info(streamName);
  } catch (error) {
    if (apiCode(error) === streamNotFound) return undefined;
    throw jetStreamFailure(error);
  }
}

async function createStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<StreamInfo> {
  const nameInUse = 10058; // another replica was faster, with other limits
  try {
    return await manager.streams.add(config);
  } catch (error) {
    if (apiCode(error) === nameInUse) return manager.streams.info(streamName);
    throw jetStreamFailure(error);
  }
}

/** Refuses what would lose or hide events. */
function requireStream({ config }: StreamInfo): void {
  const wrong: string[] = [];
  if (config.subjects?.length !== 1 || config.subjects[0] !== streamSubjects) {
    wrong.push(`subjects are ${config.subjects?.join(', ') || 'none'}, not ${streamSubjects}`);
  }
  if (config.retention !== 'limits') wrong.push(`retention is ${config.retention}, not limits`);
  if (config.storage !== 'file') wrong.push(`storage is ${config.storage}, not file`);
  if (config.no_ack) wrong.push('it does not acknowledge');
  if (config.sealed) wrong.push('it is sealed');
  if (wrong.length > 0) throw streamMisconfigured(wrong.join('; '));
}

function streamMisconfigured(what: string, cause?: unknown): Failure {
  return new Failure(
    'precondition',
    'stream_misconfigured',
    `JetStream's stream ${streamName}: ${what}. Correct it (nats stream edit), or delete it to have it made anew`,
    { cause },
  );
}

function jetStreamFailure(error: unknown): unknown {
  const subjectsOverlap = 10065;
  const notEnabled = [10039, 10076];
  if (apiCode(error) === subjectsOverlap) {
    return streamMisconfigured(`another stream takes ${streamSubjects} already`, error);
  }
  if (
    notEnabled.includes(apiCode(error) ?? 0) ||
    (error instanceof Error && error.name === 'JetStreamNotEnabled')
  ) {
    return new Failure(
      'precondition',
      'bus_misconfigured',
      'NATS runs without JetStream: start it with -js',
      {
        cause: error,
      },
    );
  }
  return error;
}

function apiCode(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}
