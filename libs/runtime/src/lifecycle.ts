import { ConfigError, defaultStopTimeoutMs, type Environment, readStopTimeoutMs } from './config.ts';
import { Failure } from './errors.ts';
import { createLog, type Log, logLevels } from './log.ts';
import { startMetrics } from './metrics.ts';
import { silentDependencies } from './readiness.ts';
import { startTelemetry } from './telemetry.ts';

/** What the probes ask. Three questions with three consequences: wait longer, send nothing, replace. */
export interface Health {
  /** Everything was opened once. Stays true while stopping: a process that drains has not to be started again. */
  started(): boolean;
  /** Between `ready()` and the first wish to stop, while what it depends on answers (`readiness.ts`). */
  ready(): boolean;
  /** False once the process has failed and should be replaced. Asks no neighbour: another process would find the same ones. */
  live(): boolean;
}

/** How the parts of a service open and close together. */
export interface Lifecycle {
  /** Aborted when stopping begins. */
  readonly signal: AbortSignal;
  readonly health: Health;
  /** Registers a closing beside its opening; closings run in reverse order, at once when stopping has begun. */
  onStop(name: string, close: () => Promise<void> | void): void;
  /** Everything is open: take traffic. */
  ready(): void;
  /** Something broke beyond repair: stop, with exit code 1 under `run`. */
  fail(error: unknown): void;
}

/**
 * A lifecycle without signals and exit, for tests and embedders. `stop` may be called often and never throws.
 * @param options.stopTimeoutMs for all closings together, 8 s unless given
 */
export function createLifecycle(
  log: Log,
  options: { stopTimeoutMs?: number } = {},
): Lifecycle & { stop(): Promise<void>; readonly stopped: Promise<{ clean: boolean }> } {
  const { stopTimeoutMs = defaultStopTimeoutMs } = options;
  const closings: { name: string; close: () => Promise<void> | void }[] = [];
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<{ clean: boolean }>();
  let isStarted = false;
  let clean = true;

  async function close(closing: (typeof closings)[number]): Promise<void> {
    try {
      await closing.close();
    } catch (err) {
      clean = false;
      log.error({ err, part: closing.name }, 'could not close');
    }
  }

  async function closeAll(): Promise<void> {
    for (let last = closings.at(-1); last; last = closings.at(-1)) {
      await close(last);
      closings.pop();
    }
  }

  async function stop(): Promise<void> {
    if (!stopping.signal.aborted) {
      stopping.abort();
      const late = setTimeout(() => {
        clean = false;
        log.error({ part: closings.at(-1)?.name, stopTimeoutMs }, 'did not close in time');
        stopped.resolve({ clean });
      }, stopTimeoutMs);
      await Promise.race([closeAll(), stopped.promise]);
      clearTimeout(late);
      stopped.resolve({ clean });
    }
    await stopped.promise;
  }

  return {
    signal: stopping.signal,
    health: {
      started: () => isStarted,
      ready: () => isStarted && !stopping.signal.aborted && silentDependencies().length === 0,
      live: () => clean,
    },
    onStop(name, run) {
      if (stopping.signal.aborted) void close({ name, close: run });
      else closings.push({ name, close: run });
    },
    ready() {
      isStarted ||= !stopping.signal.aborted;
    },
    fail(err) {
      clean = false;
      log.fatal({ err }, 'failed');
      void stop();
    },
    stop,
    stopped: stopped.promise,
  };
}

/**
 * Runs a service until SIGTERM, SIGINT or a failure, closes it in reverse order within `STOP_TIMEOUT_MS` (8 s) and exits:
 * 0 after a clean stop, else 1. Tracing is started before `start` and flushed last. A start that fails with a ConfigError or Failure
 * prints one line for each mistake on stderr.
 */
export async function run(
  service: string,
  start: (lifecycle: Lifecycle, log: Log, environment: Environment) => Promise<void>,
): Promise<void> {
  const environment: Environment = process.env;
  // A wrong level is reported by readSettings, together with every other mistake.
  const level = logLevels.find((each) => each === environment.LOG_LEVEL) ?? 'info';
  const log = createLog(service, level);
  const lifecycle = createLifecycle(log, { stopTimeoutMs: readStopTimeoutMs(environment) });
  startMetrics(service);
  lifecycle.onStop('telemetry', startTelemetry(service, environment, log).stop);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // A terminal and a parent may both send one: every further signal finds the stop under way.
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      void lifecycle.stop();
    });
  }
  process.on('uncaughtException', lifecycle.fail);

  try {
    // A start that hangs while stopping is left behind.
    await Promise.race([start(lifecycle, log, environment), lifecycle.stopped]);
  } catch (error) {
    if (!lifecycle.signal.aborted) {
      const lines = startMistakes(error, environment);
      if (lines === undefined) lifecycle.fail(error);
      else process.stderr.write(lines.map((line) => `${service}: ${line}\n`).join(''));
      await lifecycle.stop();
      process.exit(1);
    }
  }
  const { clean } = await lifecycle.stopped;
  process.exit(clean ? 0 : 1);
}

/** The lines that tell an operator what to mend, or undefined when the error is not theirs to mend. */
function startMistakes(error: unknown, environment: Environment): readonly string[] | undefined {
  if (error instanceof ConfigError) return error.mistakes;
  if (error instanceof Failure) return [error.message.replaceAll('\n', ' ')];
  const port = error instanceof Error && /EADDRINUSE.*:(\d+)\b/.exec(error.message)?.[1];
  return port ? [portInUse(port, environment).message] : undefined;
}

function portInUse(port: string, environment: Environment): Failure {
  const variable = Object.keys(environment).find((name) => /_PORT$/.test(name) && environment[name] === port);
  const remedy = variable ? `set ${variable} to a free port` : 'choose a free port';
  return new Failure(
    'precondition',
    'port_in_use',
    `port ${port} is already in use: stop what listens there or ${remedy}`,
  );
}
