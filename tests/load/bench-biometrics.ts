import { parseArgs } from 'node:util';
import { measureBareModels } from './bare-models.ts';
import { type LoadRun, runClosed, runOpen } from './biometrics/load.ts';
import { type Findings, printReport, printSoak } from './biometrics/report.ts';
import type { ServiceProcess } from './biometrics/service-process.ts';
import { soak } from './biometrics/soak.ts';
import { stageShares } from './biometrics/stages.ts';
import { openStand } from './biometrics/stand.ts';

/**
 * `pnpm bench:biometrics`: verdicts a second of the real service (a process of its own, real Postgres, gRPC Verify compared
 * with an enrolled template) at rising concurrency, beside two limits in the same run: the bare models with their tensors
 * ready, and the same service with static batch sizes. Then where a quiet call spends its time, and three times the peak
 * rate. The load comes from this process, on the same cores. Contenders take turns, and medians are compared.
 *
 * `--quick` takes a minute and says less; `--only curve|stages|overload` leaves parts out; `--soak 100000` sends so many
 * mixed requests instead and prints the service's memory; `--set NAME=value` is the service's environment.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    soak: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const photos = ['img/p01_1.jpg', 'img/p02_1.jpg', 'img/p05_1.jpg', 'img/p19_1.jpg'];
const size = values.quick
  ? { rounds: 1, runMs: 2_000, bareMs: 2_000, levels: [1, 8, 64], staticSizes: [1, 4], stages: 30 }
  : {
      rounds: 3,
      runMs: 4_000,
      bareMs: 4_000,
      levels: [1, 2, 4, 8, 16, 32, 64],
      staticSizes: [1, 2, 4, 8],
      stages: 200,
    };
const overload = { factor: 3, deadlineMs: 1_000, forMs: values.quick ? 4_000 : 10_000 };
const has = (part: string) => values.only === undefined || values.only.includes(part);
const given = Object.fromEntries(values.set.map((text) => text.split(/=(.*)/s).slice(0, 2)));
/** Room for the highest concurrency, so that the curve is about speed and not about refusals. */
const environment = { BIOMETRICS_QUEUE: '64', ...given };

const stand = await openStand(photos);
try {
  if (values.soak !== undefined) {
    printSoak(await soak(stand, await stand.start(given), Number(values.soak)));
  } else {
    const findings: Findings = { bare: [], curve: [], adaptiveProbes: [], stages: [], overload: undefined };
    if (has('curve') || has('overload')) await measureCurve(findings);
    if (has('stages')) findings.stages = await stageShares(stand, size.stages);
    printReport(findings);
  }
} finally {
  await stand.stop();
}

async function measureCurve(findings: Findings): Promise<void> {
  const adaptive = await stand.start(environment);
  const contenders: [number | undefined, ServiceProcess][] = [[undefined, adaptive]];
  for (const batchSize of has('curve') ? size.staticSizes : []) {
    contenders.push([
      batchSize,
      await stand.start({ ...environment, BIOMETRICS_BATCH_SIZE: String(batchSize) }),
    ]);
  }
  for (const [, service] of contenders) await runClosed(() => verify(service), 4, 1_000);
  for (let round = 0; round < size.rounds; round += 1) {
    console.log(`round ${round + 1} of ${size.rounds}`);
    findings.bare.push(await measureBareModels(photos, size.bareMs));
    for (const concurrency of has('curve') ? size.levels : [16]) {
      // Whoever goes first finds the machine as the last one left it: take turns at that as well.
      const order = contenders.map((_, index) => contenders[(index + round) % contenders.length]);
      for (const [batchSize, service] of order.filter((one) => one !== undefined)) {
        await service.probe();
        const run = await runClosed(() => verify(service), concurrency, size.runMs);
        findings.curve.push({ concurrency, batchSize, run });
        if (batchSize === undefined) findings.adaptiveProbes.push(await service.probe());
      }
    }
  }
  for (const [batchSize, service] of contenders) if (batchSize !== undefined) await service.stop();
  if (has('overload')) findings.overload = await measureOverload(adaptive, findings);
}

async function measureOverload(service: ServiceProcess, { curve }: Findings): Promise<Findings['overload']> {
  const peak = Math.max(
    ...curve.flatMap(({ batchSize, run }) => (batchSize === undefined ? [run.perSecond] : [])),
  );
  const { deadlineMs, forMs } = overload;
  await service.probe();
  const rate = overload.factor * peak;
  const run: LoadRun = await runOpen((deadline) => verify(service, deadline), rate, forMs, deadlineMs);
  return { peak, rate, deadlineMs, run, probe: await service.probe() };
}

function verify({ client }: ServiceProcess, deadline?: Date): Promise<unknown> {
  return client.verify(stand.nextRequest(), deadline ? { deadline } : {});
}
