import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '@selfsame/runtime/errors';
import { claimDirectory } from './claim.ts';
import { describeExit, failureText, launch } from './processes.ts';
import { type ProcessSpec, type Supervised, supervise } from './supervisor.ts';
import type { ServiceName } from './topology.ts';

/** A further process of a service, from 2 on. */
export type ReplicaName = `${ServiceName}-${number}`;
export type ProcessName = ServiceName | ReplicaName | 'postgres' | 'nats' | 'edge' | 'demo';

/** Root of the checkout. */
export const repository = resolve(fileURLToPath(import.meta.url), '../../..');

/** Something that runs once: a migration, a build. */
export interface OneCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** Its stdout is an answer that may hold a key: it is not logged. */
  readonly isSecretive?: boolean;
}

/** One run on one data directory: what was started, and how it ends. */
export interface Run {
  readonly dataDirectory: string;
  readonly logsDirectory: string;
  readonly processes: ReadonlyMap<ProcessName, Supervised>;
  readonly report: (line: string) => void;
  /** Starts a process and keeps it up until `stop`. @throws Failure with its own last words */
  begin(name: ProcessName, spec: ProcessSpec): Promise<void>;
  /** Runs a command to its end and answers the last line of its stdout. @throws Failure likewise */
  once(command: OneCommand): Promise<string>;
  /** Work that `stop` waits for, so that nothing goes on behind its back. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Stops everything in order; safe to call at any moment, and again. */
  stop(): Promise<void>;
}

/** Claims the data directory and prepares its folders. @throws Failure `already_running` */
export async function openRun(options: {
  dataDirectory: string;
  report: (line: string) => void;
  verbose: boolean;
}): Promise<Run> {
  const dataDirectory = resolve(options.dataDirectory);
  const logsDirectory = join(dataDirectory, 'logs');
  const runDirectory = join(dataDirectory, 'run');
  mkdirSync(logsDirectory, { recursive: true });
  const release = await claimDirectory(runDirectory, dataDirectory);
  const processes = new Map<ProcessName, Supervised>();
  const pending = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;

  function track<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.catch(() => undefined).finally(() => pending.delete(settled));
    pending.add(settled);
    return work;
  }

  async function begin(name: ProcessName, spec: ProcessSpec): Promise<void> {
    refuseWhenStopped();
    const { report, verbose } = options;
    const supervised = supervise(spec, { logsDirectory, runDirectory, report, verbose });
    processes.set(name, supervised);
    const startedAt = performance.now();
    await supervised.start();
    report(`${name} ${secondsSince(startedAt)}`);
  }

  function refuseWhenStopped(): void {
    if (stopping.signal.aborted)
      throw new Failure('unavailable', 'process_stopped', 'the system is stopping');
  }

  return {
    dataDirectory,
    logsDirectory,
    processes,
    report: options.report,
    track,
    begin: (name, spec) => track(begin(name, spec)),
    async once(command) {
      refuseWhenStopped();
      return track(runToEnd(command, join(logsDirectory, `${command.name}.log`), stopping.signal));
    },
    stop() {
      stopping.abort();
      stopped ??= stopInOrder(processes)
        .then(() => Promise.all(pending))
        .then(release);
      return stopped;
    },
  };
}

/** A Node process of this repository that answers /readyz on `port`. */
export function nodeProcess(
  name: ProcessName,
  script: string,
  environment: NodeJS.ProcessEnv,
  port: number,
  stopTimeoutMs = 4500,
): ProcessSpec {
  const url = `http://127.0.0.1:${port}/readyz`;
  return {
    name,
    command: process.execPath,
    args: [join(repository, script)],
    environment,
    stopSignal: 'SIGTERM',
    stopTimeoutMs,
    // Biometrics loads its models; a cold disk may take its time.
    readyTimeoutMs: 60_000,
    isReady: async () => (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok,
  };
}

/** A script of this repository that runs once. */
export function nodeScript(name: string, script: string, environment: NodeJS.ProcessEnv): OneCommand {
  const args = [join(repository, script)];
  return { name, command: process.execPath, args, environment, timeoutMs: 60_000 };
}

/** '0.8 s', for progress lines. */
export function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

async function runToEnd(options: OneCommand, logFile: string, signal: AbortSignal): Promise<string> {
  let last = '';
  const child = await launch({
    ...options,
    logFile,
    deathSignal: 'SIGTERM',
    onLine: (line) => {
      last = line;
    },
  });
  const either = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
  either.addEventListener('abort', () => void child.end('SIGTERM', 1000), { once: true });
  const exit = await child.exited;
  if (exit.code === 0) return last;
  const text = failureText(options.name, child, describeExit(exit), logFile);
  throw new Failure('unavailable', 'process_failed', text);
}

// Nothing new comes in, then the services finish what they hold, then what they wrote to is closed. 2 + 4.5 + 2.5 s at most.
async function stopInOrder(processes: ReadonlyMap<ProcessName, Supervised>): Promise<void> {
  const first: readonly ProcessName[] = ['edge', 'demo'];
  const last: readonly ProcessName[] = ['nats', 'postgres'];
  const services = [...processes.keys()].filter((name) => !first.includes(name) && !last.includes(name));
  for (const group of [first, services, last]) {
    await Promise.all(group.map((name) => processes.get(name)?.stop()));
  }
}
