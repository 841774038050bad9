import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkNats, natsCommand, prepareNats } from './nats.ts';
import { choosePort } from './ports.ts';
import { checkDatabase, preparePostgres } from './postgres.ts';
import { fingerprint } from './processes.ts';
import { loadKeyFiles, loadSecrets, withoutSecrets } from './secrets.ts';
import { type Supervised, supervise } from './supervisor.ts';

let folder: string;
let running: Supervised[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selfsame-backing-'));
  mkdirSync(join(folder, 'run'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function startPostgres(directory: string): Promise<{ url: string; postgres: Supervised }> {
  const { spec, url } = await preparePostgres({
    directory,
    port: await choosePort(undefined, new Set()),
    password: 'a+b/c=',
    logFile: join(folder, 'postgres.log'),
  });
  const surroundings = {
    logsDirectory: folder,
    runDirectory: join(folder, 'run'),
    report: () => undefined,
    verbose: false,
  };
  const postgres = supervise(spec, surroundings);
  running.push(postgres);
  await postgres.start();
  return { url, postgres };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

test('the built-in database keeps its rows over a crash, and stops without a trace', async () => {
  const directory = join(folder, 'postgres');
  const { url, postgres } = await startPostgres(directory);
  await query(url, 'CREATE TABLE kept AS SELECT 1 AS one');
  await postgres.kill();
  // What a killed server leaves behind must not stop the next one.
  expect(existsSync(join(directory, 'postmaster.pid'))).toBe(true);
  await postgres.start();
  expect(await query(url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  const pid = postgres.pid() ?? 0;
  await postgres.stop();
  expect(fingerprint(pid)).toBeUndefined();
  expect(existsSync(join(directory, 'postmaster.pid'))).toBe(false);
});

test.runIf(process.getuid?.() === 0)('root can keep it in a folder that only root may enter', async () => {
  chmodSync(folder, 0o700);
  const { url } = await startPostgres(join(folder, 'postgres'));
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('an interrupted first run of the database leaves nothing in the way', async () => {
  mkdirSync(join(folder, 'postgres.unfinished', 'base'), { recursive: true });
  const { url } = await startPostgres(join(folder, 'postgres'));
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a database that does not answer is named, with a remedy and without its password', async () => {
  const port = await choosePort(undefined, new Set());
  const error = await checkDatabase(`postgres://me:hidden@127.0.0.1:${port}/x`).catch(
    (caught: Error) => caught,
  );
  expect(error).toMatchObject({ code: 'database_unreachable' });
  expect(String(error)).toContain(`127.0.0.1:${port} (DATABASE_URL) does not answer`);
  expect(String(error)).toContain('unset DATABASE_URL');
  expect(String(error)).not.toContain('hidden');
});

test('a NATS server that does not answer, or something else on its port, is named with a remedy', async () => {
  const port = await choosePort(undefined, new Set());
  await expect(checkNats(`nats://127.0.0.1:${port}`)).rejects.toThrow(
    `The NATS server at 127.0.0.1:${port} (NATS_URL) does not answer (ECONNREFUSED): start it`,
  );
  const stranger = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  stranger.listen(port, '127.0.0.1');
  await expect(checkNats(`nats://127.0.0.1:${port}`)).rejects.toThrow('it does not speak NATS');
  stranger.close();
});

test('the built-in NATS is ready when it greets with JetStream', async () => {
  const port = await choosePort(undefined, new Set());
  const { spec, url } = prepareNats({ directory: join(folder, 'nats'), port, report: () => undefined });
  const surroundings = {
    logsDirectory: folder,
    runDirectory: join(folder, 'run'),
    report: () => undefined,
    verbose: false,
  };
  const nats = supervise(spec, surroundings);
  running.push(nats);
  await nats.start();
  await checkNats(url);
});

test('without nats-server Docker runs it, and without either every way out is named', () => {
  const options = { directory: '/data', port: 4300 };
  expect(natsCommand(options, '/usr/sbin/nats-server', () => false)[0]).toBe('/usr/sbin/nats-server');
  expect(natsCommand(options, undefined, () => true)).toEqual(
    expect.arrayContaining(['docker', '127.0.0.1:4300:4222', '/data:/store', '-js']),
  );
  expect(() => natsCommand(options, undefined, () => false)).toThrow(
    'nats-server was not found: install it (Debian: apt-get install nats-server), start Docker, or set NATS_URL',
  );
});

test('keys are made once, kept private, and given ones win', () => {
  const first = loadSecrets(folder, {});
  expect(Buffer.from(first.SESSION_TOKEN_KEY, 'base64')).toHaveLength(32);
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(loadSecrets(folder, {})).toEqual(first);
  expect(loadSecrets(folder, { BIOMETRIC_KEY: 'given' })).toEqual({ ...first, BIOMETRIC_KEY: 'given' });
  expect(readFileSync(join(folder, 'secrets.json'), 'utf8')).not.toContain('given');
});

test('key files are made once, private, and apart for what is biometric', () => {
  const secrets = loadSecrets(folder, {});
  const files = loadKeyFiles(folder, secrets);
  const [data, biometric] = [files.data, files.biometric].map((file) => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { current, keys } = JSON.parse(readFileSync(file, 'utf8'));
    expect(Buffer.from(keys[current], 'base64')).toHaveLength(32);
    return keys[current];
  });
  expect(data).not.toBe(biometric);
  loadKeyFiles(folder, secrets);
  expect(readFileSync(files.data, 'utf8')).toContain(data);
  mkdirSync(join(folder, 'postgres'));
  rmSync(files.biometric);
  expect(() => loadKeyFiles(folder, secrets)).toThrow(`${files.biometric} is gone`);
});

test('keys that an earlier release made stay with the data, and no new directory gets any', () => {
  const earlier = { BIOMETRIC_KEY: 'b', SHARE_KEY: 's', SIGNALS_KEY: 'i', WEBHOOK_SECRET_KEY: 'w' };
  expect(Object.keys(loadSecrets(folder, {})).sort()).toEqual(['POSTGRES_PASSWORD', 'SESSION_TOKEN_KEY']);
  const file = join(folder, 'secrets.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...earlier }));
  expect(loadSecrets(folder, {})).toMatchObject(earlier);
});

test('data without its keys is refused, not silently locked away for good', () => {
  loadSecrets(folder, {});
  mkdirSync(join(folder, 'postgres'));
  rmSync(join(folder, 'secrets.json'));
  expect(() => loadSecrets(folder, {})).toThrow('secrets.json is gone');
  writeFileSync(join(folder, 'secrets.json'), 'not json');
  expect(() => loadSecrets(folder, {})).toThrow('not readable JSON');
});

test('only the owner of a secret inherits it', () => {
  expect(withoutSecrets({ BIOMETRIC_KEY: 'k', DATABASE_URL: 'u', LOG_LEVEL: 'debug' })).toEqual({
    LOG_LEVEL: 'debug',
  });
});
