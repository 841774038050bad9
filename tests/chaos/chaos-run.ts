import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { facePath } from '@selfsame/testing/assets';
import { waitFor } from '@selfsame/testing/wait';
import { type RunningSystem, runSystem } from '../harness/running-system.ts';
import { type Arrival, check, type TrueEvent, type Verdict } from './checker.ts';
import { type Delay, delaysOf, type Way } from './delays.ts';
import { planFaults } from './fault-schedule.ts';
import { carryOut, type Happened } from './faults.ts';
import { cleanUpAfterDeath } from './leftovers.ts';
import { type Load, startLoad } from './load.ts';
import { type NatsDisk, openNatsDisk } from './nats-disk.ts';
import { type Receiver, startReceiver } from './receivers.ts';
import { goodReceiver, tempers } from './tempers.ts';
import { prepareTenant, type RegisteredTenant, register } from './tenants.ts';
import { countDeadLetters, readEvents, readStatuses, readUndelivered, requireDurability } from './truth.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly events: number;
  readonly kills: number;
  readonly signal?: AbortSignal;
  /** Hears what happens, a line each. */
  readonly report?: (line: string) => void;
}

/** What a run was and what it proved. */
export interface ChaosResult {
  readonly verdict: Verdict;
  readonly happened: readonly Happened[];
  /** Faults that could not be made to happen, or not be mended. */
  readonly failedFaults: readonly string[];
  /** How NATS' disk was made full. */
  readonly diskMeans: string;
  /** Of every event until the good receiver had it. */
  readonly delays: readonly Delay[];
  readonly deadLetters: number;
  /** Deliveries by destination and state, of those that were not delivered. */
  readonly undelivered: readonly string[];
  /** Processes that ended though nobody had killed them. */
  readonly ownDeaths: readonly string[];
  /** Answers that no caller of the API would expect. */
  readonly surprises: readonly string[];
  readonly durationMs: number;
}

/** One attempt of a delivery. Short, so that hanging receivers and killed dispatchers cost seconds. */
const deadlineMs = 1_500;
/** Deliveries that may be under way before the load waits for the receivers. */
const mostBehind = 2_500;
const photoNames = ['img/p01_1.jpg', 'img/p02_1.jpg', 'img/p05_1.jpg', 'img/p19_1.jpg'];
/** Nothing new for so long means that nothing comes any more. */
const silenceMs = 90_000;
const reportEveryMs = 10_000;
/** Each API key may write 300 times a minute, and takes a process to make it: one for so many events is plenty. */
const eventsPerKey = 100;
const mostKeys = 32;

const environment = {
  LOG_LEVEL: 'warn',
  SESSION_CREATIONS_PER_MINUTE: '1000000',
  CAPTURE_REQUESTS_PER_IP_PER_MINUTE: '10000000',
  WEBHOOK_TIMEOUT_MS: String(deadlineMs),
  WEBHOOK_POLL_INTERVAL_MS: '250',
  // A receiver that fails now and then is left alone for moments, not for minutes.
  WEBHOOK_CIRCUIT_COOLDOWN_MS: '500',
  WEBHOOK_CIRCUIT_MAX_COOLDOWN_MS: '2000',
};

/** Everything of a run that has to be taken down again. */
interface Stage {
  readonly system: RunningSystem;
  readonly disk: NatsDisk;
  readonly receivers: readonly Receiver[];
  readonly demo: RegisteredTenant;
  readonly partner: RegisteredTenant;
}

