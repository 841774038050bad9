import { parseArgs } from 'node:util';
import type { PeerSettings } from './webhooks/graphile-peer.ts';
import { type LatencyRun, runLatency, runNeighbours } from './webhooks/latency.ts';
import type { RateRun } from './webhooks/rates.ts';
import { type Findings, printReport } from './webhooks/report.ts';
import { type Stand, startStand } from './webhooks/stand.ts';
import { forgetStatements, printStatements } from './webhooks/statements.ts';
import {
  type BareSettings,
  type DispatchRun,
  runBacklog,
  runBare,
  runPeer,
  runStream,
  sampleBody,
} from './webhooks/throughput.ts';

/**
 * `pnpm bench:webhooks`: how fast webhooks are dispatched durably (claimed, signed, posted, recorded) beside two limits in
 * the same run, signed POSTs alone and graphile-worker on the same job, and how soon after its COMMIT an event arrives.
 * Postgres syncs as in production; receiver, publisher and contenders are processes of their own, on the same cores.
 * Contenders take turns, and medians are compared.
 *
 * `--quick` takes a minute and says less; `--statements` prints what the database did for the dispatcher; `--profile`
 * names a folder for CPU profiles of the dispatcher; `--only rates|latency|neighbours` leaves parts out; `--set NAME=value`
 * is the dispatcher's environment.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    statements: { type: 'boolean', default: false },
    profile: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const size = values.quick
  ? {
      rounds: 1,
      deliveries: 5_000,
      bareMs: 2_000,
      sweepMs: 700,
      sweepJobs: 0,
      latencyMs: 5_000,
      neighbourMs: 6_000,
    }
  : {
      rounds: 3,
      deliveries: 20_000,
      bareMs: 5_000,
      sweepMs: 2_000,
      sweepJobs: 4_000,
      latencyMs: 15_000,
      neighbourMs: 15_000,
    };
const origins = 100;
const latencyRates = [200, 1_000];
const neighbourRate = 200;
const has = (part: string) => values.only === undefined || values.only.includes(part);

const findings = {
  bare: [] as RateRun[],
  bareHow: '',
  bareToOne: [] as RateRun[],
  bareToOneHow: '',
  peer: [] as RateRun[],
  peerHow: '',
  backlog: [] as DispatchRun[],
  stream: [] as DispatchRun[],
  latency: [] as LatencyRun[],
  calm: [] as LatencyRun[],
  beside: [] as LatencyRun[],
} satisfies Findings;

const stand = await startStand({
  origins,
  statements: values.statements,
  environment: Object.fromEntries(values.set.map((text) => text.split(/=(.*)/s).slice(0, 2))),
  ...(values.profile === undefined ? {} : { profileDirectory: values.profile }),
});
try {
  if (has('rates')) await measureRates(stand);
  if (has('latency')) await measureLatency(stand);
  if (has('neighbours')) await measureNeighbours(stand);
} finally {
  await stand.stop();
}
printReport(findings);

async function measureRates(on: Stand): Promise<void> {
  const body = await sampleBody(on);
  console.log(`body: ${Buffer.byteLength(body)} bytes`);
  const toAll = await bestBare(on, on.targets, body);
  const toOne = await bestBare(on, on.targets.slice(0, 1), body);
  const settings = await bestPeer(on, body);
  findings.bareHow = `${toAll.concurrency} at once`;
  findings.bareToOneHow = `${toOne.concurrency} at once`;
  findings.peerHow = `${settings.concurrentJobs} at once`;
  const count = size.deliveries;
  for (let round = 1; round <= size.rounds; round++) {
    console.log(`round ${round} of ${size.rounds}`);
    findings.bare.push(await runBare(on, toAll));
    if (values.statements) await forgetStatements(on);
    findings.backlog.push(await runBacklog(on, count));
    if (values.statements) await printStatements(on, `${count} deliveries accepted, then dispatched`);
    findings.peer.push(await runPeer(on, { body, count, settings }));
    findings.bareToOne.push(await runBare(on, toOne));
    if (values.statements) await forgetStatements(on);
    findings.stream.push(await runStream(on, count));
    if (values.statements) await printStatements(on, `${count} events accepted and dispatched at once`);
    findings.bare.push(await runBare(on, toAll));
  }
}

/** The limit is the best that plain posting can do, with few connections or many. */
async function bestBare(on: Stand, targets: readonly string[], body: string): Promise<BareSettings> {
  const candidates = [16, 64, 256].map((concurrency) => ({ targets, body, concurrency, forMs: size.bareMs }));
  return await best(`bare POST to ${targets.length}`, candidates, async (how) => {
    const run = await runBare(on, { ...how, forMs: size.sweepMs });
    return { name: `${how.concurrency} at once`, perSecond: run.perSecond };
  });
}

/** Its documentation measures with 24 jobs at once on 25 connections; jobs that wait for the network may want more. */
async function bestPeer(on: Stand, body: string): Promise<PeerSettings> {
  const documented = { concurrentJobs: 24, maxPoolSize: 25 };
  if (size.sweepJobs === 0) return documented;
  const candidates = [
    documented,
    { concurrentJobs: 12, maxPoolSize: 13 },
    { concurrentJobs: 100, maxPoolSize: 50 },
  ];
  return await best('graphile-worker', candidates, async (settings) => {
    const run = await runPeer(on, { body, count: size.sweepJobs, settings });
    return { name: `${settings.concurrentJobs} at once`, perSecond: run.perSecond };
  });
}

async function best<How>(
  what: string,
  candidates: readonly How[],
  measure: (how: How) => Promise<{ name: string; perSecond: number }>,
): Promise<How> {
  const results = [];
  for (const how of candidates) results.push({ how, ...(await measure(how)) });
  results.sort((a, b) => b.perSecond - a.perSecond);
  console.log(
    `${what}: ${results.map(({ name, perSecond }) => `${name} ${Math.round(perSecond)}/s`).join('; ')}`,
  );
  const [first] = results;
  if (first === undefined) throw new Error('nothing to choose from');
  return first.how;
}

async function measureLatency(on: Stand): Promise<void> {
  const dispatcher = await on.startDispatcher();
  const { applicationIds } = await on.addDestinations(dispatcher, on.targets);
  for (let round = 1; round <= size.rounds; round++) {
    for (const rate of latencyRates) {
      console.log(`${rate} events a second for ${size.latencyMs / 1000} s`);
      findings.latency.push(await runLatency(on, { applicationIds, rate, forMs: size.latencyMs }));
    }
  }
  await dispatcher.stop();
}

/** With and without, without and with: what drifts meanwhile falls on both. */
async function measureNeighbours(on: Stand): Promise<void> {
  const dispatcher = await on.startDispatcher();
  for (let round = 0; round < size.rounds * 2; round++) {
    const hanging = round % 4 === 1 || round % 4 === 2;
    console.log(
      `${neighbourRate} events a second, 20 of ${origins} destinations ${hanging ? 'hang' : 'answer'}`,
    );
    const how = { rate: neighbourRate, forMs: size.neighbourMs, hanging };
    findings[hanging ? 'beside' : 'calm'].push(await runNeighbours(on, dispatcher, how));
  }
  await dispatcher.stop();
}
