import { LFW_MODEL } from './accuracy.ts';
import type { FaceSet } from './faces.ts';
import { labKey } from './keys.ts';
import type { Scheme } from './scheme.ts';
import { unlinkability } from './unlinkability.ts';
import { across, gaussianOf, mix, randomDirection } from './vectors.ts';

/** D↔sys of templates under different keys. */
export interface Linkage {
  readonly system: number;
  /** What the same number of scores gives where there is nothing to find: two sets of non-mated ones. */
  readonly floor: number;
  readonly mated: number;
}

/** People in each pool, every one with two embeddings. */
const POOL = 500;
const NON_MATED_PER_PERSON = 4;

/**
 * Cross-key scores of pairs from the LFW model: of each pool, one embedding of each person under one key and the other
 * under another, fresh keys for every pool.
 */
export function modelLinkage(scheme: Scheme, pools: number): Linkage {
  const gaussian = gaussianOf('linkage');
  const { mean, deviation } = LFW_MODEL.genuine;
  const people = Array.from({ length: POOL }, () => {
    const first = randomDirection(gaussian);
    const cosine = Math.max(-1, Math.min(1, mean + deviation * gaussian()));
    return [first, mix(first, across(randomDirection(gaussian), first), cosine)] as const;
  });
  const scores = { mated: [] as number[], nonMated: [] as number[] };
  for (let pool = 0; pool < pools; pool += 1) {
    const [one, other] = [0, 1].map((side) => {
      const project = scheme.project(labKey('linkage', pool, side));
      return people.map((embeddings) => scheme.encode(project(embeddings[side as 0 | 1])));
    });
    for (const [index, template] of (one ?? []).entries()) {
      for (let step = 0; step <= NON_MATED_PER_PERSON; step += 1) {
        const opposite = other?.[(index + step) % POOL];
        if (opposite) scores[step === 0 ? 'mated' : 'nonMated'].push(scheme.compare(template, opposite));
      }
    }
  }
  return linkageOf(scores);
}

/** The same with the sample faces: every pair of photos, over `rounds` pairs of keys. */
export function realLinkage(scheme: Scheme, faces: FaceSet, rounds: number): Linkage {
  const scores = { mated: [] as number[], nonMated: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const [one, other] = [0, 1].map((side) => {
      const project = scheme.project(labKey('real linkage', round, side));
      return faces.embeddings.map((embedding) => scheme.encode(project(embedding)));
    });
    const score = ([a, b]: readonly [number, number]) => {
      const [first, second] = [one?.[a], other?.[b]];
      return first && second ? [scheme.compare(first, second)] : [];
    };
    scores.mated.push(...faces.genuine.flatMap(score));
    scores.nonMated.push(...faces.impostor.flatMap(score));
  }
  return linkageOf(scores);
}

function linkageOf({ mated, nonMated }: { mated: number[]; nonMated: number[] }): Linkage {
  // Every second half of the non-mated scores plays the mated ones.
  const idle = nonMated.filter((_, index) => index % 2 === 0).slice(0, mated.length);
  const rest = nonMated.filter((_, index) => index % 2 === 1);
  return {
    system: unlinkability(mated, nonMated).system,
    floor: unlinkability(idle, rest, { bins: Math.max(1, Math.min(100, Math.floor(mated.length / 10))) })
      .system,
    mated: mated.length,
  };
}
