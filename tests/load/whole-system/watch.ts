import { availableParallelism } from 'node:os';
import type { RunningSystem } from '../../harness/running-system.ts';
import { machineSoFar, takenBy } from './processes.ts';
import { type Sample, scrape, total } from './scrape.ts';

/** A process during a step. */
export interface ProcessShare {
  readonly name: string;
  /** Cores that it kept busy, on average. */
  readonly cores: number;
  readonly residentBytes: number;
  /** undefined: it does not tell. */
  readonly loopP99Ms: number | undefined;
}

/** What waited, and who was refused where. */
export interface Pressure {
  /** Mean wait of a look for a thread, milliseconds. */
  readonly inferenceQueueMs: number;
  readonly inferenceRefused: number;
  /** Requests that were refused for load, by service. */
  readonly overload: Readonly<Record<string, number>>;
  readonly rateLimited: number;
  /** Transactions that waited for a connection when the step ended. */
  readonly waitingForConnections: number;
}

/** The machine and the processes during a step. */
export interface Watched {
  readonly seconds: number;
  readonly cores: number;
  /** Busy cores of the machine, everybody on it included. */
  readonly busyCores: number | undefined;
  readonly processes: readonly ProcessShare[];
  readonly pressure: Pressure;
}

/** The name under which this process stands in the tables. */
export const generator = 'load generator';

/** Begins to watch; the answer tells what was so far. Each scrape begins the event loops' next percentiles. */
export async function watch(system: RunningSystem): Promise<() => Promise<Watched>> {
  const serviceNames = namesOf(system);
  const before = await look(system);
  return async () => {
    const after = await look(system);
    const seconds = (after.atMs - before.atMs) / 1000;
    const since = (name: string, metric: string, labels: Record<string, string> = {}) =>
      total(after.samples.get(name) ?? [], metric, labels) -
      total(before.samples.get(name) ?? [], metric, labels);
    const processes = [...after.taken].map(([name, { cpuSeconds, residentBytes }]) => ({
      name,
      cores: (cpuSeconds - (before.taken.get(name)?.cpuSeconds ?? 0)) / seconds,
      residentBytes,
      loopP99Ms: loopP99Ms(after.samples.get(name)),
    }));
    return {
      seconds,
      cores: availableParallelism(),
      busyCores:
        after.machine && before.machine
          ? (after.machine.busySeconds - before.machine.busySeconds) / seconds
          : undefined,
      processes: processes.toSorted((one, other) => other.cores - one.cores),
      pressure: {
        inferenceQueueMs: meanMs(
          since('biometrics', 'selfsame_inference_queue_seconds_sum'),
          since('biometrics', 'selfsame_inference_queue_seconds_count'),
        ),
        inferenceRefused: since('biometrics', 'selfsame_inference_refused_total'),
        overload: Object.fromEntries(
          serviceNames
            .map(
              (name) => [name, since(name, 'selfsame_http_refused_total', { reason: 'overload' })] as const,
            )
            .filter(([, refused]) => refused > 0),
        ),
        rateLimited: serviceNames.reduce(
          (sum, name) => sum + since(name, 'selfsame_http_refused_total', { reason: 'rate_limit' }),
          0,
        ),
        waitingForConnections: serviceNames.reduce((sum, name) => {
          const samples = after.samples.get(name) ?? [];
          return sum + total(samples, 'selfsame_database_connections', { state: 'waiting' });
        }, 0),
      },
    };
  };
}

/** Resident memory by process, now. */
export function residentBytes(system: RunningSystem): Map<string, number> {
  return new Map([...takenBy(rootsOf(system))].map(([name, taken]) => [name, taken.residentBytes]));
}

async function look(system: RunningSystem) {
  const samples = new Map<string, Sample[]>(
    await Promise.all(
      namesOf(system).map(async (name) => [name, await scrape(system.ports[name].http)] as const),
    ),
  );
  return { atMs: performance.now(), samples, taken: takenBy(rootsOf(system)), machine: machineSoFar() };
}

const namesOf = (system: RunningSystem) => Object.keys(system.ports) as (keyof RunningSystem['ports'])[];

function rootsOf(system: RunningSystem): Map<number, string> {
  const roots = new Map<number, string>([[process.pid, generator]]);
  for (const { name, pid } of system.processes()) if (pid !== undefined) roots.set(pid, name);
  return roots;
}

function loopP99Ms(samples: readonly Sample[] = []): number | undefined {
  const sample = samples.find(({ name }) => name === 'nodejs_eventloop_lag_p99_seconds');
  return sample && sample.value * 1000;
}

const meanMs = (sumSeconds: number, count: number) => (count === 0 ? 0 : (sumSeconds * 1000) / count);
