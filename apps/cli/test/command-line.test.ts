import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import { diagnoseStream } from '@selfsame/bus/diagnosis';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, expect, test } from 'vitest';

const main = new URL('../src/main.ts', import.meta.url).pathname;
const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function selfsame(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const options = { env: { PATH: process.env.PATH, ...environment } };
  return await run(process.execPath, [main, ...args], options).then(
    (output) => ({ ...output, code: 0 }),
    (error: Ended) => error,
  );
}

let hanging: Server | undefined;
let held = 0;

/** Takes connections and says nothing, as a server that was stopped does. */
async function hangingServer(): Promise<string> {
  hanging = createServer((socket) => {
    held += 1;
    socket.on('error', () => {});
    socket.on('close', () => {
      held -= 1;
    });
    socket.resume();
  }).listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  return `nats://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
}
afterEach(() => {
  hanging?.close();
  hanging = undefined;
});

test('the doctor ends after its report, also while NATS hangs', async () => {
  const url = await hangingServer();
  const { code, stdout } = await selfsame(['doctor', '--service', 'capture'], {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    NATS_URL: url,
  });
  expect(stdout).toContain('NATS does not answer');
  expect(stdout).toContain('something is wrong');
  expect(code).toBe(1);
}, 60_000);

test('a look at a server that hangs leaves no connection behind', async () => {
  const url = await hangingServer();
  const look = diagnoseStream({ url, settings: {}, timeoutMs: 200, now: () => new Date() });
  await expect(look).rejects.toMatchObject({ code: 'bus_unreachable' });
  await waitFor('the end of the connection', () => held === 0);
});

test('what is no session id is named, and how one looks', async () => {
  const { code, stderr } = await selfsame(['trace', 'foo']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^foo is no session id: .*a UUID\n$/)]);
});

test('the help fits a terminal of 100 columns', async () => {
  const { code, stdout } = await selfsame(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('usage: selfsame trace');
  expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

test('ip-data prints its usage to whoever asks for it', async () => {
  const command = new URL('../../../services/fraud-signals/src/cli/ip-data.ts', import.meta.url).pathname;
  const { stdout } = await run(process.execPath, [command, '--help']);
  expect(stdout).toContain('usage: ip-data DIRECTORY');
});
