import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, openBus } from '@selfsame/bus/bus';
import { busMigrations } from '@selfsame/bus/migrations';
import { sessionStatusChanged } from '@selfsame/contracts/catalog';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { serveHelper } from './helper-process.ts';
import { monotonicMs } from './monotonic.ts';
import { sessionEvent } from './session-event.ts';

/** Tells what the session service would tell: through an outbox of its own, or straight into the stream. */
const calls = {
  async open({ databaseUrl, natsUrl }: { databaseUrl: string; natsUrl: string }): Promise<void> {
    const log = createLog(service, 'warn');
    await migrate({ service, url: databaseUrl, migrations: busMigrations, log });
    database = await openDatabase({ service, url: databaseUrl, migrations: busMigrations, maxConnections });
    bus = await openBus({ service, url: natsUrl, log, database });
  },

  /** Puts events into the stream as fast as it takes them. */
  async fill({ applicationIds, count }: { applicationIds: string[]; count: number }): Promise<void> {
    const { bus } = opened();
    let next = 0;
    const publishInTurn = async (): Promise<void> => {
      for (let index = next++; index < count; index = next++) {
        const applicationId = applicationIds[index % applicationIds.length] ?? '';
        await bus.publish(sessionStatusChanged, randomUUIDv7(), sessionEvent(applicationId));
      }
    };
    await Promise.all(Array.from({ length: 128 }, publishInTurn));
  },

  /**
   * Commits transactions that enqueue an event each, at a rate that does not wait for anybody (open loop), to the
   * applications in turn.
   */
  async offer(input: { applicationIds: string[]; rate: number; forMs: number }): Promise<Offered> {
    const { applicationIds, rate, forMs } = input;
    const { bus, database } = opened();
    const count = Math.round((rate * forMs) / 1000);
    const ids: string[] = [];
    const committedMs = new Float64Array(count);
    const startMs = monotonicMs();
    const tell = async (index: number): Promise<void> => {
      const id = randomUUIDv7();
      ids[index] = id;
      const applicationId = applicationIds[index % applicationIds.length] ?? '';
      await database.transaction(async (tx) => {
        // Before the bus registers its own: the commit is over, nothing has been published yet.
        database.onCommit(tx, () => {
          committedMs[index] = monotonicMs();
        });
        await bus.enqueue(tx, sessionStatusChanged, sessionEvent(applicationId), { id });
      });
    };
    const told: Promise<void>[] = [];
    while (told.length < count) {
      const dueMs = startMs + (told.length * 1000) / rate;
      const earlyMs = dueMs - monotonicMs();
      if (earlyMs > 0) await sleep(earlyMs);
      else told.push(tell(told.length));
    }
    await Promise.all(told);
    return { ids, committedMs };
  },
};

export type PublisherCalls = typeof calls;

/** Events and, at the same index, when their COMMIT was over. */
export interface Offered {
  readonly ids: string[];
  readonly committedMs: Float64Array;
}

const service = 'publisher';
const maxConnections = 24;
let database: Database | undefined;
let bus: Bus | undefined;

function opened(): { bus: Bus; database: Database } {
  if (bus === undefined || database === undefined) throw new Error('open comes first');
  return { bus, database };
}

serveHelper(calls);
