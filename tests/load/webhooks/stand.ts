import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testNats } from '@selfsame/testing/nats';
import { startPostgresServer } from '@selfsame/testing/postgres-server';
import pg from 'pg';
import type { BarePosterCalls } from './bare-poster.ts';
import { type DispatcherProcess, prepareDispatcher } from './dispatcher-process.ts';
import type { GraphilePeerCalls } from './graphile-peer.ts';
import { type Helper, type HelperCalls, startHelper } from './helper-process.ts';
import { serveKeys } from './key-service.ts';
import type { PublisherCalls } from './publisher.ts';
import { cpuTimeOfFamilyMs, parentOf } from './rates.ts';
import type { ReceiverCalls } from './receiver.ts';

/** Applications with one destination each, told from those of other runs by their ids. */
export interface Destinations {
  readonly applicationIds: string[];
  /** Takes them away again, and with them the retries that are still to come. */
  remove(): Promise<void>;
}

/** Everything around the contenders: servers that sync, a receiver, a publisher, each in a process of its own. */
export interface Stand {
  readonly databaseUrl: string;
  readonly receiver: Helper<ReceiverCalls>;
  readonly publisher: Helper<PublisherCalls>;
  readonly bare: Helper<BarePosterCalls>;
  readonly peer: Helper<GraphilePeerCalls>;
  /** URLs of the receiver, one origin each. */
  readonly targets: string[];
  /** @param environment beside what a local run would set, and what the bench was told */
  startDispatcher(environment?: Record<string, string>): Promise<DispatcherProcess>;
  /** Makes an application and a destination for each target, through the API of a running dispatcher. */
  addDestinations(dispatcher: DispatcherProcess, targets: readonly string[]): Promise<Destinations>;
  /** CPU time of the database so far. */
  databaseCpuMs(): number;
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

const statementSettings = { shared_preload_libraries: 'pg_stat_statements' };

/**
 * @param options.origins how many ports the receiver listens on
 * @param options.statements the database counts its time by statement, which costs a little
 * @param options.environment of every dispatcher
 * @param options.profileDirectory for CPU profiles of every dispatcher
 */
export async function startStand(options: {
  origins: number;
  statements?: boolean;
  environment?: Record<string, string>;
  profileDirectory?: string;
}): Promise<Stand> {
  const closings: (() => Promise<unknown>)[] = [];
  const directory = await mkdtemp(join(tmpdir(), 'selfsame-bench-'));
  closings.push(() => rm(directory, { recursive: true, force: true }));
  const logFile = openSync(join(directory, 'helpers.log'), 'a');
  const helper = async <Calls extends HelperCalls>(file: string): Promise<Helper<Calls>> => {
    const started = await startHelper<Calls>(file, logFile);
    closings.push(started.end);
    return started;
  };
  const stop = async (): Promise<void> => {
    for (const close of closings.splice(0).reverse()) await close();
  };
  try {
    const watching = options.statements === true ? statementSettings : {};
    const postgres = await startPostgresServer({ durable: true, settings: watching });
    closings.push(postgres.stop);
    const administrator = new pg.Client({ connectionString: postgres.url });
    await administrator.connect();
    closings.push(() => administrator.end());
    if (options.statements === true) await administrator.query('CREATE EXTENSION pg_stat_statements');
    const backend = await administrator.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const postmaster = parentOf(backend.rows[0]?.pid ?? 0) ?? 0;
    const nats = await testNats();
    closings.push(nats.stop);
    const keys = await serveKeys();
    closings.push(keys.stop);

    const receiver = await helper<ReceiverCalls>('./receiver.ts');
    const ports = await receiver.call('listen', { ports: options.origins });
    const publisher = await helper<PublisherCalls>('./publisher.ts');
    await publisher.call('open', { databaseUrl: postgres.url, natsUrl: nats.url });
    const around = { databaseUrl: postgres.url, natsUrl: nats.url, sessionGrpc: keys.address };
    const start = await prepareDispatcher({ ...around, ...options, directory });
    const stand: Stand = {
      databaseUrl: postgres.url,
      receiver,
      publisher,
      bare: await helper<BarePosterCalls>('./bare-poster.ts'),
      peer: await helper<GraphilePeerCalls>('./graphile-peer.ts'),
      targets: ports.map((port) => `http://127.0.0.1:${port}/hooks`),
      async startDispatcher(environment = {}) {
        const dispatcher = await start({ ...options.environment, ...environment });
        closings.push(dispatcher.stop);
        return dispatcher;
      },
      async addDestinations(dispatcher, targets) {
        const made = targets.map((url) => ({ applicationId: randomUUID(), url }));
        const paths = await Promise.all(
          made.map(async ({ applicationId, url }) => {
            const uuid = await dispatcher.createDestination(keys.keyOf(applicationId), url);
            return { applicationId, uuid };
          }),
        );
        return {
          applicationIds: made.map(({ applicationId }) => applicationId),
          async remove() {
            for (const { applicationId, uuid } of paths) {
              await dispatcher.deleteDestination(keys.keyOf(applicationId), uuid);
            }
          },
        };
      },
      databaseCpuMs: () => cpuTimeOfFamilyMs(postmaster),
      query: async (text, values = []) => (await administrator.query(text, values)).rows,
      stop,
    };
    return stand;
  } catch (error) {
    await stop();
    throw error;
  }
}
