import { labKey } from './keys.ts';
import type { Scheme } from './scheme.ts';
import { gaussianOf, randomDirection } from './vectors.ts';

/** Medians of five rounds, one thread. */
export interface Speed {
  readonly protectMicroseconds: number;
  readonly compareNanoseconds: number;
}

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

function perRun(run: () => void): number {
  const rounds = Array.from({ length: 5 }, () => {
    const start = performance.now();
    let runs = 0;
    while (performance.now() - start < 40) {
      run();
      runs += 1;
    }
    return (performance.now() - start) / runs;
  });
  return rounds.toSorted((a, b) => a - b)[2] ?? Number.NaN;
}
