import { labKey } from './keys.ts';
import type { Scheme } from './scheme.ts';
import { gaussianOf, randomDirection } from './vectors.ts';

/** Medians of five rounds: time of the processor in this thread, so that a busy machine does not count. */
export interface Speed {
  readonly protectMicroseconds: number;
  readonly compareNanoseconds: number;
}

const ROUND_MS = 100;

/** How long protecting one embedding and comparing two templates take, in JavaScript, with the key at hand. */
export function measureSpeed(scheme: Scheme): Speed {
  const gaussian = gaussianOf('speed');
  const project = scheme.project(labKey('speed'));
  const [one, other] = [randomDirection(gaussian), randomDirection(gaussian)];
  const [first, second] = [scheme.encode(project(one)), scheme.encode(project(other))];
  let sink = 0;
  const protectMs = perRun(() => {
    sink += scheme.encode(project(one)).length;
  });
  const compareMs = perRun(() => {
    for (let round = 0; round < 1_000; round += 1) sink += scheme.compare(first, second);
  });
  if (Number.isNaN(sink)) throw new Error('a score that is no number');
  return { protectMicroseconds: protectMs * 1_000, compareNanoseconds: compareMs * 1_000 };
}

/** Milliseconds of the processor. */
function perRun(run: () => void): number {
  const rounds = Array.from({ length: 5 }, () => {
    const [end, before] = [performance.now() + ROUND_MS, process.threadCpuUsage()];
    let runs = 0;
    while (performance.now() < end || runs < 10) {
      run();
      runs += 1;
    }
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000 / runs;
  });
  return rounds.toSorted((a, b) => a - b)[2] ?? Number.NaN;
}
