import { type CaptureCompleted, CaptureCompleted as codec } from '@selfsame/contracts/capture/v1/events';
import { type Database, openDatabase } from '@selfsame/database/database';
import { type Migration, migrate } from '@selfsame/database/migrate';
import { createLog, type Log } from '@selfsame/runtime/log';
import { type TestNats, testNats } from '@selfsame/testing/nats';
import { type TestDatabase, testDatabaseUrl } from '@selfsame/testing/postgres';
import { sql } from 'kysely';
import { type Bus, openBus } from './bus.ts';
import { busMigrations } from './migrations.ts';
import type { StreamSettings } from './settings.ts';
import type { BusTables } from './tables.ts';

/** The effect that the test's handlers have: how often each event was applied. */
export interface Tables extends BusTables {
  effects: { id: string; times: number };
}

const effects: Migration = {
  name: '0001-effects',
  up: 'CREATE TABLE effects (id text PRIMARY KEY, times integer NOT NULL)',
};
const migrations = [...busMigrations, effects];
export const log = createLog('bus-test', process.env.LOG_LEVEL ?? 'silent');

/** A log and the lines that were written to it. */
export function observedLog(level: string): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog('bus-test', level, { write: (line) => lines.push(JSON.parse(line)) }) };
}

export interface Service {
  database: Database<Tables>;
  bus: Bus<Tables>;
  /** Ids whose effect has happened, once each or oftener. */
  effects(): Promise<{ id: string; times: number }[]>;
  close(): Promise<void>;
}

/** A Postgres database and a NATS server of their own, with as many services on them as a test wants. */
export async function openWorld({ stream = {} }: { stream?: StreamSettings } = {}): Promise<{
  nats: TestNats;
  postgres: TestDatabase;
  /** Opened twice under one name, it is a replica. */
  service(name: string, options?: { log?: Log }): Promise<Service>;
  close(): Promise<void>;
}> {
  const [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  const closings: (() => Promise<void>)[] = [];
  return {
    nats,
    postgres,
    async service(name, options) {
      await migrate({ service: name, url: postgres.url, migrations, log });
      const database = await openDatabase<Tables>({ service: name, url: postgres.url, migrations });
      const bus = await openBus({ service: name, url: nats.url, log, database, stream, ...options });
      let closed = false;
      const close = async () => {
        if (closed) return;
        closed = true;
        await bus.close();
        await database.close();
      };
      closings.push(close);
      return {
        database,
        bus,
        effects: () => database.db.selectFrom('effects').selectAll().orderBy('id').execute(),
        close,
      };
    },
    async close() {
      for (const close of closings.reverse()) await close();
      await nats.stop();
      await postgres.drop();
    },
  };
}

/** The handler of the tests: its effect is a counter, so that a second effect shows. */
export async function applyEffect(
  tx: Parameters<Parameters<Bus<Tables>['subscribe']>[1]>[0],
  { id }: { id: string },
): Promise<void> {
  await sql`INSERT INTO effects VALUES (${id}, 1) ON CONFLICT (id) DO UPDATE SET times = effects.times + 1`.execute(
    tx,
  );
}

/** An event to publish; the session id is free for the test's own use. */
export function captured(sessionId: string): CaptureCompleted {
  return codec.fromPartial({ sessionId });
}
