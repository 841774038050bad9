import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceName } from '@selfsame/deploy/topology';
import type { RunningSystem } from '../../harness/running-system.ts';
import type { Endpoints } from './endpoints.ts';

/** How long a pod that has left the endpoints goes on as before (preStop), and how long it may take to end after SIGTERM. */
export interface Patience {
  readonly preStopMs: number;
  readonly graceMs: number;
}

/** One process that was replaced. */
export interface Replaced {
  readonly service: ServiceName;
  /** Undefined: killed, because it had not ended in its grace. */
  readonly exitCode: number | null | undefined;
  /** From SIGTERM to its end. */
  readonly drainedMs: number;
}

type Slot = Parameters<RunningSystem['retire']>[0];

/** The processes of one service, each at its place; one place is free for the next. */
export interface Rollout {
  /** Brings up all but one. */
  begin(): Promise<void>;
  /** Replaces each process once: the new one is ready before the old one leaves. */
  roll(signal: AbortSignal): Promise<Replaced[]>;
}

/** @param first runs already; `replicas` - 1 more are started by `begin` */
export function createRollout(
  system: RunningSystem,
  endpoints: Endpoints,
  options: { service: ServiceName; replicas: number } & Patience,
): Rollout {
  const { service, replicas, preStopMs, graceMs } = options;
  const known = new Set<Slot>([service]);
  const running: Slot[] = [service];
  const placeOf = (slot: Slot) => {
    const place = system.places[service][Number(/-(\d+)$/.exec(slot)?.[1] ?? 1) - 1];
    if (place === undefined) throw new Error(`${slot} has no place`);
    return place;
  };

  async function add(): Promise<void> {
    const free = [...known].find((slot) => !running.includes(slot));
    const slot = free ?? (await system.startReplica(service));
    if (free !== undefined) await system.start(free);
    known.add(slot);
    running.push(slot);
    endpoints.add(service, placeOf(slot));
  }

  async function replaceOldest(): Promise<Replaced> {
    await add();
    const [old] = running.splice(0, 1);
    if (old === undefined) throw new Error(`${service} has no process`);
    endpoints.remove(service, placeOf(old));
    await pause(preStopMs);
    const toldAtMs = performance.now();
    const exit = await system.retire(old, graceMs);
    return { service, exitCode: exit?.code, drainedMs: performance.now() - toldAtMs };
  }

  return {
    async begin() {
      while (running.length < replicas) await add();
    },
    async roll(signal) {
      const replaced: Replaced[] = [];
      for (let count = 0; count < replicas && !signal.aborted; count += 1)
        replaced.push(await replaceOldest());
      return replaced;
    },
  };
}
