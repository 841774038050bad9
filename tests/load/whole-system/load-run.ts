import { setTimeout as pause } from 'node:timers/promises';
import { runSystem } from '../../harness/running-system.ts';
import { startWebhookClock } from '../webhook-clock.ts';
import { createCaller } from './caller.ts';
import { leftBehind, leftByEach } from './left-behind.ts';
import { broken } from './limits.ts';
import { enrolPeople, openTenants } from './people.ts';
import { type LoadReport, type MemoryReport, stepLine } from './report.ts';
import { runStep, type Stand, type StepResult } from './step.ts';
import { residentBytes } from './watch.ts';

/** How long everything takes, and where it begins. */
export interface LoadPlan {
  readonly people: number;
  readonly stepSeconds: number;
  readonly firstRate: number;
  /** Each step offers so many times the one before. */
  readonly factor: number;
  readonly stepsMax: number;
  readonly multiples: readonly number[];
  readonly multipleSeconds: number;
  readonly memorySeconds: number;
}

const tenantCount = 4;
/** 600 reads a minute each: enough for three times any limit that two to four cores have. */
const keysPerTenant = 8;
const memoryEveryMs = 5_000;

/** Starts the system, does all of the plan and stops the system, whatever happens. */
export async function runLoad(
  plan: LoadPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<LoadReport> {
  return withStand(plan, signal, say, async (stand) => {
    let seed = 1;
    const offer = async (rate: number, seconds: number) => {
      const step = await runStep(stand, rate, seconds, seed++);
      say(stepLine(step));
      return step;
    };
    await offer(plan.firstRate, plan.stepSeconds);
    const { steps, limit, beyond } = await rise(plan, offer);
    const multiples: LoadReport['multiples'][number][] = [];
    for (const times of plan.multiples) {
      multiples.push({ times, step: await offer(times * limit.offered, plan.multipleSeconds) });
    }
    const memory = await watchMemory(stand, 0.7 * limit.offered, plan.memorySeconds, seed, say);
    return { steps, limit, beyond, multiples, memory };
  });
}

/** The system with applications and people, for as long as `use` takes. */
export async function withStand<T>(
  plan: Pick<LoadPlan, 'people'>,
  signal: AbortSignal,
  say: (line: string) => void,
  use: (stand: Stand) => Promise<T>,
): Promise<T> {
  const settings = { LOG_LEVEL: 'error', SESSION_CREATIONS_PER_MINUTE: '1000000' };
  const system = await runSystem(settings, { signal, report: say });
  const clock = await startWebhookClock();
  const caller = createCaller(system.baseUrl);
  try {
    say('applications');
    const tenants = await openTenants(system, {
      count: tenantCount,
      keys: keysPerTenant,
      webhookUrl: clock.url,
    });
    say(`enrolling ${plan.people} people`);
    const people = await enrolPeople(system, tenants, plan.people, signal);
    return await use({ system, caller, clock, tenants, people, signal });
  } finally {
    caller.close();
    await clock.close();
    await system.stop();
  }
}

/** Steps up until the aims break twice at the same rate, since once may be the machine's fault. */
async function rise(
  plan: LoadPlan,
  offer: (rate: number, seconds: number) => Promise<StepResult>,
): Promise<Pick<LoadReport, 'steps' | 'limit' | 'beyond'>> {
  const steps: StepResult[] = [];
  let limit: StepResult | undefined;
  let rate = plan.firstRate;
  for (let count = 0; count < plan.stepsMax; count += 1, rate *= plan.factor) {
    let step = await offer(rate, plan.stepSeconds);
    if (broken(step).length > 0) {
      const again = await offer(rate, plan.stepSeconds);
      if (broken(again).length < broken(step).length || again.good > step.good) step = again;
    }
    steps.push(step);
    if (broken(step).length > 0) return { steps, limit: limit ?? step, beyond: step };
    limit = step;
  }
  if (limit === undefined) throw new Error('a plan has at least one step');
  return { steps, limit, beyond: undefined };
}

async function watchMemory(
  stand: Stand,
  visitsPerSecond: number,
  seconds: number,
  seed: number,
  say: (line: string) => void,
): Promise<MemoryReport> {
  say(`memory over ${Math.round(seconds)} s`);
  const series = new Map<string, { atSeconds: number; value: number }[]>();
  const done = new AbortController();
  const startMs = performance.now();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      const atSeconds = (performance.now() - startMs) / 1000;
      for (const [name, value] of residentBytes(stand.system)) {
        series.set(name, [...(series.get(name) ?? []), { atSeconds, value }]);
      }
      await pause(memoryEveryMs, undefined, { signal: done.signal }).catch(() => undefined);
    }
  })();
  try {
    const before = await leftBehind(stand.system);
    const step = await runStep(stand, visitsPerSecond, seconds, seed);
    const left = leftByEach(before, await leftBehind(stand.system), step.told);
    return { visitsPerSecond, seconds, series, step, left };
  } finally {
    done.abort();
    await sampling;
  }
}
