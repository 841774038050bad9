import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimDirectory } from './claim.ts';
import { choosePort } from './ports.ts';
import { fingerprint } from './processes.ts';
import { nodeProcess } from './run.ts';
import { type ProcessSpec, restartPauseMs, type Supervised, supervise } from './supervisor.ts';

let folder: string;
let reports: string[];
let supervised: Supervised | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selfsame-supervisor-'));
  mkdirSync(join(folder, 'run'));
  reports = [];
});
afterEach(async () => {
  await supervised?.stop();
  supervised = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const surroundings = () => ({
  logsDirectory: folder,
  runDirectory: join(folder, 'run'),
  report: (line: string) => reports.push(line),
  verbose: false,
});

/** A child process that runs `code` and is ready when it answers on its port. */
async function child(code: string): Promise<ProcessSpec> {
  const port = await choosePort(undefined, new Set());
  const script = join(folder, 'child.mjs');
  writeFileSync(
    script,
    `import { createServer } from 'node:http';
     const serve = () => createServer((_, response) => response.end()).listen(${port}, '127.0.0.1');
     ${code}`,
  );
  return { ...nodeProcess('session', script, process.env, port, 1000), args: [script] };
}

test('a process that dies after a good start is started again', async () => {
  supervised = supervise(await child('serve();'), surroundings());
  await supervised.start();
  const first = supervised.pid() ?? 0;
  process.kill(first, 'SIGKILL');
  const second = await waitFor('a second process', () => {
    const pid = supervised?.pid();
    return pid !== first && reports.includes('session is back') && pid;
  });
  expect(fingerprint(second)).toBeDefined();
  expect(reports[0]).toMatch(/^session ended \(SIGKILL\); starting it again/);
});

test('a process that is killed while it starts again has ended, and is started once more', async () => {
  const marks = ['once', 'twice'].map((name) => `existsSync('${join(folder, name)}')`);
  const spec = await child(
    `const { existsSync, writeFileSync } = await import('node:fs');
     if (!${marks[0]}) { writeFileSync('${join(folder, 'once')}', ''); serve(); }
     else if (!${marks[1]}) { writeFileSync('${join(folder, 'twice')}', ''); process.kill(process.pid, 'SIGKILL'); }
     else serve();`,
  );
  supervised = supervise(spec, surroundings());
  await supervised.start();
  process.kill(supervised.pid() ?? 0, 'SIGKILL');
  await waitFor('the third process', () => reports.includes('session is back'));
  expect(reports[1]).toMatch(/^session ended \(SIGKILL\) before it was ready; see .+; starting it again$/);
});

test('the pause between starts grows and is bounded', () => {
  expect([1, 2, 3, 6, 50].map(restartPauseMs)).toEqual([250, 500, 1000, 8000, 8000]);
});

test('a process that fails at its start is not tried again and is quoted', async () => {
  const spec = await child(
    `console.error('noise'); console.error('session: KEY is not set'); process.exit(1);`,
  );
  supervised = supervise(spec, surroundings());
  await expect(supervised.start()).rejects.toThrow(/^session: KEY is not set$/);
  expect(supervised.pid()).toBeUndefined();
});

test('a process that never gets ready is ended', async () => {
  const spec = { ...(await child('setInterval(() => undefined, 1000);')), readyTimeoutMs: 300 };
  supervised = supervise(spec, surroundings());
  await expect(supervised.start()).rejects.toThrow(/was not ready within 0.3 s; see .*session.log/);
  expect(supervised.pid()).toBeUndefined();
});

test('a stranger who answers on its port is not taken for it', async () => {
  const spec = await child('serve();');
  const stranger = supervise({ ...spec, name: 'stranger' }, surroundings());
  await stranger.start();
  supervised = supervise(spec, surroundings());
  await expect(supervised.start()).rejects.toMatchObject({ code: 'port_in_use' });
  await stranger.stop();
});

test('a killed process stays down until it is started', async () => {
  supervised = supervise(await child('serve();'), surroundings());
  await supervised.start();
  await supervised.kill();
  expect(supervised.pid()).toBeUndefined();
  expect(reports).toEqual([]);
  await supervised.start();
  expect(supervised.pid()).toBeDefined();
});

test('a process that ignores the signal is killed when its time is over', async () => {
  const spec = { ...(await child(`process.on('SIGTERM', () => undefined); serve();`)), stopTimeoutMs: 200 };
  supervised = supervise(spec, surroundings());
  await supervised.start();
  const pid = supervised.pid() ?? 0;
  await supervised.stop();
  expect(fingerprint(pid)).toBeUndefined();
});

test('output is kept in the log, and only errors are shown', async () => {
  const lines = ['{"level":"info","msg":"calm"}', '{"level":"error","msg":"broken"}'];
  const spec = await child(`for (const line of ${JSON.stringify(lines)}) console.log(line); serve();`);
  supervised = supervise(spec, surroundings());
  await supervised.start();
  await supervised.stop();
  expect(readFileSync(join(folder, 'session.log'), 'utf8').trim().split('\n')).toEqual(lines);
  expect(reports).toEqual([`[session] ${lines[1]}`]);
});

test.runIf(process.platform === 'linux')('no child outlives a parent that is killed', async () => {
  const spec = await child(`serve().on('listening', () => console.log('up'));`);
  const parentScript = join(folder, 'parent.mjs');
  const here = import.meta.dirname;
  writeFileSync(
    parentScript,
    `import { launch } from '${here}/processes.ts';
     let child;
     const onLine = () => console.log(child.pid);
     child = await launch({ command: process.execPath, args: ['${spec.args[0]}'], environment: process.env,
       logFile: '${join(folder, 'child.log')}', deathSignal: 'SIGTERM', onLine });
     setInterval(() => undefined, 1000);`,
  );
  const parent = spawn(process.execPath, [parentScript]);
  let output = '';
  parent.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const pid = await waitFor('the child', () => Number(output.trim()) || undefined);
  parent.kill('SIGKILL');
  await waitFor('the end of the child', () => fingerprint(pid) === undefined);
});

test('a data directory serves one run at a time', async () => {
  const release = await claimDirectory(join(folder, 'run'), folder);
  await expect(claimDirectory(join(folder, 'run'), folder)).rejects.toMatchObject({
    code: 'already_running',
  });
  release();
  const again = await claimDirectory(join(folder, 'run'), folder);
  again();
});

test.runIf(process.platform === 'linux')('what a killed run left behind is cleared away', async () => {
  const orphan = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  const pid = orphan.pid ?? 0;
  const record = join(folder, 'run', 'postgres.pid');
  writeFileSync(record, fingerprint(pid) ?? '');
  // An owner that no longer lives, whose id another process has by now.
  writeFileSync(join(folder, 'run', 'selfsame.owner'), `${process.pid} 1`);
  const release = await claimDirectory(join(folder, 'run'), folder);
  expect(fingerprint(pid)).toBeUndefined();
  expect(existsSync(record)).toBe(false);
  release();
});
