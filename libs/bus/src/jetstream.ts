import { setTimeout as sleep } from 'node:timers/promises';
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type MsgRequest,
  type NextMsgRequest,
  type PubAck,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { streamName, streamSubjects } from '@selfsame/contracts/catalog';
import { Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { connectPatiently } from './connect.ts';
import { type EventHeaders, idHeader, toNatsHeaders } from './envelope.ts';
import { notePublish } from './metrics.ts';
import { compare, type Rule } from './rules.ts';
import type { StreamSettings } from './settings.ts';
import { fillOf, planStream, type StreamPlan, settingRules, streamRules } from './stream-config.ts';

const requestMs = 2_000;
const settleMs = 200;

/** The stream as it was a moment ago. */
export interface StreamView {
  /** Its creation time: another value is another stream under the same name, which knows nothing of the first. */
  incarnation: string;
  firstSequence: number;
  lastSequence: number;
  /** When its oldest event came; undefined when it holds none. */
  oldest: Date | undefined;
  /** Share of the tighter of its limits that is used, 0 to 1; 0 without limits. */
  fill: number;
}

/** The one connection of a service and the one stream. */
export interface JetStream {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  connected(): boolean;
  /** Calls back on every loss and every return of the connection. */
  onConnectionChange(callback: (connected: boolean) => void): void;
  /** Looks at the stream, makes it when it is missing and mends what somebody has changed. */
  look(): Promise<StreamView>;
  publish(event: {
    id: string;
    subject: string;
    payload: Uint8Array;
    headers: EventHeaders;
  }): Promise<PubAck>;
  /**
   * Whether the stream still has `id` at `sequence`; what aged out (below the first sequence) counts as there. `erased`: there
   * is nothing at that place and more behind it, so somebody has erased the event, or what took its place.
   */
  find(view: StreamView, sequence: number, id: string): Promise<'there' | 'erased' | 'lost'>;
  /** The first event of `subject` (may be a wildcard) at `sequence` or after it. */
  next(subject: string, sequence: number): Promise<{ sequence: number; time: Date } | undefined>;
  close(): Promise<void>;
}

/**
 * @throws Failure `bus_unreachable`, `bus_refused`, `bus_misconfigured`, `stream_misconfigured`, with what to change
 */
export async function openJetStream(
  service: string,
  url: string,
  log: Log,
  settings: StreamSettings,
): Promise<JetStream> {
  const connection = await connectPatiently(service, url, settings);
  try {
    return await watch(connection, log, settings);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function watch(connection: NatsConnection, log: Log, settings: StreamSettings): Promise<JetStream> {
  const client = jetstream(connection, { timeout: requestMs });
  const manager = await jetstreamManager(connection, { timeout: requestMs, checkAPI: false });
  const callbacks: ((connected: boolean) => void)[] = [];
  let connected = true;
  let plan = planStream(settings);
  /** At the start the environment has its say, later an operator. */
  let rules = [...streamRules, ...settingRules(settings)];
  let seen = false;

  const look = async (): Promise<StreamView> => {
    let info = await findStream(manager);
    if (!info && seen) {
      // Just deleted: the server may still be at it, and would remove the files of a stream that is made meanwhile.
      await sleep(settleMs + Math.random() * settleMs);
      info = await findStream(manager);
    }
    info ??= await createStream(manager, plan);
    seen = true;
    info = await mendStream(manager, info, rules, log);
    rules = [...streamRules];
    plan = planStream(settings, info.config);
    const { first_seq, last_seq, messages, first_ts } = info.state;
    return {
      incarnation: info.created,
      firstSequence: first_seq,
      lastSequence: last_seq,
      oldest: messages > 0 ? new Date(first_ts) : undefined,
      fill: fillOf(info),
    };
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
    async publish({ id, subject, payload, headers }) {
      try {
        const options = { headers: toNatsHeaders(headers, id), timeout: requestMs };
        const stored = await client.publish(subject, payload, options);
        if (!stored.duplicate) notePublish(subject, true);
        return stored;
      } catch (error) {
        notePublish(subject, false);
        throw error;
      }
    },
    async find(view, sequence, id) {
      if (sequence < view.firstSequence) return 'there';
      const stored = await manager.streams.getMessage(streamName, { seq: sequence });
      if (stored !== null) return stored.header.get(idHeader) === id ? 'there' : 'lost';
      const { state } = await manager.streams.info(streamName);
      if (sequence < state.first_seq) return 'there'; // it was trimmed since
      return sequence > state.last_seq ? 'lost' : 'erased';
    },
    async next(subject, sequence) {
      const query: NextMsgRequest = { seq: sequence, next_by_subj: subject };
      // The client's type for this call has not learned the query that servers know since 2.9.
      const found = await manager.streams.getMessage(streamName, query as unknown as MsgRequest);
      return found ? { sequence: found.seq, time: found.time } : undefined;
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

async function createStream(manager: JetStreamManager, plan: StreamPlan): Promise<StreamInfo> {
  const nameInUse = 10058; // another replica was faster, with other limits
  try {
    return await manager.streams.add(plan);
  } catch (error) {
    if (apiCode(error) === nameInUse) return manager.streams.info(streamName);
    throw jetStreamFailure(error);
  }
}

/**
 * Sets right what an update may change.
 * @throws Failure `stream_misconfigured` for the rest
 */
async function mendStream(
  manager: JetStreamManager,
  info: StreamInfo,
  rules: readonly Rule<StreamConfig>[],
  log: Log,
): Promise<StreamInfo> {
  const { wrong, mended, changes } = compare(info.config, rules);
  const replicas = changes.num_replicas ?? info.config.num_replicas;
  // A server of its own takes the number, and keeps one copy.
  if (replicas > 1 && !info.cluster)
    wrong.push(`num_replicas is ${replicas}, and the server is in no cluster`);
  if (wrong.length > 0) throw streamMisconfigured(wrong.join('; '));
  if (mended.length === 0) return info;
  try {
    const updated = await manager.streams.update(streamName, changes);
    log.warn({ mended }, 'the stream was configured otherwise: mended');
    return updated;
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    throw streamMisconfigured(
      `${mended.join('; ')}; the server refuses to change it (${error.message})`,
      error,
    );
  }
}

function streamMisconfigured(what: string, cause?: unknown): Failure {
  return new Failure(
    'precondition',
    'stream_misconfigured',
    `JetStream's stream ${streamName}: ${what}. Correct it (nats stream edit) or the NATS_ settings, or delete it: it is made anew and filled from the outboxes`,
    { cause },
  );
}

/** The stream has refused an event for want of room; nothing is wrong with it. */
export function isFull(error: unknown): boolean {
  const storeFailed = 10077;
  return apiCode(error) === storeFailed && /maximum (bytes|messages)/.test(String(error));
}

function jetStreamFailure(error: unknown): unknown {
  const subjectsOverlap = 10065;
  const notEnabled = [10039, 10076];
  if (apiCode(error) === subjectsOverlap) {
    return streamMisconfigured(`another stream takes ${streamSubjects} already`, error);
  }
  const noRoom = [10005, 10023, 10047, 10074]; // no peers for the replicas, account or server limit, no cluster
  if (noRoom.includes(apiCode(error) ?? 0)) {
    const words = error instanceof Error ? error.message : '';
    return streamMisconfigured(
      `it cannot be made (${words}): lower NATS_STREAM_MAX_BYTES or NATS_STREAM_REPLICAS, or give NATS more`,
      error,
    );
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
