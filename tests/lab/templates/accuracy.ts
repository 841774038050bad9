import { type AcceptedAtFar, tarAtFar, thresholdAtFar } from '../statistics.ts';
import type { FaceSet } from './faces.ts';
import { labKey } from './keys.ts';
import type { Scheme, Template } from './scheme.ts';
import { across, dot, gaussianOf, mix, randomDirection } from './vectors.ts';

/** Scores of the same comparisons, plain and protected. */
export interface Scores {
  readonly plain: { readonly genuine: Float64Array; readonly impostor: Float64Array };
  readonly guarded: { readonly genuine: Float64Array; readonly impostor: Float64Array };
}

/** What protection costs at one false accept rate, in points of TAR (a hundred are all). */
export interface Cost {
  readonly plain: AcceptedAtFar;
  readonly guarded: AcceptedAtFar;
  /** TAR plain minus TAR protected; below zero protection does better by chance. */
  readonly points: number;
  /** 95 % interval of the points, from the comparisons on which the two disagree. */
  readonly low: number;
  readonly high: number;
}

/**
 * Cosines of LFW pairs with the default embedder (29.6 million impostor pairs, 3000 genuine ones) as normal distributions.
 * A model: the tails of the real ones are heavier, so its rates are better than real ones and only their difference counts.
 */
export const LFW_MODEL = {
  genuine: { mean: 0.683, deviation: 0.119 },
  impostor: { mean: 0.004, deviation: 0.094 },
} as const;

/** Directions that pairs are made from, under one key each. */
const BASES = 200;
const KEYS = 10;

/**
 * Pairs of directions whose cosines are drawn from the model. Projection is linear, so both sides of a base pair are
 * projected once, and every pair is a mixture of the two: exactly what projecting it would give.
 */
export function modelScores(scheme: Scheme, counts: { genuine: number; impostor: number }): Scores {
  const draw = (kind: 'genuine' | 'impostor') => {
    const count = counts[kind];
    const [plain, guarded] = [new Float64Array(count), new Float64Array(count)];
    const gaussian = gaussianOf('model', kind);
    const { mean, deviation } = LFW_MODEL[kind];
    const bases = KEYS * BASES;
    for (let base = 0, project = scheme.project(labKey('model', kind, 0)); base < bases; base += 1) {
      if (base % BASES === 0) project = scheme.project(labKey('model', kind, base / BASES));
      const direction = randomDirection(gaussian);
      const side = across(randomDirection(gaussian), direction);
      const [first, second] = [project(direction), project(side)];
      const template = scheme.encode(first);
      for (let index = base; index < count; index += bases) {
        const cosine = Math.max(-1, Math.min(1, mean + deviation * gaussian()));
        plain[index] = cosine;
        guarded[index] = scheme.compare(template, scheme.encode(mix(first, second, cosine)));
      }
    }
    return { plain, guarded };
  };
  const [genuine, impostor] = [draw('genuine'), draw('impostor')];
  return {
    plain: { genuine: genuine.plain, impostor: impostor.plain },
    guarded: { genuine: genuine.guarded, impostor: impostor.guarded },
  };
}

/** Every pair of photos of the sample faces, under one key. */
export function realScores(scheme: Scheme, faces: FaceSet): Scores {
  const project = scheme.project(labKey('real'));
  const templates = faces.embeddings.map((embedding) => scheme.encode(project(embedding)));
  const scored = (pairs: FaceSet['genuine']) => ({
    plain: Float64Array.from(pairs, ([a, b]) => dot(at(faces.embeddings, a), at(faces.embeddings, b))),
    guarded: Float64Array.from(pairs, ([a, b]) => scheme.compare(at(templates, a), at(templates, b))),
  });
  const [genuine, impostor] = [scored(faces.genuine), scored(faces.impostor)];
  return {
    plain: { genuine: genuine.plain, impostor: impostor.plain },
    guarded: { genuine: genuine.guarded, impostor: impostor.guarded },
  };
}

/** The cost at a false accept rate; each side has the threshold that its own impostors ask for. */
export function costAtFar({ plain, guarded }: Scores, far: number): Cost {
  const thresholds = [thresholdAtFar(plain.impostor, far), thresholdAtFar(guarded.impostor, far)] as const;
  let [lost, won] = [0, 0];
  for (const [index, score] of plain.genuine.entries()) {
    const [before, after] = [score >= thresholds[0], (guarded.genuine[index] ?? 0) >= thresholds[1]];
    if (before && !after) lost += 1;
    if (after && !before) won += 1;
  }
  const trials = plain.genuine.length;
  const share = (lost - won) / trials;
  // Variance of a difference of paired proportions (McNemar's comparisons).
  const error = 1.96 * Math.sqrt(Math.max(0, (lost + won) / trials - share ** 2) / trials);
  return {
    plain: tarAtFar(plain.genuine, plain.impostor, far),
    guarded: tarAtFar(guarded.genuine, guarded.impostor, far),
    points: 100 * share,
    low: 100 * (share - error),
    high: 100 * (share + error),
  };
}

function at<Value extends Template | Float32Array>(list: readonly Value[], index: number): Value {
  const value = list[index];
  if (value === undefined) throw new RangeError(`nothing at ${index}`);
  return value;
}
