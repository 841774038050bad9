import { clopperPearson, type Interval, spread } from '../statistics.ts';
import { ridgeWeights } from './equations.ts';
import type { FaceSet } from './faces.ts';
import { labKey } from './keys.ts';
import { DIMENSIONS, type Scheme, type Template } from './scheme.ts';
import { dot, gaussianOf, randomDirection, unit } from './vectors.ts';

/** Thresholds of plain comparison on LFW at false accept rates of 1e-3 and 1e-4 (the default embedder). */
export const PLAIN_THRESHOLDS = { 'FAR 1e-3': 0.34, 'FAR 1e-4': 0.426 } as const;

/** How close reconstructions come to the embeddings that were protected. */
export interface Reconstruction {
  /** Mean cosine. */
  readonly cosine: number;
  /** Share that a plain comparison would accept, at each threshold. */
  readonly accepted: Readonly<Record<keyof typeof PLAIN_THRESHOLDS, number>>;
  readonly trials: number;
  /** Of the share at FAR 1e-4. */
  readonly interval: Interval;
}

/** Of the regression, in units of a template's likeness to itself. */
const RIDGE = 0.01;
/** Steps towards an embedding that would give the very template. */
const REFINEMENTS = 25;

/**
 * With the template and without the key: what can be done is to guess a key, or to say what faces are like on average.
 * The better of the two.
 */
export function withTemplateAlone(scheme: Scheme, faces: FaceSet, keys: number): Reconstruction {
  const guessed = reconstructAll(faces, keys, (round) => {
    const project = scheme.project(labKey('attacked', round));
    const invert = inverter(scheme, labKey('guessed', round));
    return (embedding) => invert(scheme.encode(project(embedding)));
  });
  const average = withKeyAlone(faces);
  return guessed.cosine > average.cosine ? guessed : average;
}

/** With the key and without a template there is only what faces are like on average: the mean of the other people. */
export function withKeyAlone(faces: FaceSet): Reconstruction {
  return reconstructAll(faces, 1, () => (_, person) => {
    const mean = new Float64Array(DIMENSIONS);
    for (const [index, other] of faces.embeddings.entries()) {
      if (faces.people[index] === person) continue;
      for (let value = 0; value < DIMENSIONS; value += 1)
        mean[value] = (mean[value] ?? 0) + (other[value] ?? 0);
    }
    return unit(mean);
  });
}

/** With both: the projection is solved for what the template says of it. */
export function withBoth(scheme: Scheme, faces: FaceSet, keys: number): Reconstruction {
  return reconstructAll(faces, keys, (round) => {
    const key = labKey('attacked', round);
    const [project, invert] = [scheme.project(key), inverter(scheme, key)];
    return (embedding) => invert(scheme.encode(project(embedding)));
  });
}

/**
 * Without the key, but with `known` embeddings of other people and their templates of the same key: kernel ridge
 * regression from templates to embeddings, with the scheme's own comparison as the kernel. Directions are drawn evenly.
 */
export function withKnownPairs(scheme: Scheme, known: number, targets: number): Reconstruction {
  const gaussian = gaussianOf('known pairs');
  const project = scheme.project(labKey('known pairs'));
  const embeddings = Array.from({ length: known + targets }, () => randomDirection(gaussian));
  const templates = embeddings.map((embedding) => scheme.encode(project(embedding)));
  const [pairs, rest] = [templates.slice(0, known), templates.slice(known)];
  const self = compare(scheme, pairs[0], pairs[0]);
  const kernel = (one: Template | undefined, other: Template | undefined) =>
    compare(scheme, one, other) / self;
  const weights = ridgeWeights(
    pairs.map((one) => Float64Array.from(pairs, (other) => kernel(one, other))),
    embeddings.slice(0, known),
    RIDGE,
  );
  return summary(
    rest.map((template, index) => {
      const guess = new Float64Array(DIMENSIONS);
      for (const [pair, weight] of weights.entries()) {
        const likeness = kernel(pairs[pair], template);
        for (let value = 0; value < DIMENSIONS; value += 1) {
          guess[value] = (guess[value] ?? 0) + likeness * (weight[value] ?? 0);
        }
      }
      return dot(unit(guess), embeddings[known + index] ?? []);
    }),
  );
}

function compare(scheme: Scheme, one: Template | undefined, other: Template | undefined): number {
  return one && other ? scheme.compare(one, other) : 0;
}

/**
 * Solves a key's projection for a template: first what the template says of each value, carried back through the
 * projection; then steps that shrink what still differs, keeping the guess whose own template is the most alike.
 */
function inverter(scheme: Scheme, key: Uint8Array): (template: Template) => Float64Array {
  const project = scheme.project(key);
  const columns = Array.from({ length: DIMENSIONS }, (_, index) => {
    const axis = new Float64Array(DIMENSIONS);
    axis[index] = 1;
    return project(axis);
  });
  const back = (values: Float64Array) => Float64Array.from(columns, (column) => dot(column, values));
  return (template) => {
    const said = scheme.decode(template);
    let guess = unit(back(said));
    let best = { guess, likeness: -Infinity };
    for (let step = 0; step <= REFINEMENTS; step += 1) {
      const own = scheme.encode(project(guess));
      const likeness = scheme.compare(own, template);
      if (likeness > best.likeness) best = { guess, likeness };
      const told = scheme.decode(own);
      const differing = said.map((value, index) => value - (told[index] ?? 0));
      const change = back(differing);
      const length = Math.sqrt(dot(change, change));
      if (length === 0) break;
      const pace = 0.3 / (1 + step / 4) / length;
      const towards = Math.min(1, length) * pace;
      const current = guess;
      guess = unit(current.map((value, index) => value + towards * (change[index] ?? 0)));
    }
    return best.guess;
  };
}

/** @param attack of each key: the guess at an embedding, and at whose it is */
function reconstructAll(
  faces: FaceSet,
  keys: number,
  attack: (round: number) => (embedding: Float32Array, person: string) => Float64Array,
): Reconstruction {
  const cosines: number[] = [];
  for (let round = 0; round < keys; round += 1) {
    const guess = attack(round);
    for (const [index, embedding] of faces.embeddings.entries()) {
      cosines.push(dot(guess(embedding, faces.people[index] ?? ''), embedding));
    }
  }
  return summary(cosines);
}

function summary(cosines: readonly number[]): Reconstruction {
  const share = (threshold: number) =>
    cosines.filter((cosine) => cosine >= threshold).length / cosines.length;
  const accepted = {
    'FAR 1e-3': share(PLAIN_THRESHOLDS['FAR 1e-3']),
    'FAR 1e-4': share(PLAIN_THRESHOLDS['FAR 1e-4']),
  };
  return {
    cosine: spread(cosines).mean,
    accepted,
    trials: cosines.length,
    interval: clopperPearson(Math.round(accepted['FAR 1e-4'] * cosines.length), cosines.length),
  };
}
