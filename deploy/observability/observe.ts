import { join, resolve } from 'node:path';
import { findTool, prometheusServer, provideTool } from '../local/tools.ts';
import { serviceNames } from '../local/topology.ts';
import { findLocalRun } from '../local/whereabouts.ts';
import { startPrometheus, type Targets } from './prometheus.ts';

const port = Number(process.env.PROMETHEUS_PORT ?? 9090);
const host = '127.0.0.1';

/** `pnpm observe`: Prometheus, with the alerts, against the services that `npm start` runs, until Ctrl-C. */
async function main(): Promise<number> {
  const binary = provideTool(prometheusServer, (line) => console.log(line));
  if (binary === undefined || findTool('promtool') === undefined) {
    console.error('prometheus was not found: install it (Debian: apt-get install prometheus)');
    return 1;
  }
  const dataDirectory = resolve(process.env.SELFSAME_DATA_DIR ?? '.selfsame');
  const { ports } = findLocalRun(dataDirectory, process.env);
  const targets: Targets = Object.fromEntries(
    serviceNames.map((name) => [name, `${host}:${ports[name].http}`]),
  );
  const silent = await silentOnes(targets);
  if (silent.length > 0) {
    const which = silent.map((name) => `${name} (${targets[name]})`).join(', ');
    console.error(`No metrics from ${which}: run npm start in another terminal.`);
    return 1;
  }
  const prometheus = await startPrometheus({
    binary,
    directory: join(dataDirectory, 'prometheus'),
    port,
    targets,
    rulesFile: join(import.meta.dirname, 'alerts.yaml'),
    scrapeIntervalSeconds: 5,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void prometheus.stop());
  console.log(`Prometheus is ready at ${prometheus.url}; alerts: ${prometheus.url}/alerts`);
  return await prometheus.ended;
}

/** Services whose metrics cannot be read. */
async function silentOnes(targets: Targets): Promise<string[]> {
  const silent: string[] = [];
  for (const [name, target] of Object.entries(targets)) {
    const isOurs = await fetch(`http://${target}/metrics`, { signal: AbortSignal.timeout(5_000) })
      .then(async (response) => (await response.text()).includes(`service="${name}"`))
      .catch(() => false);
    if (!isOurs) silent.push(name);
  }
  return silent;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
