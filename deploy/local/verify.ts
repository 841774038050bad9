import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { provideKubectl } from '../kubernetes/kubectl.ts';
import { turboArguments, turboEnvironment } from './build.ts';
import { repository, secondsSince } from './run.ts';
import { chromium, natsServer, prometheusServer, provideTool, xvfb } from './tools.ts';

/** How many went well, how many not, how many were left out. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface Step {
  title: string;
  command: string;
  args: readonly string[];
  /** Where vitest writes its result; other steps count as one. */
  resultFile?: string;
}

/** The counts of a vitest JSON report. A run that broke without a failed test (an import error) counts as one failure. */
export function countTests(report: string, exitCode: number): Count {
  const result = parseReport(report);
  if (result === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = result;
  const skipped = (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

/** '12 passed, 0 failed', with ', 1 skipped' when there are any: the closing line. */
export function closingLine(count: Count): string {
  const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
  return `${count.passed} passed, ${count.failed} failed${skipped}`;
}

function parseReport(text: string): Record<string, number | undefined> | undefined {
  try {
    return JSON.parse(text) as Record<string, number | undefined>;
  } catch {
    return undefined;
  }
}

function planSteps(withSystem: boolean, folder: string): Step[] {
  const program = (name: string) => join(repository, 'node_modules/.bin', name);
  // A name stands for every project that begins with it.
  const tests = (title: string, project: string, ...more: string[]): Step => {
    const resultFile = join(folder, `${project}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
    const args = ['run', '--project', `${project}*`, ...more, ...reporters];
    return { title, command: program('vitest'), args, resultFile };
  };
  return [
    { title: 'generate and build', command: program('turbo'), args: turboArguments },
    { title: 'format', command: program('biome'), args: ['format', '.'] },
    { title: 'lint', command: program('biome'), args: ['check', '--formatter-enabled=false', '.'] },
    { title: 'types', command: program('tsc'), args: ['--noEmit'] },
    { title: 'dead code', command: program('knip'), args: [] },
    // A quarter of their time is waiting: for servers to start, cameras to play, deadlines to pass.
    tests('unit and service tests', 'unit', '--maxWorkers=3'),
    ...(withSystem ? [tests('journeys and crashes', 'system')] : []),
  ];
}

/** Real servers and browsers that tests need, installed where this user may. */
function testEnvironment(withSystem: boolean): NodeJS.ProcessEnv {
  const say = (line: string) => console.log(line);
  const nats = provideTool(natsServer, say);
  if (nats === undefined) {
    console.error('nats-server was not found: install it (Debian: apt-get install nats-server)');
    process.exit(1);
  }
  const browser = withSystem ? (process.env.CHROMIUM_PATH ?? provideTool(chromium, say)) : undefined;
  if (withSystem && browser === undefined) {
    say(
      'left out: journeys in a browser, because Chromium is not installed (Debian: apt-get install chromium)',
    );
  }
  const screen =
    withSystem && browser !== undefined ? (process.env.XVFB_PATH ?? provideTool(xvfb, say)) : undefined;
  if (withSystem && browser !== undefined && screen === undefined) {
    say('left out: a browser with a window, because Xvfb is not installed (Debian: apt-get install xvfb)');
  }
  if (provideTool(prometheusServer, say) === undefined) {
    say(
      'left out: alerts and queries in a real Prometheus, because it is not installed (Debian: apt-get install prometheus)',
    );
  }
  const kubectl = provideKubectl(say);
  if ('leftOut' in kubectl) say(`left out: rendering of deploy/kubernetes, because ${kubectl.leftOut}`);
  return {
    ...process.env,
    ...turboEnvironment,
    // Servers live in sbin, which is not on every user's PATH.
    PATH: [join(repository, 'node_modules/.bin'), process.env.PATH, dirname(nats)].join(delimiter),
    ...(browser === undefined ? {} : { CHROMIUM_PATH: browser }),
    ...(screen === undefined ? {} : { XVFB_PATH: screen }),
  };
}

/** Runs one step in a process group of its own, so that nothing of it survives an interrupted run. */
async function runStep(step: Step, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Count> {
  console.log(`\n▸ ${step.title}`);
  const startedAt = performance.now();
  const child = spawn(step.command, step.args, {
    cwd: repository,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  signal.removeEventListener('abort', end);
  console.log(`${code === 0 ? '✓' : '✗'} ${step.title} ${secondsSince(startedAt)}`);
  if (step.resultFile === undefined) {
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  }
  return countTests(readIfThere(step.resultFile), code);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function main(): Promise<void> {
  const stopping = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.on(event, () => stopping.abort());
  process.channel?.unref();
  const withSystem = process.argv.includes('--system');
  const startedAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'selfsame-verify-'));
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  try {
    const environment = testEnvironment(withSystem);
    for (const step of planSteps(withSystem, folder)) {
      if (stopping.signal.aborted) break;
      const count = await runStep(step, environment, stopping.signal);
      total.passed += count.passed;
      total.failed += count.failed;
      total.skipped += count.skipped;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`\nchecks and tests together, ${secondsSince(startedAt)}:`);
  console.log(closingLine(total));
  process.exit(total.failed === 0 && !stopping.signal.aborted ? 0 : 1);
}

if (import.meta.main) await main();
