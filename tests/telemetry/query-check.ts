import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningPrometheus, startPrometheus } from '@selfsame/deploy/prometheus';
import { askAll, everyQuestion, type Finding } from '@selfsame/deploy/queries';
import { findTool, prometheusServer, provideTool } from '@selfsame/deploy/tools';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { startWorld, type World } from '../harness/world.ts';
import { everythingHappens, narrow } from './everything.ts';
import { backfill } from './week-before.ts';

/** What came of asking everything that dashboards and alerts ask. */
export interface CheckReport {
  readonly findings: readonly Finding[];
  /** Verdicts whose dot on a graph leads to a trace. */
  readonly exemplars: number;
}

const rulesFile = join(import.meta.dirname, '../../deploy/observability/alerts.yaml');

/** Prometheus and promtool of this machine; undefined where they neither are nor can be installed. */
export function findPrometheus(
  report: (line: string) => void = () => undefined,
): { server: string; promtool: string } | undefined {
  const server = provideTool(prometheusServer, report);
  const promtool = findTool('promtool');
  return server === undefined || promtool === undefined ? undefined : { server, promtool };
}

/** Runs the whole system under a load in which everything happens, and asks a real Prometheus that scrapes it. */
export async function checkQueries(
  tools: { server: string; promtool: string },
  report: (line: string) => void = () => undefined,
): Promise<CheckReport> {
  const directory = await mkdtemp(join(tmpdir(), 'selfsame-prometheus-'));
  const collector = await startSpanCollector();
  let world: World | undefined;
  let prometheus: RunningPrometheus | undefined;
  try {
    world = await startWorld({ ...narrow, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
    const targets = Object.fromEntries(
      Object.entries(world.system.ports).map(([name, { http }]) => [name, `127.0.0.1:${http}`]),
    );
    const start = () =>
      startPrometheus({ binary: tools.server, directory, targets, rulesFile, scrapeIntervalSeconds: 1 });
    const from = new Date();
    prometheus = await start();
    report('everything happens');
    await everythingHappens(world);
    await scrapedAgain(prometheus.url);
    const exemplars = await exemplarsOf(prometheus.url, 'selfsame_verdict_seconds_bucket', from);
    await backfill(prometheus.url, directory, tools.promtool, prometheus.stop);
    prometheus = await start();
    await scrapedAgain(prometheus.url);
    const questions = everyQuestion();
    report(`asking ${questions.length} questions`);
    return { findings: await askAll(prometheus.url, questions, { from, to: new Date() }), exemplars };
  } finally {
    await prometheus?.stop();
    await world?.stop();
    await collector.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** What has happened until now is in the database of Prometheus, twice, as rates need it. */
async function scrapedAgain(url: string): Promise<void> {
  const now = Date.now() / 1000;
  await waitFor(
    'two more scrapes of every service',
    async () => {
      const query = new URLSearchParams({ query: `count(timestamp(up == 1) > ${now + 2})` });
      const answer = await fetch(`${url}/api/v1/query?${query}`, { signal: AbortSignal.timeout(5_000) });
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result[0]?.value[1] === '6';
    },
    { timeoutMs: 30_000 },
  );
}

async function exemplarsOf(url: string, series: string, from: Date): Promise<number> {
  const query = new URLSearchParams({
    query: series,
    start: String(from.getTime() / 1000),
    end: String(Date.now() / 1000),
  });
  const answer = await fetch(`${url}/api/v1/query_exemplars?${query}`, {
    signal: AbortSignal.timeout(5_000),
  });
  const { data } = (await answer.json()) as { data: { exemplars: { labels: { trace_id?: string } }[] }[] };
  return data.flatMap(({ exemplars }) => exemplars).filter(({ labels }) => labels.trace_id !== undefined)
    .length;
}
