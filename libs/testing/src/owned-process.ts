import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { createServer, Socket } from 'node:net';

/** Waits for the owner's end of the pipe to close, then ends the server and removes its folder. */
const watchdogScript = `
read -r _
kill -CONT "$1" 2>/dev/null
kill -KILL "$1" 2>/dev/null
sleep 0.2
rm -rf "$2"
`;

export interface OwnedProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  /** Sends the signal, waits for the end (SIGKILL after 5 s) and removes the watchdog. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Spawns a server that never outlives this process, not even when this process is killed: a watchdog shell in a
 * session of its own holds a pipe to us and cleans up when the pipe closes.
 *
 * @param directory removed by the watchdog when we crash; a normal end leaves it to the caller
 */
export function spawnOwned(
  command: string,
  args: readonly string[],
  directory: string,
  options: SpawnOptions = {},
): OwnedProcess {
  const child = spawn(command, args, { stdio: 'ignore', ...options });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const watchdog = spawn('/bin/sh', ['-c', watchdogScript, 'watchdog', String(child.pid), directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  // A live pipe would keep the event loop alive although nothing is ever read from it.
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
  void exited.then(() => watchdog.kill('SIGKILL'));

  return {
    child,
    exited,
    async end(signal) {
      child.kill(signal);
      const impatience = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(impatience);
    },
  };
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
