import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { testNats } from '@selfsame/testing/nats';
import { describe, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { captured, log } from './harness.ts';

describe.concurrent('a bus refuses to open', () => {
  test('where nothing answers, and says where', async () => {
    await expect(
      openBus({ service: 'x', url: 'nats://u:secret-word@127.0.0.1:1', log }),
    ).rejects.toMatchObject({
      code: 'bus_unreachable',
      message: 'NATS does not answer at 127.0.0.1:1: start it or correct NATS_URL',
    });
  });

  test('where something answers nothing', async () => {
    const nats = await testNats();
    await nats.pause();
    await expect(openBus({ service: 'x', url: nats.url, log })).rejects.toMatchObject({
      code: 'bus_unreachable',
    });
    await nats.stop();
  });

  test.each([
    ['without JetStream', { jetStream: false }, 'bus_misconfigured', 'start it with -js'],
    ['that takes tiny messages only', { settings: 'max_payload: 1KB' }, 'bus_misconfigured', 'max_payload'],
    [
      'with a wrong password',
      { settings: 'authorization { user: a, password: b }' },
      'bus_refused',
      '127.0.0.1',
    ],
  ])('a server %s', async (_, options, code, remedy) => {
    const nats = await testNats(options);
    const opening = openBus({ service: 'x', url: nats.url.replace('//', '//a:c@'), log });
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(remedy) });
    await nats.stop();
  });
});

test.concurrent('the login in the URL is used', async () => {
  const nats = await testNats({ settings: 'authorization { user: a, password: "b c" }' });
  const bus = await openBus({ service: 'x', url: nats.url.replace('//', '//a:b%20c@'), log });
  await bus.ping();
  await bus.close();
  await nats.stop();
});

test.concurrent('publishing without an acknowledgement is a failure that may be tried again, and closing does not wait', async () => {
  const nats = await testNats();
  const bus = await openBus({ service: 'x', url: nats.url, log });
  await nats.pause();
  await expect(bus.publish(captureCompleted, 'id', captured(''))).rejects.toMatchObject({
    code: 'bus_unavailable',
    retryable: true,
  });
  await expect(bus.ping()).rejects.toThrow();
  await bus.close();
  await nats.stop();
});

test.concurrent('publishing makes a stream that was deleted anew', async () => {
  const nats = await testNats();
  const bus = await openBus({ service: 'x', url: nats.url, log });
  const raw = await connect({ servers: nats.url });
  await raw.request('$JS.API.STREAM.DELETE.SELFSAME');
  await bus.publish(captureCompleted, 'id', captured(''));
  const info = (await raw.request('$JS.API.STREAM.INFO.SELFSAME')).json<{ state: { messages: number } }>();
  expect(info.state.messages).toBe(1);
  await raw.close();
  await bus.close();
  await nats.stop();
});
