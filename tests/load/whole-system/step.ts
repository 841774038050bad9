import { setTimeout as pause } from 'node:timers/promises';
import type { RunningSystem } from '../../harness/running-system.ts';
import { percentile } from '../percentiles.ts';
import type { WebhookClock } from '../webhook-clock.ts';
import { planArrivals } from './arrivals.ts';
import type { Caller } from './caller.ts';
import type { Person, Tenant } from './people.ts';
import { list, type Measured, type Operation, operations, type Visited, visit } from './visit.ts';
import { type Watched, watch } from './watch.ts';

/** The system under load, and who loads it. */
export interface Stand {
  readonly system: RunningSystem;
  readonly caller: Caller;
  readonly clock: WebhookClock;
  readonly tenants: readonly Tenant[];
  /** They take turns. */
  readonly people: readonly Person[];
  readonly signal: AbortSignal;
}

/** How one operation went in a step. */
export interface OperationResult {
  readonly ok: number;
  readonly refused: number;
  readonly failed: number;
  /** Milliseconds from when it was due, of those that were answered as wished; NaN when none was. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How a step went. */
export interface StepResult {
  /** Visits a second that were due. */
  readonly offered: number;
  readonly seconds: number;
  readonly visits: number;
  /** Visits whose verdict was told in time. */
  readonly good: number;
  /** Visits whose verdict was told at all. */
  readonly told: number;
  readonly operations: Readonly<Record<Operation, OperationResult>>;
  /** From when the picture was due to its webhook's first byte. */
  readonly toWebhook: { readonly p50Ms: number; readonly p99Ms: number };
  readonly watched: Watched;
  /** Processor time of each process for a visit, milliseconds, of everything until the last one was over. */
  readonly visitMs: ReadonlyMap<string, number>;
}

/** People wait so long before a page that is at work; a verdict told later is of no use. */
export const usefulMs = 5_000;
/** What is under way when the last visit has begun gets this long. */
const drainTimeoutMs = 20_000;

/** Offers `visitsPerSecond` for `seconds`, whatever the answers, and waits for what is under way. */
export async function runStep(
  stand: Stand,
  visitsPerSecond: number,
  seconds: number,
  seed: number,
): Promise<StepResult> {
  const { caller, clock, people, tenants, signal } = stand;
  const arrivals = planArrivals(visitsPerSecond, seconds, seed);
  const measured: Measured[] = [];
  const note = (each: Measured) => void measured.push(each);
  const visits: Promise<Visited>[] = [];
  const lists: Promise<void>[] = [];
  const startMs = performance.now();
  const watchSoFar = await watch(stand.system);
  let turn = seed * 1_000;
  for (const { kind, atMs } of arrivals) {
    const dueMs = startMs + atMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await pause(waitMs, undefined, { signal });
    turn += 1;
    if (kind === 'list') lists.push(list(caller, tenants[turn % tenants.length] as Tenant, dueMs, note));
    else visits.push(visit(caller, people[turn % people.length] as Person, dueMs, note));
  }
  const watched = await watchSoFar();
  const [visited] = await Promise.all([Promise.all(visits), Promise.all(lists)]);
  const toWebhookMs = await toldAfter(clock, visited, signal);
  const whole = await watchSoFar();
  const visitMs = whole.processes.map(({ name, cores }) => {
    return [name, (cores * whole.seconds * 1000) / toWebhookMs.length] as const;
  });
  return {
    offered: visitsPerSecond,
    seconds,
    visits: visits.length,
    good: toWebhookMs.filter((ms) => ms <= usefulMs).length,
    told: toWebhookMs.length,
    operations: resultsOf(measured),
    toWebhook: { p50Ms: percentile(toWebhookMs, 50), p99Ms: percentile(toWebhookMs, 99) },
    watched,
    visitMs: new Map(visitMs),
  };
}

/** Waits until as many verdicts were told as will be, and says how long each took. */
async function toldAfter(
  clock: WebhookClock,
  visited: readonly Visited[],
  signal: AbortSignal,
): Promise<number[]> {
  const told = () =>
    visited.flatMap(({ sessionId, selfieDueMs }) => {
      const arrivedMs = sessionId === undefined ? undefined : clock.firstByteMs(sessionId);
      return arrivedMs === undefined ? [] : [arrivedMs - selfieDueMs];
    });
  const wanted = visited.filter(({ sessionId }) => sessionId !== undefined).length;
  const deadlineMs = performance.now() + drainTimeoutMs;
  for (let quietMs = 0, before = -1; quietMs < 2_000 && performance.now() < deadlineMs; ) {
    const now = told().length;
    if (now === wanted) break;
    quietMs = now === before ? quietMs + 100 : 0;
    before = now;
    await pause(100, undefined, { signal });
  }
  return told();
}

function resultsOf(measured: readonly Measured[]): Record<Operation, OperationResult> {
  const results = operations.map((operation) => {
    const own = measured.filter((each) => each.operation === operation);
    const count = (outcome: Measured['outcome']) => own.filter((each) => each.outcome === outcome).length;
    const latencies = own.filter(({ outcome }) => outcome === 'ok').map(({ latencyMs }) => latencyMs);
    const result: OperationResult = {
      ok: count('ok'),
      refused: count('refused'),
      failed: count('failed'),
      p50Ms: percentile(latencies, 50),
      p99Ms: percentile(latencies, 99),
    };
    return [operation, result] as const;
  });
  return Object.fromEntries(results) as Record<Operation, OperationResult>;
}
