import { serviceNames } from '@selfsame/deploy/topology';
import { expect, it } from 'vitest';
import { drain, isDrained } from './drain-run.ts';
import { describeDrain } from './report.ts';

/** The short form of `pnpm drill drain`; docs/drills.md says what it proves. */
it('every service is restarted under load, and no user and no receiver notices', async () => {
  const outcome = await drain({ times: 1, replicas: 1, atOnce: 1, preStopMs: 500, graceMs: 30_000 });
  expect(isDrained(outcome), describeDrain(outcome, 0).join('\n')).toBe(true);
  expect(outcome.replaced.map(({ service }) => service).sort()).toEqual([...serviceNames].sort());
  // The channel was at the capture that went.
  expect(outcome.reconnected).toBeGreaterThan(0);
}, 300_000);
