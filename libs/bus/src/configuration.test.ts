import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { readSettings } from '@selfsame/runtime/config';
import { type TestNats, testNats } from '@selfsame/testing/nats';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { applyEffect, captured, log, openWorld } from './harness.ts';
import { busSettings, type StreamSettings } from './settings.ts';

const base = {
  name: 'SELFSAME',
  subjects: ['selfsame.>'],
  retention: 'limits',
  storage: 'file',
  num_replicas: 1,
};
const minuteNs = 60_000_000_000;

let nats: TestNats;
beforeAll(async () => {
  nats = await testNats();
});
afterAll(() => nats.stop());

/** One request to the server's own interface. @throws Error with its words */
async function api<Answer>(subject: string, body: object = {}, { url } = nats): Promise<Answer> {
  const raw = await connect({ servers: url });
  try {
    const answer = (await raw.request(`$JS.API.${subject}`, JSON.stringify(body))).json<
      Answer & { error?: { description: string } }
    >();
    if (answer.error) throw new Error(`${subject}: ${answer.error.description}`);
    return answer;
  } finally {
    await raw.close();
  }
}

const streamConfig = async (): Promise<StreamConfig> =>
  (await api<{ config: StreamConfig }>('STREAM.INFO.SELFSAME')).config;

async function open(stream: StreamSettings = {}) {
  const bus = await openBus({ service: 'x', url: nats.url, log, stream });
  await bus.publish(captureCompleted, 'id', captured(''));
  await bus.close();
}

describe('the stream', () => {
  afterEach(() => api('STREAM.DELETE.SELFSAME').catch(() => {}));

  test('keeps what nobody has read, in files, and refuses more than it can hold', async () => {
    await open();
    expect(await streamConfig()).toMatchObject({
      discard: 'new',
      max_age: 0,
      storage: 'file',
      retention: 'limits',
      num_replicas: 1,
      max_bytes: 1024 ** 3,
      duplicate_window: 2 * minuteNs,
    });
  });

  test.each<[keyof StreamConfig, unknown, unknown, object?]>([
    ['discard', 'old', 'new'],
    ['max_age', 60 * minuteNs, 0],
    ['max_msgs_per_subject', 10, -1],
    ['max_msg_size', 1000, -1],
    ['no_ack', true, undefined],
    ['allow_rollup_hdrs', true, false],
    ['discard_new_per_subject', true, undefined, { discard: 'new', max_msgs_per_subject: 10 }],
  ])('whose %s is %j is mended', async (field, value, mended, with_ = {}) => {
    await api('STREAM.CREATE.SELFSAME', { ...base, ...with_, [field]: value });
    expect((await streamConfig())[field]).toBe(value);
    await open();
    expect((await streamConfig())[field]).toBe(mended);
  });

  test.each([
    ['subjects', ['selfsame.one'], 'subjects is ["selfsame.one"], not selfsame.>'],
    ['subjects', ['selfsame.>', 'other'], 'subjects is ["selfsame.>","other"], not selfsame.>'],
    ['retention', 'workqueue', 'retention is workqueue, not limits'],
    ['retention', 'interest', 'retention is interest, not limits'],
    ['storage', 'memory', 'storage is memory, not file'],
    ['max_consumers', 2, 'max_consumers is 2, not -1'],
    ['deny_purge', true, 'deny_purge is true, not false'],
  ])('whose %s is %j is refused', async (field, value, words) => {
    await api('STREAM.CREATE.SELFSAME', { ...base, [field]: value });
    await expect(open()).rejects.toMatchObject({
      code: 'stream_misconfigured',
      message: expect.stringMatching(new RegExp(`${RegExp.escape(words)}.*delete it: it is made anew`)),
    });
  });

  test('that is sealed is refused', async () => {
    await api('STREAM.CREATE.SELFSAME', base);
    await api('STREAM.UPDATE.SELFSAME', { ...(await streamConfig()), sealed: true });
    await expect(open()).rejects.toThrow('sealed is true, not false');
  });

  test('that mirrors another is refused', async () => {
    await api('STREAM.CREATE.ORIGIN', { ...base, name: 'ORIGIN', subjects: ['origin'] });
    await api('STREAM.CREATE.SELFSAME', { ...base, subjects: undefined, mirror: { name: 'ORIGIN' } });
    await expect(open()).rejects.toThrow('mirror is {"name":"ORIGIN"}, not unset');
    await api('STREAM.DELETE.ORIGIN');
  });

  test('cannot be made beside a rival', async () => {
    await api('STREAM.CREATE.RIVAL', { ...base, name: 'RIVAL' });
    await expect(open()).rejects.toMatchObject({
      code: 'stream_misconfigured',
      message: expect.stringContaining('another stream takes selfsame.>'),
    });
    await api('STREAM.DELETE.RIVAL');
  });

  test('cannot be made larger than the server, or on more servers than there are', async () => {
    const refusal = { code: 'stream_misconfigured' };
    await expect(open({ streamMaxBytes: 1024 ** 5 })).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining('lower NATS_STREAM_MAX_BYTES'),
    });
    await expect(open({ streamReplicas: 3 })).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining('NATS_STREAM_REPLICAS'),
    });
    // A server that runs alone would take the number of an update, and keep one copy.
    await api('STREAM.CREATE.SELFSAME', base);
    await expect(open({ streamReplicas: 3 })).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining('num_replicas is 3, and the server is in no cluster'),
    });
  });

  test('keeps the limits that an operator has given it', async () => {
    const limits = { max_bytes: 5_000_000, max_msgs: 1_000, duplicate_window: minuteNs };
    await api('STREAM.CREATE.SELFSAME', { ...base, ...limits });
    await open();
    expect(await streamConfig()).toMatchObject(limits);
  });

  test('gets the limits that the environment names, at the start and when it is made anew', async () => {
    const settings = readSettings(busSettings, {
      NATS_STREAM_MAX_BYTES: '3000000',
      NATS_DUPLICATE_WINDOW_SECONDS: '30',
    });
    const limits = { max_bytes: 3_000_000, duplicate_window: minuteNs / 2 };
    await api('STREAM.CREATE.SELFSAME', { ...base, max_bytes: 5_000_000 });
    await open(settings);
    expect(await streamConfig()).toMatchObject(limits);
    await api('STREAM.DELETE.SELFSAME');
    await open(settings);
    expect(await streamConfig()).toMatchObject(limits);
  });

  test('that somebody changes under a running service is mended, and its limits are let be', async () => {
    const bus = await openBus({ service: 'x', url: nats.url, log, stream: { streamMaxBytes: 3_000_000 } });
    await api('STREAM.UPDATE.SELFSAME', { ...(await streamConfig()), discard: 'old', max_bytes: 4_000_000 });
    await bus.ping();
    expect(await streamConfig()).toMatchObject({ discard: 'new', max_bytes: 4_000_000 });
    await bus.close();
  });
});