/**
 * Runs the whole system under load while its parts are killed, frozen and robbed of their disk, waits until every
 * receiver has what is due to it, and compares.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedAt = performance.now();
  const ownDeaths: string[] = [];
  const undo: (() => Promise<void> | void)[] = [];
  const ending = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
  try {
    const stage = await setUp(options, ownDeaths, undo);
    const load = await makeLoad(stage, options);
    undo.push(() => load.stop());
    const faults = carryOut(planFaults(options), {
      system: stage.system,
      disk: stage.disk,
      seed: options.seed,
      progress: () => load.acknowledged.length,
      signal,
      report: options.report ?? (() => undefined),
    });
    const [{ happened, failed }] = await Promise.all([faults, load.done]);
    options.signal?.throwIfAborted();
    options.report?.(`${load.acknowledged.length} events acknowledged; waiting for the receivers`);
    const { verdict, ways } = await judge(stage, load, options);
    return {
      verdict,
      happened,
      failedFaults: failed,
      diskMeans: stage.disk.means,
      delays: delaysOf(ways, happened),
      deadLetters: await countDeadLetters(stage.system),
      undelivered: await readUndelivered(stage.system),
      ownDeaths,
      surprises: load.surprises,
      durationMs: performance.now() - startedAt,
    };
  } finally {
    ending.abort();
    for (const step of undo.reverse()) await step();
  }
}

async function setUp(
  { seed, events, signal, report }: ChaosOptions,
  ownDeaths: string[],
  undo: (() => Promise<void> | void)[],
): Promise<Stage> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'selfsame-chaos-'));
  undo.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
  undo.push(cleanUpAfterDeath(dataDirectory));
  const disk = openNatsDisk(join(dataDirectory, 'nats'));
  undo.push(() => disk.release());
  const system = await runSystem(environment, {
    dataDirectory,
    report: (line) => {
      if (/ ended \(/.test(line)) {
        ownDeaths.push(line);
        report?.(line);
      }
    },
    ...(signal ? { signal } : {}),
  });
  undo.push(() => system.stop());
  await requireDurability(system);
  await system.startReplica('webhook-dispatcher');
  const keys = Math.min(mostKeys, Math.ceil(events / eventsPerKey));
  const demo = await prepareTenant(system, { slug: 'demo', workflowId: 'wf_liveness', keys });
  const partner = await prepareTenant(system, { slug: 'partner_b', workflowId: 'partner_b_wf', keys: 1 });
  const receivers: Receiver[] = [];
  for (const temper of tempers) {
    const receiver = await startReceiver(temper, { seed, deadlineMs });
    undo.push(() => receiver.close());
    await register(temper.owner === 'demo' ? demo : partner, receiver);
    receivers.push(receiver);
  }
  return { system, disk, receivers, demo, partner };
}

async function makeLoad({ receivers, demo, partner }: Stage, options: ChaosOptions): Promise<Load> {
  const photos = await Promise.all(photoNames.map((name) => readFile(facePath(name))));
  const { seed, events, signal } = options;
  const behind = () =>
    receivers.reduce((sum, { temper, taken }) => sum + load.made[temper.owner] - taken(), 0);
  const mayContinue = async () => {
    while (behind() > mostBehind && !signal?.aborted) await pause(50);
  };
  const load = startLoad({ seed, events, demo, partner, photos, mayContinue });
  signal?.addEventListener('abort', () => load.stop());
  return load;
}

/** Waits until everything has come, or nothing comes any more, and compares. */
async function judge(
  stage: Stage,
  load: Load,
  options: ChaosOptions,
): Promise<{ verdict: Verdict; ways: Way[] }> {
  const { system, receivers, demo, partner } = stage;
  const owned = (temper: Receiver['temper']) => (temper.owner === 'demo' ? demo : partner).applicationId;
  const missingOf = (events: readonly TrueEvent[]) => {
    const counts = new Map<string, number>();
    for (const { applicationId } of events) counts.set(applicationId, (counts.get(applicationId) ?? 0) + 1);
    return () =>
      receivers.map(({ temper, taken }): [string, number] => [
        temper.name,
        (counts.get(owned(temper)) ?? 0) - taken(),
      ]);
  };
  let events: TrueEvent[];
  let again = await waitFor('the outbox', () => readEvents(system), { timeoutMs: 60_000 });
  do {
    events = again;
    await untilSilent(missingOf(events), options);
    again = await readEvents(system);
    // A call that its caller had given up may have been carried out all the same.
  } while (again.length > events.length);
  const sessionStatuses = new Map([
    ...(await readStatuses(demo.clients)),
    ...(await readStatuses(partner.clients)),
  ]);
  const arrivals = receivers.flatMap((receiver) => receiver.arrivals);
  const destinations = receivers.map(({ temper }) => ({
    name: temper.name,
    applicationId: owned(temper),
    isOrdered: temper.isOrdered,
  }));
  const truth = { events, destinations, sessionStatuses, acknowledged: load.acknowledged };
  return { verdict: check(truth, arrivals), ways: waysTo(goodReceiver, events, arrivals) };
}

function waysTo(name: string, events: readonly TrueEvent[], arrivals: readonly Arrival[]): Way[] {
  const firstAtMs = new Map<string, number>();
  for (const { destination, eventId, atMs } of arrivals) {
    if (destination === name && !firstAtMs.has(eventId)) firstAtMs.set(eventId, atMs);
  }
  return events.flatMap(({ eventId, occurredAtMs }) => {
    const arrivedAtMs = firstAtMs.get(eventId);
    return arrivedAtMs === undefined ? [] : [{ committedAtMs: occurredAtMs, arrivedAtMs }];
  });
}

async function untilSilent(
  missing: () => [string, number][],
  { signal, report }: ChaosOptions,
): Promise<void> {
  const sum = () => missing().reduce((total, [, count]) => total + Math.max(0, count), 0);
  let least = sum();
  let lastChange = performance.now();
  let lastReport = performance.now();
  while (least > 0 && performance.now() - lastChange < silenceMs) {
    await pause(100, undefined, { signal });
    if (performance.now() - lastReport > reportEveryMs) {
      lastReport = performance.now();
      const open = missing().filter(([, count]) => count > 0);
      report?.(`still due: ${open.map(([name, count]) => `${name} ${count}`).join(', ')}`);
    }
    if (sum() >= least) continue;
    least = sum();
    lastChange = performance.now();
  }
  // What comes now comes again: repetitions of killed dispatchers' work.
  await pause(2_000, undefined, { signal });
}
