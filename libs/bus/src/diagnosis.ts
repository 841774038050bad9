import { type ConsumerInfo, jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/nats-core';
import { streamName, streamSubjects } from '@selfsame/contracts/catalog';
import type { AnyTables } from '@selfsame/database/database';
import { type Kysely, sql } from 'kysely';
import { connectOnce } from './connect.ts';
import { readUnpublished, type Unpublished } from './outbox.ts';
import { compare } from './rules.ts';
import type { StreamSettings } from './settings.ts';
import { fillOf, settingRules, streamRules } from './stream-config.ts';

/** What waits in the tables of one service's bus. */
export interface BusBacklog extends Unpublished {
  readonly deadLetters: readonly { readonly consumer: string; readonly letters: number }[];
}

/** Reads by the indexes over what waits; cheap however much was published. */
export async function readBusBacklog(db: Kysely<AnyTables>): Promise<BusBacklog> {
  const letters = await sql<{ consumer: string; letters: number }>`
    SELECT consumer, count(*)::int AS letters FROM dead_letters GROUP BY consumer ORDER BY consumer`.execute(
    db,
  );
  return { ...(await readUnpublished(db)), deadLetters: letters.rows };
}

/** A durable consumer, as its leader counts. */
export interface ConsumerView {
  readonly name: string;
  /** Events that it has not been given, or has not finished. */
  readonly behind: number;
  /** When the first of them came; null when there is none. */
  readonly behindSince: Date | null;
  readonly redelivered: number;
}

/** A NATS server, looked at without changing anything that lasts. */
export interface StreamDiagnosis {
  readonly serverVersion: string;
  readonly maxPayloadBytes: number;
  /** null: there is no stream, or no JetStream. */
  readonly stream: {
    /** What services refuse to start with. */
    readonly wrong: readonly string[];
    /** What they set right themselves when they look at it next. */
    readonly mended: readonly string[];
    readonly replicas: number;
    /** Copies that are behind or away. */
    readonly replicasBehind: readonly string[];
    readonly fill: number;
    readonly messages: number;
    readonly maxBytes: number;
    readonly bytes: number;
  } | null;
  readonly consumers: readonly ConsumerView[];
  /** Share of the storage that the account may use; null where it is not limited. */
  readonly storageFill: number | null;
  /** The server's clock, read between two readings of ours; null where it would not say. */
  readonly clock: { readonly sent: Date; readonly received: Date; readonly told: Date } | null;
}

/**
 * @param options.timeoutMs for the connection, and for each question
 * @throws Failure as `openBus` does: `bus_unreachable`, `bus_refused`
 */
export async function diagnoseStream(options: {
  url: string;
  settings: StreamSettings;
  timeoutMs: number;
  now: () => Date;
}): Promise<StreamDiagnosis> {
  const { url, settings, timeoutMs, now } = options;
  const connection = await connectOnce('doctor', url, settings, timeoutMs);
  try {
    return await look(connection, settings, timeoutMs, now);
  } finally {
    await connection.close();
  }
}

async function look(
  connection: NatsConnection,
  settings: StreamSettings,
  timeoutMs: number,
  now: () => Date,
): Promise<StreamDiagnosis> {
  const manager = await jetstreamManager(connection, { timeout: timeoutMs, checkAPI: false });
  const serverVersion = connection.info?.version ?? 'unknown';
  const maxPayloadBytes = connection.info?.max_payload ?? 0;
  const account = await manager.getAccountInfo();
  const limit = account.limits?.max_storage ?? 0;
  const storageFill = limit > 0 ? account.storage / limit : null;
  const base = { serverVersion, maxPayloadBytes, storageFill };
  const info = await manager.streams.info(streamName).catch((error: unknown) => {
    if (error instanceof Error && /stream not found/i.test(error.message)) return null;
    throw error;
  });
  if (info === null) return { ...base, stream: null, consumers: [], clock: null };
  const consumers: ConsumerInfo[] = [];
  for await (const each of manager.consumers.list(streamName)) {
    if (each.config.durable_name) consumers.push(each);
  }
  const views = consumers.map(async (each): Promise<ConsumerView> => {
    const behind = each.num_pending + each.num_ack_pending;
    const since =
      behind === 0
        ? null
        : await manager.streams.getMessage(streamName, {
            seq: each.ack_floor.stream_seq + 1,
            next_by_subj: each.config.filter_subject ?? streamSubjects,
          } as unknown as { seq: number });
    return { name: each.name, behind, behindSince: since?.time ?? null, redelivered: each.num_redelivered };
  });
  return {
    ...base,
    stream: viewOf(info, settings),
    consumers: await Promise.all(views),
    clock: await readClock(manager, now),
  };
}

function viewOf(info: StreamInfo, settings: StreamSettings): NonNullable<StreamDiagnosis['stream']> {
  const { wrong, mended } = compare(info.config, [...streamRules, ...settingRules(settings)]);
  const copies = info.cluster?.replicas ?? [];
  return {
    wrong,
    mended,
    replicas: info.config.num_replicas,
    replicasBehind: copies.filter(({ current, offline }) => !current || offline).map(({ name }) => name),
    fill: fillOf(info),
    messages: info.state.messages,
    maxBytes: info.config.max_bytes,
    bytes: info.state.bytes,
  };
}

/** The server dates a consumer that it makes; this one is nobody's, is kept in memory and goes at once. */
async function readClock(
  manager: Awaited<ReturnType<typeof jetstreamManager>>,
  now: () => Date,
): Promise<StreamDiagnosis['clock']> {
  const sent = now();
  const { name, created } = await manager.consumers.add(streamName, {
    mem_storage: true,
    inactive_threshold: nanos(5_000),
    filter_subject: `${streamSubjects.replace('>', '')}doctor`,
  });
  const received = now();
  await manager.consumers.delete(streamName, name).catch(() => {});
  const told = new Date(created);
  return Number.isNaN(told.getTime()) ? null : { sent, received, told };
}
