import { readFileSync } from 'node:fs';
import { queryObjects } from 'node:v8';
import { withDeadline } from '@selfsame/runtime/deadline';
import type { Failure } from '@selfsame/runtime/errors';
import { createLog } from '@selfsame/runtime/log';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { facePath } from '@selfsame/testing/assets';
import { seriesOf, sumOf } from '@selfsame/testing/series';
import { afterEach, expect, test } from 'vitest';
import { assetPlaces, loadModelBytes } from '../assets.ts';
import type { Batch } from '../pipeline/messages.ts';
import { spawnWorker } from './inference-thread.ts';
import { openWorkerPool, type WorkerPool } from './worker-pool.ts';

const models = await loadModelBytes(assetPlaces(process.env));
const picture = () => new Uint8Array(readFileSync(facePath('img/p04_1.jpg')));
const patient = new AbortController().signal;

let pool: WorkerPool;
afterEach(() => pool.close());

/** A pool of one real thread, and the kinds of the jobs that reached it. */
async function openPool(queueLimit = 10, batchSize?: number): Promise<string[]> {
  const jobs: string[] = [];
  pool = await openWorkerPool({
    models,
    workers: 1,
    queueLimit,
    batchSize,
    log: createLog('test', 'silent'),
    onBroken: (error) => {
      throw error;
    },
    spawn(start) {
      const worker = spawnWorker(start);
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (batch: Batch, transfer?: Parameters<typeof post>[1]) => {
        for (const _ of batch.jobs) jobs.push(batch.kind);
        post(batch, transfer);
      };
      return worker;
    },
  });
  return jobs;
}

test('a look that nobody waits for any more is dropped from the queue', async () => {
  const jobs = await openPool();
  const caller = new AbortController();
  const kept = [pool.look(picture(), patient), pool.look(picture(), patient)];
  const dropped = [pool.look(picture(), caller.signal), pool.glance(picture(), caller.signal)];
  kept.push(pool.look(picture(), patient));
  caller.abort();
  for (const look of dropped) await expect(look).rejects.toMatchObject({ code: 'deadline_passed' });
  expect(await Promise.all(kept)).toHaveLength(3);
  await expect(pool.look(picture(), caller.signal)).rejects.toMatchObject({ code: 'deadline_passed' });
  expect(jobs).toEqual(['look', 'look', 'look']);
});

test('looks go before glances, however long those have waited', async () => {
  const jobs = await openPool();
  await Promise.all([
    pool.look(picture(), patient),
    pool.glance(picture(), patient),
    pool.look(picture(), patient),
    pool.look(picture(), patient),
  ]);
  expect(jobs).toEqual(['look', 'look', 'look', 'glance']);
});

test('each queue has its own bound', async () => {
  await openPool(1);
  const accepted = [
    pool.look(picture(), patient),
    pool.look(picture(), patient),
    pool.glance(picture(), patient),
    pool.glance(picture(), patient),
  ];
  await expect(pool.look(picture(), patient)).rejects.toMatchObject({ code: 'queue_full' });
  await expect(pool.glance(picture(), patient)).rejects.toMatchObject({ code: 'queue_full' });
  expect(await Promise.all(accepted)).toHaveLength(4);
});

test('nothing is left of what a thread has done', async () => {
  await openPool();
  const work = async (times: number) => {
    for (let time = 0; time < times; time += 1) await pool.glance(picture(), patient);
    return queryObjects(Promise, { format: 'count' });
  };
  const before = await work(10);
  expect((await work(200)) - before).toBeLessThan(100);
});

/** A caller who waits for so long and never says that they left. */
const waitsFor = (ms: number) => withDeadline(new AbortController().signal, new Date(Date.now() + ms));

test('whoever cannot be answered in time is refused at once and told when to come back', async () => {
  await openPool(20);
  const accepted = Array.from({ length: 15 }, () => pool.look(picture(), patient));
  const refusal = await pool.look(picture(), waitsFor(30)).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ kind: 'exhausted', code: 'wait_too_long', retryable: true });
  expect((refusal as Failure).retryAfterMs).toBeGreaterThanOrEqual(50);
  accepted.push(pool.look(picture(), waitsFor(60_000)));
  expect(await Promise.all(accepted)).toHaveLength(16);
});

test('nothing is answered after its deadline, and a thread that is free always tries', async () => {
  const jobs = await openPool();
  await expect(pool.look(picture(), waitsFor(8))).rejects.toMatchObject({ code: 'deadline_passed' });
  await expect(pool.look(picture(), waitsFor(-1))).rejects.toMatchObject({ code: 'deadline_passed' });
  expect(jobs).toEqual(['look']);
});

