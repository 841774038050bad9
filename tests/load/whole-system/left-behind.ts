import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { streamName } from '@selfsame/contracts/catalog';
import type { RunningSystem } from '../../harness/running-system.ts';

/** What a system has left on its disks so far, bytes. */
export interface LeftBehind {
  /** The database, indexes and what is free in its files included. */
  readonly storedBytes: number;
  /** Log (WAL) that was ever written. */
  readonly writtenBytes: number;
  /** Events that were ever kept, those that were trimmed since as large as the mean of those that are there. */
  readonly eventBytes: number;
}

/** What is on the disks now. @throws Error when Postgres or NATS does not tell within seconds */
export async function leftBehind(system: RunningSystem): Promise<LeftBehind> {
  const [row] = await system.query(
    "select pg_database_size(current_database())::float8 as stored, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as written",
  );
  const connection = await connect({ servers: system.natsUrl });
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info(streamName);
    const meanBytes = state.messages === 0 ? 0 : state.bytes / state.messages;
    return {
      storedBytes: Number(row?.stored),
      writtenBytes: Number(row?.written),
      eventBytes: state.last_seq * meanBytes,
    };
  } finally {
    await connection.close();
  }
}

/** What each of `visits` has left between two looks. */
export function leftByEach(before: LeftBehind, after: LeftBehind, visits: number): LeftBehind {
  return {
    storedBytes: (after.storedBytes - before.storedBytes) / visits,
    writtenBytes: (after.writtenBytes - before.writtenBytes) / visits,
    eventBytes: (after.eventBytes - before.eventBytes) / visits,
  };
}