test('settings that cannot be are refused together', () => {
  const wrong = { NATS_STREAM_REPLICAS: '6', NATS_STREAM_MAX_AGE_HOURS: 'week', NATS_STREAM_MAX_BYTES: ' ' };
  expect(() => readSettings(busSettings, wrong)).toThrow(
    'NATS_STREAM_REPLICAS must be a whole number from 1 to 5, not "6"\nNATS_STREAM_MAX_AGE_HOURS must be',
  );
});

describe('a consumer', () => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const name = 'checked-capture-completed';
  const whole = {
    durable_name: name,
    filter_subject: 'selfsame.capture.completed',
    ack_policy: 'explicit',
    ack_wait: 10_000_000_000,
    deliver_policy: 'all',
    max_deliver: -1,
    max_ack_pending: 1_000,
  };
  const make = (config: object) =>
    api(`CONSUMER.DURABLE.CREATE.SELFSAME.${name}`, { stream_name: 'SELFSAME', config }, world.nats);
  const config = async (): Promise<ConsumerConfig> =>
    (await api<{ config: ConsumerConfig }>(`CONSUMER.INFO.SELFSAME.${name}`, {}, world.nats)).config;
  const subscribe = async () => {
    const service = await world.service('checked');
    await service.bus.subscribe(captureCompleted, applyEffect).finally(service.close);
  };

  afterEach(() => api(`CONSUMER.DELETE.SELFSAME.${name}`, {}, world.nats).catch(() => {}));

  test('is made as it is needed', async () => {
    await subscribe();
    expect(await config()).toMatchObject(whole);
  });

  test.each<[keyof ConsumerConfig, unknown, unknown, object?]>([
    ['ack_wait', 1_000_000_000, 10_000_000_000],
    ['max_deliver', 5, -1],
    ['backoff', [1_000_000_000, 2_000_000_000], undefined, { max_deliver: 5 }],
    ['max_ack_pending', 1, 1_000],
    ['headers_only', true, undefined],
    ['inactive_threshold', 60_000_000_000, undefined],
    ['max_batch', 1, undefined],
    ['max_expires', 1_000_000_000, undefined],
    ['max_bytes', 100, undefined],
    ['mem_storage', true, undefined],
  ])('whose %s is %j is mended', async (field, value, mended, with_ = {}) => {
    const { close } = await world.service('checked');
    await make({ ...whole, ...with_, [field]: value });
    await close();
    await subscribe();
    expect((await config())[field]).toEqual(mended);
  });

  test.each([
    ['filter_subject', { filter_subject: 'selfsame.other' }, 'filter_subject is selfsame.other, not'],
    ['ack_policy', { ack_policy: 'all' }, 'ack_policy is all, not explicit'],
    ['deliver_policy', { deliver_policy: 'new' }, 'deliver_policy is new, not all'],
    ['replay_policy', { replay_policy: 'original' }, 'replay_policy is original, not instant'],
    ['max_waiting', { max_waiting: 1 }, 'max_waiting is 1, not 64 or more'],
    ['deliver_subject', { deliver_subject: 'somewhere' }, 'deliver_subject is somewhere, not unset'],
  ])('with another %s is refused', async (_, differing, words) => {
    const { close } = await world.service('checked');
    await make({ ...whole, ...differing });
    await close();
    await expect(subscribe()).rejects.toMatchObject({
      code: 'consumer_misconfigured',
      message: expect.stringMatching(
        new RegExp(`${RegExp.escape(words)}.*nats consumer rm SELFSAME ${name}`),
      ),
    });
  });
});
