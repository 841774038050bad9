import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type System, startSystem } from '@selfsame/deploy/local';
import { freeze } from '@selfsame/testing/freeze';
import { Client, Pool } from 'pg';

/** The system of `npm start` in a data directory of its own, with the hands a test needs inside it. */
export interface RunningSystem extends System {
  /** SIGSTOP: connections stay open and, once this resolves, nothing answers. */
  pause(name: ProcessName): Promise<void>;
  resume(name: ProcessName): void;
  /** Rows of one statement, run as the administrator of the database. Fails while the database is down, and no longer. */
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs a locking statement in a transaction of its own; the answer lets go again. */
  lockRow(sql: string, values: unknown[]): Promise<() => Promise<void>>;
}

export type ProcessName = Parameters<System['kill']>[0];

export interface RunOptions {
  /** Stays there after `stop`; default: a new one that does not. */
  dataDirectory?: string;
  /** Hears what supervision has to say: a process that ended unasked, an error in a log. */
  report?: (line: string) => void;
  /** Ends the start, or the run, in order. */
  signal?: AbortSignal;
  /** How many processes of each service have a place; see `startReplica`. */
  places?: number;
  onPlaces?: SystemOptions['onPlaces'];
  /** Puts something between a caller and a service. */
  between?: SystemOptions['between'];
  /** More settings for single processes. */
  overrides?: SystemOptions['overrides'];
}

type SystemOptions = Parameters<typeof startSystem>[0];

/** @param environment settings for every process, beside those of the local topology */
export async function runSystem(
  environment: Record<string, string> = {},
  options: RunOptions = {},
): Promise<RunningSystem> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'selfsame-system-')));
  const system = await startSystem({
    dataDirectory,
    port: 0,
    environment: { ...process.env, DATABASE_URL: undefined, NATS_URL: undefined, ...environment },
    report: options.report ?? (() => undefined),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.places === undefined ? {} : { places: options.places }),
    ...(options.onPlaces ? { onPlaces: options.onPlaces } : {}),
    ...(options.between ? { between: options.between } : {}),
    ...(options.overrides ? { overrides: options.overrides } : {}),
  });
  const administrators = new Pool({
    connectionString: system.databaseUrl,
    max: 2,
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
  });
  // The database ends, now and then, before a connection does.
  administrators.on('error', () => undefined);

  const pidOf = (name: ProcessName): number => {
    const pid = system.processes().find((one) => one.name === name)?.pid;
    if (pid === undefined) throw new Error(`${name} is not running`);
    return pid;
  };

  return {
    ...system,
    pause: async (name) => freeze(pidOf(name)),
    resume: (name) => void process.kill(pidOf(name), 'SIGCONT'),
    query: async (sql, values = []) => (await administrators.query(sql, values)).rows,
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
      await administrators.end();
      await system.stop();
      if (options.dataDirectory === undefined) await rm(dataDirectory, { recursive: true, force: true });
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
