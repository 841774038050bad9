import type { FaultKind, Target } from '../chaos/fault-schedule.ts';
import { carryOut } from '../chaos/faults.ts';
import type { Scene } from './drill.ts';

/** One of the faults of the crash tests, once. @returns what had to be done by hand */
export async function oneFault(
  { system, disk, signal }: Scene,
  what: { kind: FaultKind; target: Target },
  forMs: number,
): Promise<string> {
  const fault = { ...what, number: 1, atEvent: 0, forMs };
  const { happened, failed } = await carryOut([fault], {
    system,
    disk,
    seed: 1,
    progress: () => 0,
    signal,
    report: () => undefined,
  });
  if (failed.length > 0) throw new Error(failed.join('; '));
  return happened.some(({ neededRestart }) => neededRestart) ? `${what.target} restarted` : '';
}
