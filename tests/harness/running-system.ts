import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type System, startSystem } from '@selfsame/deploy/local';
import { freeze } from '@selfsame/testing/freeze';
import { Client } from 'pg';

/** The system of `npm start` in a data directory of its own, with the hands a test needs inside it. */
export interface RunningSystem extends System {
  /** SIGSTOP: connections stay open and, once this resolves, nothing answers. */
  pause(name: ProcessName): Promise<void>;
  resume(name: ProcessName): void;
  /** Rows of one statement, run as the administrator of the database. */
  query(sql: string, values: unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs a locking statement in a transaction of its own; the answer lets go again. */
  lockRow(sql: string, values: unknown[]): Promise<() => Promise<void>>;
}

type ProcessName = Parameters<System['kill']>[0];

/** @param environment settings for every process, beside those of the local topology */
export async function runSystem(environment: Record<string, string> = {}): Promise<RunningSystem> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'selfsame-system-'));
  const system = await startSystem({
    dataDirectory,
    port: 0,
    environment: { ...process.env, DATABASE_URL: undefined, NATS_URL: undefined, ...environment },
    report: () => undefined,
  });
  const administrator = await connect(system.databaseUrl);

  const pidOf = (name: ProcessName): number => {
    const pid = system.processes().find((one) => one.name === name)?.pid;
    if (pid === undefined) throw new Error(`${name} is not running`);
    return pid;
  };

  return {
    ...system,
    pause: async (name) => freeze(pidOf(name)),
    resume: (name) => void process.kill(pidOf(name), 'SIGCONT'),
    query: async (sql, values) => (await administrator.query(sql, values)).rows,
    lockRow: async (sql, values) => {
      const holder = await connect(system.databaseUrl);
      await holder.query('begin');
      await holder.query(sql, values);
      return async () => {
        await holder.query('rollback');
        await holder.end();
      };
    },
    stop: async () => {
      await administrator.end();
      await system.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  // The database ends before the last test connection does.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
