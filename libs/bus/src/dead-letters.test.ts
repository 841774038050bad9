import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { Failure } from '@selfsame/runtime/errors';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { applyEffect, captured, log, observedLog, openWorld, type Service } from './harness.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
/** Ids whose handler fails, and how. */
let broken: Map<string, string>;
beforeEach(async () => {
  world = await openWorld();
  broken = new Map();
});
afterEach(() => world.close());

/** A service that gives up at once. */
async function subscriber(name: string, options: Parameters<typeof world.service>[1] = {}): Promise<Service> {
  const service = await world.service(name, options);
  await service.bus.subscribe(
    captureCompleted,
    async (tx, event) => {
      await applyEffect(tx, event);
      const code = broken.get(event.id);
      if (code) throw new Failure('internal', code, 'no');
    },
    { maxDeliver: 1 },
  );
  return service;
}

async function publishBroken(count: number, code = 'a_bug'): Promise<string[]> {
  const bus = await openBus({ service: 'other', url: world.nats.url, log });
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  for (const id of ids) {
    broken.set(id, code);
    await bus.publish(captureCompleted, id, captured('private-session'));
  }
  await bus.close();
  return ids;
}

const lettersOf = ({ database }: Service) =>
  database.db.selectFrom('dead_letters').selectAll().orderBy('event_id').execute();

const waitForLetters = (service: Service, count: number) =>
  waitFor(`${count} dead letters`, async () => (await lettersOf(service)).length === count);

/** The command as an operator runs it; whatever it says, also when it fails. */
async function command(...args: string[]): Promise<{ code: number; said: string }> {
  const env = { ...process.env, DATABASE_URL: world.postgres.url };
  try {
    const cli = join(import.meta.dirname, 'cli/dead-letters.ts');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [cli, ...args], { env });
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

test('a dead letter that is replayed has its effect once, and is gone', async () => {
  const service = await subscriber('mended');
  const replica = await subscriber('mended');
  const [one = '', two = ''] = await publishBroken(2);
  await waitForLetters(service, 2);
  broken.clear();
  expect(await command('replay', '--service', 'mended', '--event', one)).toMatchObject({ code: 0 });
  await waitForLetters(service, 1);
  expect(await service.effects()).toEqual([{ id: one, times: 1 }]);
  await command('replay', '--service', 'mended', '--all');
  await waitForLetters(service, 0);
  const effects = await service.effects();
  expect(effects).toHaveLength(2);
  expect(effects).toContainEqual({ id: two, times: 1 });
  expect(effects).toContainEqual({ id: one, times: 1 });
  await replica.close();
});

test('a replayed event that the stream delivers again has no second effect', async () => {
  const service = await subscriber('mended');
  const [id = ''] = await publishBroken(1);
  await waitForLetters(service, 1);
  broken.clear();
  await command('replay', '--service', 'mended', '--all');
  await waitForLetters(service, 0);
  const raw = await connect({ servers: world.nats.url });
  await raw.request('$JS.API.CONSUMER.DELETE.SELFSAME.mended-capture-completed');
  await waitFor('everything again', async () => {
    const info = (await raw.request('$JS.API.CONSUMER.INFO.SELFSAME.mended-capture-completed')).json<{
      ack_floor?: { stream_seq: number };
    }>();
    return (info.ack_floor?.stream_seq ?? 0) > 0;
  });
  await raw.close();
  expect(await service.effects()).toEqual([{ id, times: 1 }]);
});

test('an event that was handled meanwhile is not handled again by its replay', async () => {
  const service = await subscriber('mended');
  const [id = ''] = await publishBroken(1);
  await waitForLetters(service, 1);
  broken.clear();
  const raw = await connect({ servers: world.nats.url });
  await raw.request('$JS.API.CONSUMER.DELETE.SELFSAME.mended-capture-completed');
  await raw.close();
  await waitFor('its effect', async () => (await service.effects()).length === 1);
  await command('replay', '--service', 'mended', '--all');
  await waitForLetters(service, 0);
  expect(await service.effects()).toEqual([{ id, times: 1 }]);
});

test('a replay that fails leaves the letter with its new reason and without an effect, for another try', async () => {
  const service = await subscriber('broken');
  const [id = ''] = await publishBroken(1, 'first_bug');
  await waitForLetters(service, 1);
  broken.set(id, 'second_bug');
  await command('replay', '--service', 'broken', '--all');
  await waitFor('the new reason', async () => (await lettersOf(service))[0]?.reason === 'second_bug');
  expect(await lettersOf(service)).toMatchObject([{ deliveries: 2, replay_requested_at: null }]);
  expect(await service.effects()).toEqual([]);
  broken.clear();
  await command('replay', '--service', 'broken', '--all');
  await waitForLetters(service, 0);
  expect(await service.effects()).toEqual([{ id, times: 1 }]);
});

test('the command lists what waits, without a word of what it says, and drops it', async () => {
  const service = await subscriber('listed');
  const [one = '', two = ''] = await publishBroken(2);
  await waitForLetters(service, 2);
  await service.close();
  const { code, said } = await command('list', '--service', 'listed');
  expect(code).toBe(0);
  for (const shown of ['listed-capture-completed', one, two, captureCompleted.subject, 'a_bug', '0 min'])
    expect(said).toContain(shown);
  expect(said).toContain('2 dead letters of listed');
  expect(said).not.toContain('private-session');
  expect(await command('drop', '--service', 'listed', '--event', one)).toEqual({
    code: 0,
    said: '1 dropped\n',
  });
  expect((await command('list', '--service', 'listed')).said).not.toContain(one);
  expect(await command('drop', '--service', 'listed', '--event', one)).toEqual({
    code: 1,
    said: '0 dropped\n',
  });
});

test.each([
  [[], 'usage: dead-letters list'],
  [['list'], 'usage: '],
  [['replay', '--service', 'x'], 'usage: '],
  [['drop', '--service', 'x', '--all', '--event', 'y'], 'usage: '],
  [['list', '--service', 'nobody'], 'run its migrate entry first'],
])('the command says what is wrong with %j', async (args, words) => {
  const { code, said } = await command(...args);
  expect(code).toBe(1);
  expect(said).toContain(words);
});

test('a service that starts with dead letters says so, and how to read them', async () => {
  const first = await subscriber('telling');
  await publishBroken(3);
  await waitForLetters(first, 3);
  await first.close();
  const { log: seen, lines } = observedLog('error');
  await subscriber('telling', { log: seen });
  const line = await waitFor('the line', () => lines.find(({ letters }) => letters !== undefined));
  expect(line).toMatchObject({
    level: 'error',
    letters: 3,
    consumers: { 'telling-capture-completed': 3 },
    command: 'pnpm dead-letters list --service telling',
  });
});
