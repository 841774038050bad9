import { expect, test } from 'vitest';
import { figuresText } from './capacity/figures.ts';
import { runLoad } from './whole-system/load-run.ts';

test('the whole system under load: every step is measured, and everything is stopped', async () => {
  const said: string[] = [];
  const report = await runLoad(
    {
      people: 4,
      stepSeconds: 2,
      firstRate: 2,
      factor: 1,
      stepsMax: 1,
      multiples: [],
      multipleSeconds: 0,
      memorySeconds: 3,
    },
    AbortSignal.timeout(100_000),
    (line) => void said.push(line),
  );
  const { operations, watched, visits, told } = report.limit;
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThanOrEqual(visits);
  expect(operations.create.ok).toBeGreaterThanOrEqual(told);
  expect(operations.selfie.failed + operations.create.failed).toBe(0);
  const loops = watched.processes.filter(({ loopP99Ms }) => loopP99Ms !== undefined).map(({ name }) => name);
  expect(loops.toSorted()).toEqual([
    'biometrics',
    'capture',
    'fraud-signals',
    'session',
    'share',
    'webhook-dispatcher',
  ]);
  expect([...report.memory.series.keys()]).toEqual(expect.arrayContaining(['postgres', 'session']));
  const { step, left } = report.memory;
  expect(step.told).toBeGreaterThan(0);
  expect(Math.min(left.writtenBytes, left.eventBytes)).toBeGreaterThan(1_000);
  expect(figuresText(step.visitMs, left)).not.toMatch(/\?|NaN|Infinity/);
});
