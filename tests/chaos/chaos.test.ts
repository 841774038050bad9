import { expect, it } from 'vitest';
import { runChaos } from './chaos-run.ts';
import { describe as describeResult, isProven } from './report.ts';

/** The short form of `pnpm chaos`; docs/chaos.md says what it proves. Three quarters of a minute on two idle cores. */
const options = { seed: 1, events: 600, kills: 12 };

it('nothing is lost, whatever is killed, frozen or robbed of its disk', async () => {
  const result = await runChaos(options);
  const words = describeResult(result, options).join('\n');
  expect(isProven(result), words).toBe(true);
  expect(result.verdict.events, words).toBeGreaterThanOrEqual(options.events);
  expect(
    result.happened.filter((one) => one.isKill),
    words,
  ).toHaveLength(options.kills);
  expect(result.happened.filter((one) => one.fault.kind === 'lose_store').length, words).toBeGreaterThan(0);
  expect(result.happened.filter((one) => one.fault.kind === 'fill_disk').length, words).toBeGreaterThan(0);
}, 400_000);
