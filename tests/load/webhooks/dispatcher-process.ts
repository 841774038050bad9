import { randomBytes } from 'node:crypto';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, spawnOwned } from '@selfsame/testing/owned-process';
import { waitFor } from '@selfsame/testing/wait';

/** The webhook dispatcher in a process of its own, as in production. */
export interface DispatcherProcess {
  readonly pid: number;
  /** @returns the destination's uuid */
  createDestination(apiKey: string, url: string): Promise<string>;
  deleteDestination(apiKey: string, uuid: string): Promise<void>;
  /** SIGTERM: attempts under way are finished. */
  stop(): Promise<void>;
}

const service = fileURLToPath(new URL('../../../services/webhook-dispatcher', import.meta.url));

/**
 * Migrates the schema.
 *
 * @param options.directory for the log, which production writes as well; a benchmark that is killed takes it along
 * @param options.profileDirectory where each process that stops leaves a CPU profile
 * @returns starts a process; its environment is that of a local run, where receivers are on the same machine
 */
export async function prepareDispatcher(options: {
  databaseUrl: string;
  natsUrl: string;
  sessionGrpc: string;
  directory: string;
  profileDirectory?: string;
}): Promise<(environment: Record<string, string>) => Promise<DispatcherProcess>> {
  const { databaseUrl, natsUrl, sessionGrpc, directory, profileDirectory } = options;
  const shared = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    NATS_URL: natsUrl,
    SESSION_GRPC: sessionGrpc,
    WEBHOOK_SECRET_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
    WEBHOOK_ALLOW_HTTP: 'true',
  };
  const logPath = join(directory, 'dispatcher.log');
  const logFile = openSync(logPath, 'a');
  const spawn = (file: string, environment: Record<string, string>, flags: string[] = []) =>
    spawnOwned(process.execPath, [...flags, join(service, 'src', file)], directory, {
      env: { ...shared, ...environment },
      stdio: ['ignore', logFile, logFile],
    });
  const migration = spawn('migrate.ts', {});
  await migration.exited;
  if (migration.child.exitCode !== 0) throw new Error(`no migration: ${readFileSync(logPath, 'utf8')}`);
  const flags = profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`];

  return async (environment) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { child, end } = spawn('main.ts', { ...environment, HTTP_PORT: String(port) }, flags);
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped ??= end('SIGTERM');
      return stopped;
    };
    const isReady = async () => {
      if (child.exitCode !== null) return true;
      return (await fetch(`${url}/readyz`)).ok;
    };
    await waitFor('the dispatcher is ready', isReady, { timeoutMs: 30_000 });
    if (child.exitCode !== null)
      throw new Error(`it has ended: ${readFileSync(logPath, 'utf8').slice(-2000)}`);
    const ask = async (method: string, path: string, apiKey: string, body?: unknown) => {
      const answer = await fetch(`${url}/v3/webhook/destinations/${path}`, {
        method,
        headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text;
    };
    return {
      pid: child.pid ?? 0,
      async createDestination(apiKey, target) {
        const wanted = { label: 'bench', url: target, subscribed_events: ['status.updated'] };
        return JSON.parse(await ask('POST', '', apiKey, wanted)).uuid as string;
      },
      async deleteDestination(apiKey, uuid) {
        await ask('DELETE', `${uuid}/`, apiKey);
      },
      stop,
    };
  };
}
