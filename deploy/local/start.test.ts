import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fingerprint } from './processes.ts';
import { repository } from './run.ts';

let folder: string;
let bootstrap: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'selfsame-npm-start-'));
});
afterAll(() => {
  bootstrap?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** What npm start does, until it says that it is ready. */
async function npmStart(): Promise<{ parent: ChildProcess; prints: string[]; baseUrl: string }> {
  const environment = {
    ...process.env,
    DATABASE_URL: '',
    NATS_URL: '',
    PUBLIC_BASE_URL: 'https://phones.example.com',
    SELFSAME_PORT: '0',
    SELFSAME_DATA_DIR: folder,
  };
  const parent = spawn(process.execPath, ['deploy/local/bootstrap.mjs', 'start'], {
    cwd: repository,
    env: environment,
  });
  bootstrap = parent;
  let output = '';
  for (const stream of [parent.stdout, parent.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const baseUrl = await waitFor(
    'the system',
    () => {
      if (parent.exitCode !== null) throw new Error(output);
      return /^Selfsame is ready at (\S+)\n$/m.exec(output)?.[1];
    },
    { timeoutMs: 120_000, intervalMs: 50 },
  );
  expect(output.trimEnd().split('\n').at(-1)).toBe(`Selfsame is ready at ${baseUrl}`);
  const run = join(folder, 'run');
  return { parent, baseUrl, prints: readdirSync(run).map((file) => readFileSync(join(run, file), 'utf8')) };
}

const alive = (prints: string[]) =>
  prints.filter((print) => fingerprint(Number(print.split(' ')[0])) === print);
const readLocal = () => JSON.parse(readFileSync(join(folder, 'local.json'), 'utf8'));

test.runIf(process.platform === 'linux')(
  'npm start is there again after kill -9, with the same keys, and leaves no process behind',
  async () => {
    const first = await npmStart();
    // postgres, nats, six services, edge, demo and what supervises them
    expect(alive(first.prints)).toHaveLength(11);
    const local = readLocal();
    const answer = await fetch(`${first.baseUrl}/v3/workflows/`, { headers: { 'x-api-key': local.api_key } });
    expect(answer.status).toBe(200);
    expect(statSync(join(folder, 'local.json')).mode & 0o777).toBe(0o600);

    const owner = readFileSync(join(folder, 'run', 'selfsame.owner'), 'utf8');
    process.kill(Number(owner.split(' ')[0]), 'SIGKILL');
    await waitFor('the end of all children', () => alive(first.prints).length === 0, { timeoutMs: 30_000 });

    const second = await npmStart();
    // The ports are others now, and the default destination has followed.
    const database_url = expect.stringMatching(/^postgres:\/\/selfsame:[^@]+@127\.0\.0\.1:\d+\/selfsame$/);
    expect(readLocal()).toEqual({ ...local, base_url: second.baseUrl, database_url });
    const destinations = await fetch(`${second.baseUrl}/v3/webhook/destinations/`, {
      headers: { 'x-api-key': local.api_key },
    });
    expect(await destinations.json()).toMatchObject([
      { label: 'default', url: `${second.baseUrl}/demo/webhooks/demo` },
    ]);
    const created = await fetch(`${second.baseUrl}/v3/session/`, {
      method: 'POST',
      headers: { 'x-api-key': local.api_key },
      body: JSON.stringify({ workflow_id: 'wf_liveness' }),
    });
    // Where users go is theirs; the machine itself goes by its own address.
    expect(await created.json()).toMatchObject({
      session_url: expect.stringMatching(/^https:\/\/phones\.example\.com\//),
    });
    second.parent.kill('SIGTERM');
    const [code] = await once(second.parent, 'exit');
    expect(code).toBe(0);
    expect(alive(second.prints)).toEqual([]);
  },
  300_000,
);
