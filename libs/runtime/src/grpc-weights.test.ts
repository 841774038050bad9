import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { afterEach, expect, test } from 'vitest';
import { silentSession } from '../test/silent-session.ts';
import { Failure } from './errors.ts';
import { connectGrpc, serveGrpc } from './grpc.ts';
import { createTurns, readPlaces } from './grpc-weights.ts';
import { createLog } from './log.ts';

const log = createLog('unit', 'fatal');
const closings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** Counts its calls, and refuses them where `refusal` says how. */
async function serve(refusal?: Failure) {
  const place = { address: '', calls: 0, stop: async () => {} };
  const { port, stop } = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services: (each) =>
      each.add(SessionServiceDefinition, {
        ...silentSession,
        async findApplication() {
          place.calls++;
          if (refusal) throw refusal;
          return { slug: 'shop' };
        },
      }),
  });
  closings.push(stop);
  return Object.assign(place, { address: `127.0.0.1:${port}`, stop });
}

function connect(address: string) {
  const { client, close } = connectGrpc(SessionServiceDefinition, address, { deadlineMs: 5_000 });
  closings.push(close);
  return client;
}

test('calls are shared out by weight, and spread evenly', async () => {
  const [fast, slow] = [await serve(), await serve()];
  const client = connect(`${fast.address}*4,${slow.address}*1`);
  for (let call = 0; call < 20; call++) await client.findApplication({});
  expect([fast.calls, slow.calls]).toEqual([16, 4]);
  const turns = createTurns(readPlaces('a:1*4,b:1'));
  expect(Array.from({ length: 10 }, () => turns()[0])).toEqual([0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
});

test('what a full place refuses goes round to the other; with weight 0 one gets nothing else', async () => {
  const full = await serve(new Failure('exhausted', 'queue_full', 'Too many looks at once; try again.'));
  const twin = await serve();
  const client = connect(`${full.address}*1,${twin.address}*0`);
  for (let call = 0; call < 5; call++) await client.findApplication({});
  expect([full.calls, twin.calls]).toEqual([5, 5]);
});

test('while one place is gone the other answers', async () => {
  const [gone, twin] = [await serve(), await serve()];
  await gone.stop();
  await expect(connect(`${gone.address}*9,${twin.address}`).findApplication({})).resolves.toBeDefined();
  expect(twin.calls).toBe(1);
});

test('an answer that is no refusal ends the round, and the first refusal is told when all refuse', async () => {
  const wrong = await serve(new Failure('invalid', 'picture_unreadable', 'Not a picture.'));
  const full = await serve(new Failure('exhausted', 'queue_full', 'Full.', { retryAfterMs: 70 }));
  const away = await serve(new Failure('unavailable', 'stopping', 'Stopping.'));
  await expect(connect(`${wrong.address},${full.address}*0`).findApplication({})).rejects.toMatchObject({
    code: 'picture_unreadable',
  });
  expect(full.calls).toBe(0);
  await expect(connect(`${full.address},${away.address}*0`).findApplication({})).rejects.toMatchObject({
    code: 'queue_full',
    retryAfterMs: 70,
  });
});

test.each(['', 'gpu:9090*', 'gpu:9090*-1', 'gpu:9090,', 'a:1*0,b:1*0'])('%j is no address', (text) => {
  expect(() => readPlaces(text)).toThrow('write host:port, or several with their weights');
});