test('a static batch size is kept to, and every job of a batch gets its own answer', async () => {
  const jobs = await openPool(10, 4);
  const files = ['img/p04_1.jpg', 'edge/no_face.jpg', 'edge/group.jpg', 'img/p04_1.jpg', 'img/p04_1.jpg'];
  const looks = files.map((file) => pool.look(new Uint8Array(readFileSync(facePath(file))), patient));
  looks.push(pool.look(Uint8Array.of(1, 2, 3), patient));
  const answers = await Promise.all(looks);
  expect(answers.map(({ batch }) => batch)).toEqual([1, 4, 4, 4, 4, 1]);
  const faces = answers.map(({ result }) => ('refused' in result ? -1 : result.faces.length));
  expect(faces).toEqual([1, 0, expect.any(Number), 1, 1, -1]);
  expect(faces[2]).toBeGreaterThan(2);
  expect(jobs).toHaveLength(6);
});

test('memory that the picture owns moves to the thread, a part of something larger is copied', async () => {
  await openPool();
  const whole = picture();
  const larger = new Uint8Array(whole.length + 10);
  larger.set(whole, 5);
  await pool.look(larger.subarray(5, 5 + whole.length), patient);
  expect(larger.byteLength).toBe(whole.length + 10);
  await pool.look(whole, patient);
  expect(whole.byteLength).toBe(0);
});

test('closing refuses what waits and finishes what runs', async () => {
  await openPool();
  const [running, waiting] = [pool.look(picture(), patient), pool.look(picture(), patient)];
  const refused = expect(waiting).rejects.toMatchObject({ code: 'stopping', retryable: true });
  await pool.close();
  await refused;
  expect(await running).toHaveProperty('result.subject');
  await expect(pool.look(picture(), patient)).rejects.toMatchObject({ code: 'stopping' });
});

test('a pool whose threads cannot start says so instead of waiting', async () => {
  const broken = { ...models, mesh: new Uint8Array(100) };
  await expect(
    openWorkerPool({
      models: broken,
      workers: 2,
      queueLimit: 1,
      log: createLog('test', 'silent'),
      onBroken: () => {},
    }),
  ).rejects.toThrow('lost before it was ready');
});

test('what waits, runs, is refused and is learned can be watched', async () => {
  const before = (await exposeMetrics()).text;
  await openPool(2, 4);
  const [running, ...waiting] = [1, 2, 3].map(() => pool.look(picture(), patient));
  await expect(pool.look(picture(), patient)).rejects.toMatchObject({ code: 'queue_full' });
  const busy = (await exposeMetrics()).text;
  expect(sumOf(busy, 'selfsame_inference_queue_depth', { kind: 'look' })).toBe(2);
  expect(sumOf(busy, 'selfsame_inference_queue_depth', { kind: 'glance' })).toBe(0);
  expect(sumOf(busy, 'selfsame_inference_threads', { state: 'busy' })).toBe(1);
  await Promise.all([running, ...waiting]);

  const { text } = await exposeMetrics();
  const risen = (name: string, labels: Record<string, string>) =>
    sumOf(text, name, labels) - sumOf(before, name, labels);
  expect(risen('selfsame_inference_refused_total', { kind: 'look', reason: 'queue_full' })).toBe(1);
  expect(risen('selfsame_inference_queue_seconds_count', { kind: 'look' })).toBe(3);
  expect(risen('selfsame_inference_batch_size_count', { kind: 'look' })).toBe(2);
  expect(risen('selfsame_inference_batch_size_sum', { kind: 'look' })).toBe(3);
  expect(risen('selfsame_inference_seconds_count', { kind: 'look', size: '2' })).toBe(1);
  expect(risen('selfsame_inference_seconds_sum', { kind: 'look' })).toBeGreaterThan(0);
  expect(sumOf(text, 'selfsame_inference_threads', { state: 'idle' })).toBe(1);
  expect(sumOf(text, 'selfsame_inference_cost_seconds', { kind: 'look', size: '1' })).toBeGreaterThan(0);
  expect(sumOf(text, 'selfsame_inference_provider_info', { provider: 'cpu' })).toBe(1);

  await pool.close();
  const closed = seriesOf((await exposeMetrics()).text).map(({ name }) => name);
  expect(closed).not.toContain('selfsame_inference_threads');
});
