import { expect, test } from 'vitest';
import type { JobKind } from '../pipeline/messages.ts';
import { createBatchPolicy } from './batch-policy.ts';
import { createJobQueue, type Task } from './job-queue.ts';

const policy = () => createBatchPolicy({ sizes: [1, 2, 4], costs: { 1: 20 } });
const open = (limit = 10) =>
  createJobQueue<string>({
    limits: { look: limit, track: limit, glance: limit },
    policies: { look: policy(), track: policy(), glance: policy() },
  });

let clock = 0;
function task(kind: JobKind = 'look', deadlineAt?: number): Task<string> & { errors: unknown[] } {
  const errors: unknown[] = [];
  clock += 1;
  return {
    kind,
    job: { image: new Uint8Array() },
    enqueuedAt: clock,
    deadlineAt,
    asCaller: (run) => run(),
    resolve: () => {},
    reject: (error) => errors.push(error),
    errors,
  };
}

const busy = { idle: 0, busy: 2 };

test('looks and tracks go in the order they came, glances when neither waits', () => {
  const queue = open();
  const tasks = (['glance', 'track', 'look', 'track', 'glance'] as const).map((kind) => task(kind));
  for (const one of tasks) queue.push(one);
  const kinds = Array.from({ length: 6 }, () => queue.take(1)?.[0]?.kind);
  expect(kinds).toEqual(['track', 'look', 'track', 'glance', 'glance', undefined]);
});

test('who came too late is told so and not begun', () => {
  const queue = open();
  const [late, patient] = [task('look', Date.now() - 1), task('look', Date.now() + 60_000)];
  queue.push(late);
  queue.push(patient);
  expect(queue.take(1)).toEqual([patient]);
  expect(late.errors).toMatchObject([{ code: 'deadline_passed' }]);
  expect(patient.errors).toEqual([]);
});

test('who would be done too late makes room for others, but is tried when nobody else waits', () => {
  const [alone, doomed, fine] = [5, 5, 60_000].map((ms) => task('look', Date.now() + ms));
  const queue = open();
  if (alone) queue.push(alone);
  expect(queue.take(1)).toEqual([alone]);
  for (const one of [doomed, fine]) if (one) queue.push(one);
  expect(queue.take(1)).toEqual([fine]);
  expect(doomed?.errors).toMatchObject([{ code: 'deadline_passed' }]);
});

test('a full queue refuses, and the hint grows with what waits', () => {
  const hints = [5, 50].map((limit) => {
    const queue = open(limit);
    for (let index = 0; index < limit; index += 1) {
      queue.admit('look', undefined, busy);
      queue.push(task());
    }
    try {
      queue.admit('look', undefined, busy);
    } catch (error) {
      expect(error).toMatchObject({ kind: 'exhausted', code: 'queue_full', retryable: true });
      return (error as { retryAfterMs: number }).retryAfterMs;
    }
    throw new Error('not refused');
  });
  expect(hints[1]).toBeGreaterThan(hints[0] ?? Number.NaN);
});

test('a wait that outlasts the deadline is refused, one that does not is taken', () => {
  const queue = open();
  for (let index = 0; index < 8; index += 1) queue.push(task());
  // Eight waiting and two under way on two threads, 20 ms each: some 110 ms.
  expect(() => queue.admit('look', Date.now() + 60, busy)).toThrow(
    expect.objectContaining({ code: 'wait_too_long' }),
  );
  expect(() => queue.admit('look', Date.now() + 1_000, busy)).not.toThrow();
  expect(() => queue.admit('look', undefined, busy)).not.toThrow();
});

test('a thread that is free takes whatever comes, even if it was slow before', () => {
  const slow = createBatchPolicy({ sizes: [1], costs: { 1: 60_000 } });
  const queue = createJobQueue<string>({
    limits: { look: 1, track: 1, glance: 1 },
    policies: { look: slow, track: slow, glance: slow },
  });
  expect(() => queue.admit('look', Date.now() + 100, { idle: 1, busy: 0 })).not.toThrow();
});

test('idle threads share what waits', () => {
  const gpu = createBatchPolicy({ sizes: [1, 2, 4, 8], costs: { 1: 8, 2: 8, 4: 9, 8: 10 } });
  const queue = createJobQueue<string>({
    limits: { look: 10, track: 1, glance: 1 },
    policies: { look: gpu, track: gpu, glance: gpu },
  });
  for (let index = 0; index < 8; index += 1) queue.push(task());
  expect([queue.take(2)?.length, queue.take(1)?.length]).toEqual([4, 4]);
});
