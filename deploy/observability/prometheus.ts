import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { choosePort } from '../local/ports.ts';

/** Where each service exposes its metrics: its name, and `host:port`. */
export type Targets = Readonly<Record<string, string>>;

export interface PrometheusOptions {
  readonly binary: string;
  /** Keeps the configuration and what was scraped. */
  readonly directory: string;
  /** A free one unless told. */
  readonly port?: number;
  readonly targets: Targets;
  /** Absolute path of the alerts. */
  readonly rulesFile: string;
  readonly scrapeIntervalSeconds: number;
}

/** A Prometheus of one's own. */
export interface RunningPrometheus {
  readonly url: string;
  /** Resolves when it has ended, asked to or not. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

const startTimeoutMs = 20_000;
const stopTimeoutMs = 10_000;

/** The configuration for services on this machine; prometheus.yml is the one for Kubernetes. */
export function localConfiguration(
  options: Pick<PrometheusOptions, 'targets' | 'rulesFile' | 'scrapeIntervalSeconds'>,
): string {
  const interval = `${options.scrapeIntervalSeconds}s`;
  return stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [options.rulesFile],
    scrape_configs: [
      {
        job_name: 'selfsame',
        // Series name their service themselves; the label below is for what a target that is down still has: `up`.
        honor_labels: true,
        static_configs: Object.entries(options.targets).map(([service, target]) => ({
          targets: [target],
          labels: { service },
        })),
      },
    ],
  });
}

/** Resolves when it answers queries. @throws Error when it does not, with what it said */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  mkdirSync(options.directory, { recursive: true });
  const file = join(options.directory, 'prometheus.yml');
  writeFileSync(file, localConfiguration(options));
  const address = `127.0.0.1:${options.port ?? (await choosePort(undefined, new Set()))}`;
  const child = spawn(
    options.binary,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(options.directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const stop = async () => {
    if (hasEnded) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(late);
  };
  const url = `http://${address}`;
  const deadline = performance.now() + startTimeoutMs;
  while (!(await answers(`${url}/-/ready`))) {
    if (hasEnded || performance.now() > deadline) {
      await stop();
      throw new Error(`Prometheus did not start: ${said.trim() || 'it said nothing'}`);
    }
    await pause(100);
  }
  return { url, ended, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
