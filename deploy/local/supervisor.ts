import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@selfsame/runtime/errors';
import {
  type Child,
  describeExit,
  type Exit,
  failureText,
  fingerprint,
  type Identity,
  launch,
} from './processes.ts';

/** One process of the system and how to tell that it is ready. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly identity?: Identity;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** How long it may take to stop before it is killed. */
  readonly stopTimeoutMs: number;
  readonly readyTimeoutMs: number;
  /** True when it serves. Asked again and again; may throw while it does not. */
  readonly isReady: () => Promise<boolean>;
}

/** Where a supervised process writes, and who hears about it. */
export interface Surroundings {
  readonly logsDirectory: string;
  readonly runDirectory: string;
  readonly report: (line: string) => void;
  /** Shows every line of output, not only errors. */
  readonly verbose: boolean;
}

/** A process that is started again when it dies after a good start. */
export interface Supervised {
  readonly name: string;
  /** Undefined while it is down. */
  pid(): number | undefined;
  /** Resolves when it is ready. @throws Failure `process_failed` with its own last words */
  start(): Promise<void>;
  /** @param graceMs before it is killed, `stopTimeoutMs` unless given @returns how it ended; undefined when it was down */
  stop(graceMs?: number): Promise<Exit | undefined>;
  /** Kills it at once, as a crash would, and leaves it down until `start`. SIGQUIT is an immediate stop of Postgres. */
  kill(signal?: 'SIGKILL' | 'SIGQUIT'): Promise<void>;
}

const readyPollMs = 40;
const healthyAfterMs = 30_000;
const maxPauseMs = 8_000;
// On SIGQUIT, Postgres gives its own processes five seconds.
const killTimeoutMs = 7_000;
const maxLogBytes = 20_000_000;
// Of our services, and of anything else that logs with pino.
const errorLine = /"level":("error"|"fatal"|50|60)[,}]/;

/** Pause before the nth start in a row after failures: 250 ms, doubled each time, at most 8 s. */
export function restartPauseMs(failures: number): number {
  return Math.min(250 * 2 ** (failures - 1), maxPauseMs);
}

/** Takes charge of one process. Nothing runs until `start`. */
export function supervise(spec: ProcessSpec, surroundings: Surroundings): Supervised {
  const logFile = join(surroundings.logsDirectory, `${spec.name}.log`);
  const recordFile = join(surroundings.runDirectory, `${spec.name}.pid`);
  let child: Child | undefined;
  let wanted = new AbortController();
  let failures = 0;

  async function bringUp(): Promise<void> {
    // Otherwise a stranger on the same port would be taken for the new process.
    if (await spec.isReady().catch(() => false)) {
      const message = `${spec.name} cannot start: something else already answers in its place`;
      throw new Failure('conflict', 'port_in_use', message);
    }
    const started = await launch({
      ...spec,
      logFile,
      deathSignal: spec.stopSignal,
      onLine: (line) => show(line, spec.name, surroundings),
    });
    child = started;
    writeFileSync(recordFile, fingerprint(started.pid) ?? String(started.pid));
    try {
      await untilReady(spec, started, logFile, wanted.signal);
    } catch (error) {
      if (child === started) child = undefined;
      throw error;
    }
    const readyAt = performance.now();
    void started.exited.then((exit) => {
      if (child !== started) return;
      child = undefined;
      if (wanted.signal.aborted) return;
      failures = performance.now() - readyAt > healthyAfterMs ? 1 : failures + 1;
      surroundings.report(`${spec.name} ended (${describeExit(exit)}); starting it again (${logFile})`);
      void revive();
    });
  }

  async function revive(): Promise<void> {
    const { signal } = wanted;
    while (!signal.aborted) {
      try {
        await delay(restartPauseMs(failures), undefined, { signal });
        await bringUp();
        surroundings.report(`${spec.name} is back`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const why = error instanceof Error ? error.message : String(error);
        surroundings.report(`${why}; starting it again`);
      }
    }
  }

  async function bringDown(end: (running: Child) => Promise<Exit>): Promise<Exit | undefined> {
    wanted.abort();
    const running = child;
    child = undefined;
    const exit = running && (await end(running));
    rmSync(recordFile, { force: true });
    return exit;
  }

  return {
    name: spec.name,
    pid: () => child?.pid,
    async start() {
      wanted = new AbortController();
      failures = 0;
      rotate(logFile);
      await bringUp();
    },
    stop: (graceMs = spec.stopTimeoutMs) => bringDown((running) => running.end(spec.stopSignal, graceMs)),
    async kill(signal = 'SIGKILL') {
      await bringDown((running) => running.end(signal, killTimeoutMs));
    },
  };
}

async function untilReady(
  spec: ProcessSpec,
  child: Child,
  logFile: string,
  signal: AbortSignal,
): Promise<void> {
  let gone: string | undefined;
  void child.exited.then((exit) => {
    gone = describeExit(exit);
  });
  const deadline = performance.now() + spec.readyTimeoutMs;
  while (gone === undefined && !signal.aborted && performance.now() < deadline) {
    if (await spec.isReady().catch(() => false)) {
      if (gone === undefined) return;
      break;
    }
    await Promise.race([delay(readyPollMs, undefined, { ref: false }), child.exited]);
  }
  if (gone !== undefined) {
    throw new Failure('unavailable', 'process_failed', failureText(spec.name, child, gone, logFile));
  }
  await child.end(spec.stopSignal, spec.stopTimeoutMs);
  if (signal.aborted) throw new Failure('unavailable', 'process_stopped', `${spec.name} was told to stop`);
  const seconds = spec.readyTimeoutMs / 1000;
  const why = `${spec.name} was not ready within ${seconds} s; see ${logFile}`;
  throw new Failure('deadline', 'process_failed', why);
}

function show(line: string, name: string, surroundings: Surroundings): void {
  if (surroundings.verbose || errorLine.test(line)) surroundings.report(`[${name}] ${line}`);
}

function rotate(logFile: string): void {
  const bytes = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > maxLogBytes) renameSync(logFile, `${logFile}.1`);
}
