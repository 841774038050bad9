import { expect, test } from 'vitest';
import { runFuzz } from './fuzz-run.ts';
import { isSound } from './report.ts';

test('whatever is uploaded gets a verdict or a clear refusal, and nothing ends or grows', async () => {
  const result = await runFuzz({ cases: 200, seed: 7, report: () => undefined });
  const { answered, died } = result;
  expect(answered.filter(({ wrong }) => wrong !== '')).toEqual([]);
  expect(died).toEqual([]);
  expect(isSound(result)).toBe(true);
  // The mutants are worth something: some are looked at, some are refused, and the service still looks at the last one.
  const statuses = new Set(answered.map(({ status }) => status));
  expect(statuses).toContain(200);
  expect(statuses).toContain(400);
  expect(answered.at(-1)).toMatchObject({ kind: 'still at work', status: 200 });
});
