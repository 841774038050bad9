import { similarityScore } from '@selfsame/biometrics/domain/calibration';
import { clopperPearson, thresholdAtFar } from '../statistics.ts';
import type { Pair } from './folder.ts';
import { compareSeen, type Seen } from './measure.ts';

/** A pair that could be compared, with its cosines. */
export interface ComparedPair {
  readonly pair: Pair;
  readonly plain: number;
  readonly protected: number;
}

/** Cosines of genuine and impostor pairs. */
export interface Scores {
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
}

/** The pairs of which both pictures showed a face. */
export function comparePairs(pairs: readonly Pair[], seen: ReadonlyMap<string, Seen>): ComparedPair[] {
  return pairs.flatMap((pair) => {
    const [a, b] = [seen.get(pair.a), seen.get(pair.b)];
    const cosines = a && b && compareSeen(a, b);
    return cosines ? [{ pair, ...cosines }] : [];
  });
}

/**
 * Impostor pairs beyond those of the table: every two pictures of different people, a person being the pictures that
 * same=1 ties together. Only right when the table names every genuine pair there is.
 */
export function crossPairs(pairs: readonly Pair[]): Pair[] {
  const parent = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    return root;
  };
  for (const { a, b, same } of pairs) {
    for (const name of [a, b]) if (!parent.has(name)) parent.set(name, name);
    if (same) parent.set(rootOf(a), rootOf(b));
  }
  const listed = new Set(pairs.map(({ a, b }) => [a, b].sort().join('\0')));
  const names = [...parent.keys()].sort();
  return names.flatMap((a, index) =>
    names
      .slice(index + 1)
      .filter((b) => rootOf(a) !== rootOf(b) && !listed.has(`${a}\0${b}`))
      .map((b) => ({ a, b, same: false, group: '' })),
  );
}

/** Cosines of the pairs. */
export function scoresOf(pairs: readonly ComparedPair[], form: 'plain' | 'protected'): Scores {
  const of = (same: boolean) => pairs.filter(({ pair }) => pair.same === same).map((pair) => pair[form]);
  return { genuine: of(true), impostor: of(false) };
}

/** The lowest threshold that lets at most this share of impostor pairs match; undefined when there are too few pairs. */
export function thresholdFor({ impostor }: Scores, fmr: number): number | undefined {
  return impostor.length < 1 / fmr ? undefined : thresholdAtFar(impostor, fmr);
}

/** What a table says of a threshold. */
export function describeThreshold(scores: Scores, threshold: number) {
  const { genuine, impostor } = scores;
  const accepted = (cosines: readonly number[]) => cosines.filter((cosine) => cosine >= threshold).length;
  return {
    cosine: Number(threshold.toFixed(3)),
    score: similarityScore(threshold),
    'TAR (95 % interval)': shareWithInterval(accepted(genuine), genuine.length),
    'FMR (95 % interval)': shareWithInterval(accepted(impostor), impostor.length),
  };
}

/** `98.8 % (93.6 to 100.0; 84 of 85)`, Clopper-Pearson. */
export function shareWithInterval(count: number, total: number): string {
  if (total === 0) return 'no case';
  const { low, high } = clopperPearson(count, total);
  const share = (value: number) => (value * 100).toFixed(value < 0.01 && value > 0 ? 2 : 1);
  return `${share(count / total)} % (${share(low)} to ${share(high)}; ${count} of ${total})`;
}
