import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamInfo } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { type TestNats, testNats } from '@selfsame/testing/nats';
import { freePort } from '@selfsame/testing/owned-process';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Bus, openBus } from './bus.ts';
import { captured, log } from './harness.ts';

const production = readFileSync(join(import.meta.dirname, '../../../deploy/nats/production.conf'), 'utf8');
const names = ['nats-0', 'nats-1', 'nats-2'];

/** Debian 12 has 2.9, which does not know the line. */
function knowsSyncAlways(): boolean {
  const [, major = 0, minor = 0] =
    /v(\d+)\.(\d+)\./.exec(execFileSync('nats-server', ['--version'], { encoding: 'utf8' })) ?? [];
  return Number(major) > 2 || Number(minor) >= 10;
}

/** The file as it stands, but for places, which are those of this machine, and for what the server does not know. */
function placed(
  name: string,
  places: { port: number; storeDirectory: string; routePorts: number[] },
  tls = '',
): string {
  const { port, storeDirectory, routePorts } = places;
  let text = production
    .replace('$NATS_SERVER_NAME', name)
    .replace('$NATS_PASSWORD', 'word')
    .replace('0.0.0.0:4222', `127.0.0.1:${port}`)
    .replace('http: "0.0.0.0:8222"', '')
    .replace('pid_file: "/tmp/nats.pid"', '')
    .replaceAll('include "tls.conf"', tls)
    .replace('0.0.0.0:6222', `127.0.0.1:${routePorts[names.indexOf(name)]}`)
    .replace('"/data"', `"${storeDirectory}"`);
  for (const [index, each] of names.entries()) {
    text = text.replace(`nats://${each}.nats:6222`, `nats://127.0.0.1:${routePorts[index]}`);
  }
  return knowsSyncAlways() ? text : text.replace('sync_interval: always', '');
}

let servers: TestNats[] = [];
beforeEach(async () => {
  const routePorts = await Promise.all(names.map(freePort));
  servers = await Promise.all(
    names.map((name) => testNats({ configuration: (places) => placed(name, { ...places, routePorts }) })),
  );
});
afterEach(() => Promise.all(servers.map((server) => server.stop())));

const url = () => servers.map((server) => server.url.replace('//', '//selfsame:word@')).join(',');

/** Three servers have to find each other first. */
function openEventually(): Promise<Bus> {
  return waitFor(
    'the cluster',
    () => openBus({ service: 'x', url: url(), log, stream: { streamReplicas: 3 } }),
    { timeoutMs: 30_000, intervalMs: 250 },
  );
}

async function streamInfo(): Promise<StreamInfo> {
  const raw = await connect({
    servers: servers.map((server) => server.url),
    user: 'selfsame',
    pass: 'word',
    timeout: 2_000,
  });
  try {
    return (await raw.request('$JS.API.STREAM.INFO.SELFSAME')).json<StreamInfo>();
  } finally {
    await raw.close();
  }
}

test('three servers with the production configuration keep every event on three, and one may die', async () => {
  const bus = await openEventually();
  await bus.publish(captureCompleted, 'before', captured(''));
  expect((await streamInfo()).config.num_replicas).toBe(3);
  await waitFor('two followers', async () => {
    const { cluster } = await streamInfo();
    return cluster?.replicas?.filter(({ current }) => current).length === 2;
  });
  await servers[0]?.kill();
  await waitFor(
    'an event that is stored by the two that are left',
    () => bus.publish(captureCompleted, 'after', captured('')).then(() => true),
    { timeoutMs: 30_000 },
  );
  expect((await streamInfo()).state.messages).toBe(2);
  await bus.close();
}, 90_000);
