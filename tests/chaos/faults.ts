import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '@selfsame/testing/wait';
import type { RunningSystem } from '../harness/running-system.ts';
import type { Fault, Target } from './fault-schedule.ts';
import { isKill } from './fault-schedule.ts';
import type { NatsDisk } from './nats-disk.ts';
import { randomOf } from './random.ts';

/** A fault that has happened. */
export interface Happened {
  readonly fault: Fault;
  /** Unix milliseconds; the end is when what was hurt is well again. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** A process lived and was killed by it. */
  readonly isKill: boolean;
  /** NATS could not go on by itself after its disk was full. */
  readonly neededRestart: boolean;
}

export interface FaultOptions {
  readonly system: RunningSystem;
  readonly disk: NatsDisk;
  readonly seed: number;
  /** Events that the load has made so far. */
  readonly progress: () => number;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** Faults that go on at the same time, at most: with more of them hardly any work would be done to be hurt. */
const mostAtOnce = 2;
const recoveryTimeoutMs = 120_000;

/**
 * Carries out a schedule: each fault in its turn, once the load has come that far, what it happens to is well, and there
 * are not too many at once.
 *
 * @returns what happened, and what could not be made to happen or mended afterwards, in words
 */
export async function carryOut(
  schedule: readonly Fault[],
  options: FaultOptions,
): Promise<{ happened: Happened[]; failed: string[] }> {
  const { progress, signal, report } = options;
  const happened: Happened[] = [];
  const failed: string[] = [];
  const underWay = new Set<Promise<void>>();
  const busy = new Set<Target>();
  for (const fault of schedule) {
    const touched = touches(fault);
    const isDue = () =>
      progress() >= fault.atEvent &&
      underWay.size < mostAtOnce &&
      touched.every((target) => !busy.has(target));
    while (!isDue() && !signal.aborted) await pause(20);
    if (signal.aborted) break;
    report(`${fault.number}/${schedule.length} ${fault.kind} ${fault.target} for ${fault.forMs} ms`);
    for (const target of touched) busy.add(target);
    const work: Promise<void> = happen(fault, options)
      .then((outcome) => void happened.push(outcome))
      .catch(
        (error: Error) => void failed.push(`${fault.number} ${fault.kind} ${fault.target}: ${error.message}`),
      )
      .finally(() => {
        underWay.delete(work);
        for (const target of touched) busy.delete(target);
      });
    underWay.add(work);
  }
  await Promise.all(underWay);
  return { happened, failed };
}

/** What must be well for a fault to begin. A full disk hurts only who writes to it: the relay, which is in session. */
function touches({ kind, target }: Fault): Target[] {
  return kind === 'fill_disk' ? [target, 'session'] : [target];
}

async function happen(fault: Fault, options: FaultOptions): Promise<Happened> {
  const fromMs = Date.now();
  let neededRestart = false;
  switch (fault.kind) {
    case 'kill':
      await killAndRestart(fault, options);
      break;
    case 'lose_store':
      await killAndRestart(fault, options, () => options.disk.empty());
      break;
    case 'kill_backend':
      await killBackend(fault, options);
      break;
    case 'freeze':
      await freeze(fault, options);
      break;
    case 'fill_disk':
      neededRestart = await fillDisk(fault, options);
      break;
    default:
      fault.kind satisfies never;
  }
  return { fault, fromMs, untilMs: Date.now(), isKill: isKill(fault.kind), neededRestart };
}

async function killAndRestart(
  { target, forMs }: Fault,
  { system, signal }: FaultOptions,
  meanwhile: () => void = () => undefined,
): Promise<void> {
  const pid = await pidOf(system, target);
  await system.kill(target, target === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
  if (isAlive(pid)) throw new Error(`${target} has survived its kill`);
  meanwhile();
  await pause(forMs, undefined, { signal }).catch(() => undefined);
  await startAgain(system, target);
}

/** A start may fail while something that the process needs is down; whoever runs it tries again. */
function startAgain(system: RunningSystem, target: Target): Promise<unknown> {
  return waitFor(`${target} is back`, () => system.start(target).then(() => true), {
    timeoutMs: recoveryTimeoutMs,
    intervalMs: 250,
  });
}

/** Postgres ends all its processes when one of them is killed, and recovers from its log. */
async function killBackend(fault: Fault, { system, seed }: FaultOptions): Promise<void> {
  const backends = await waitFor('backends of Postgres', async () => {
    const found = await system.query(
      `select pid from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid`,
    );
    return found.length > 0 && found;
  });
  const pid = Number(randomOf(seed, 'backend', fault.number).pick(backends).pid);
  process.kill(pid, 'SIGKILL');
  await waitFor('the backend is gone', () => !isAlive(pid));
  await waitFor('Postgres has recovered', () => system.query('select 1'), { timeoutMs: recoveryTimeoutMs });
}

async function freeze({ target, forMs }: Fault, { system, signal }: FaultOptions): Promise<void> {
  await pidOf(system, target);
  await system.pause(target);
  await pause(forMs, undefined, { signal }).catch(() => undefined);
  system.resume(target);
}

/**
 * Lasts until events wait because of it, and then as long as the schedule says.
 * @returns whether NATS had to be started anew, as an operator would when nothing flows though there is space again
 */
async function fillDisk(fault: Fault, { system, disk, signal }: FaultOptions): Promise<boolean> {
  const pid = await pidOf(system, 'nats');
  disk.fill(pid);
  try {
    await waitFor('events wait for space', async () => (await waitingEvents(system)) > 0, {
      timeoutMs: 30_000,
      intervalMs: 250,
    });
    await pause(fault.forMs, undefined, { signal }).catch(() => undefined);
  } finally {
    disk.free(pid);
  }
  const flow = waitFor('events flow', async () => (await waitingEvents(system)) === 0, {
    timeoutMs: 5_000,
    intervalMs: 250,
  });
  if (await flow.catch(() => false)) return false;
  await system.kill('nats');
  await startAgain(system, 'nats');
  return true;
}

/** Events that should have been published a while ago. */
async function waitingEvents(system: RunningSystem): Promise<number> {
  const [row] = await system.query(
    `select count(*)::int as waiting from session.outbox
     where incarnation is null and created_at < now() - interval '2 seconds'`,
  );
  return Number(row?.waiting);
}

/** Waits, should supervision be starting it again just now. */
function pidOf(system: RunningSystem, target: Target): Promise<number> {
  return waitFor(`${target} runs`, () => system.processes().find((process) => process.name === target)?.pid, {
    timeoutMs: recoveryTimeoutMs,
    intervalMs: 50,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
