import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeze } from './freeze.ts';
import { freePort, type OwnedProcess, spawnOwned } from './owned-process.ts';
import { waitFor } from './wait.ts';

export interface TestNats {
  readonly url: string;
  /** Where JetStream keeps its files, to copy and restore while the server is down. */
  readonly storeDirectory: string;
  /** Ends the server and removes its store. */
  stop(): Promise<void>;
  /** Same port again; `wipeStore` loses every stream, message and consumer. */
  restart(options?: { wipeStore?: boolean }): Promise<void>;
  /** SIGKILL, as a crash; `restart` brings it back. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and, once this resolves, nothing answers. */
  pause(): Promise<void>;
  resume(): void;
}

/**
 * A nats-server with JetStream of its own for the suite, on a free port, its store in a temp dir.
 * @param options.settings further lines of the server's configuration file
 * @param options.configuration the whole file instead; has to listen on `port` and keep JetStream in `storeDirectory`
 */
export async function testNats(
  options: {
    jetStream?: boolean;
    settings?: string;
    configuration?: (places: { port: number; storeDirectory: string }) => string;
  } = {},
): Promise<TestNats> {
  requireServer();
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-nats-'));
  const storeDirectory = join(directory, 'store');
  const configuration = join(directory, 'nats.conf');
  const { jetStream = true, settings = '' } = options;
  const jetStreamSettings = jetStream ? `jetstream { store_dir: "${storeDirectory}" }` : '';
  writeFileSync(
    configuration,
    options.configuration?.({ port, storeDirectory }) ??
      `listen: "127.0.0.1:${port}"\n${jetStreamSettings}\n${settings}\n`,
  );
  let server: OwnedProcess | undefined;

  const start = async () => {
    const logPath = join(directory, 'log');
    const logFile = openSync(logPath, 'a');
    const started = spawnOwned('nats-server', ['-c', configuration], directory, {
      stdio: ['ignore', logFile, logFile],
    });
    closeSync(logFile);
    server = started;
    try {
      await waitFor('nats-server answers', () => answers(port), { timeoutMs: 10_000, intervalMs: 5 });
      // Else another process had taken the port and answered in its place.
      if (started.child.exitCode !== null) throw new Error(`exited with ${started.child.exitCode}`);
    } catch (cause) {
      throw new Error(`nats-server did not start:\n${readFileSync(logPath, 'utf8').slice(-2000)}`, { cause });
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    server?.child.kill('SIGCONT');
    await server?.end(signal);
    server = undefined;
  };

  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    storeDirectory,
    async stop() {
      await end('SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
    async restart({ wipeStore = false } = {}) {
      await end('SIGTERM');
      if (wipeStore) rmSync(storeDirectory, { recursive: true, force: true });
      await start();
    },
    kill: () => end('SIGKILL'),
    async pause() {
      if (server?.child.pid === undefined) throw new Error('the server is not running');
      await freeze(server.child.pid);
    },
    resume: () => void server?.child.kill('SIGCONT'),
  };
}

function requireServer(): void {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' });
  } catch (cause) {
    throw new Error('nats-server is not on PATH; on Debian and Ubuntu: apt-get install nats-server', {
      cause,
    });
  }
}

/** The server greets every connection with INFO, once JetStream is up. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('INFO'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
