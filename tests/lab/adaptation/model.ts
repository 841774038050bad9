import { similarityScore } from '@selfsame/biometrics/domain/calibration';
import { type ProtectedTemplate, protectedCosine, quantise } from '@selfsame/biometrics/protection/transform';
import { across, gaussianOf, mix, randomDirection } from '../templates/vectors.ts';
import { type Followed, follow, mean, type Rule, take } from './rule.ts';

/**
 * Faces as directions. A look is its person's direction, disturbed: its cosine with the person is normal, 0.826 ± 0.085 and
 * at most 0.97, so that two looks at one person lie as the genuine pairs of LFW do, at 0.683 ± 0.119. It is a model: real
 * disturbances are alike from day to day, which makes adaptation gain less and costs nothing.
 */
const OWN_COSINE = 0.826;
const OWN_DEVIATION = 0.085;
const OWN_MAX = 0.97;

type Gaussian = () => number;

function lookAt(person: Float64Array, gaussian: Gaussian): ProtectedTemplate {
  const cosine = Math.min(OWN_MAX, OWN_COSINE + OWN_DEVIATION * gaussian());
  return quantise(mix(person, across(randomDirection(gaussian), person), cosine));
}

const score = (one: ProtectedTemplate, other: ProtectedTemplate) =>
  similarityScore(protectedCosine(one, other));

/** Mean scores of the owner's looks, with what was enrolled and with what became of it. */
export interface Ageing {
  readonly youngBefore: number;
  readonly youngAfter: number;
  readonly oldBefore: number;
  readonly oldAfter: number;
  /** Share of the owner's old looks that read 70 and more. */
  readonly oldPassedBefore: number;
  readonly oldPassedAfter: number;
  /** Share of the sign-ins that were blended in. */
  readonly adaptations: number;
}

/** A person after many sign-ins is this far from who was enrolled: genuine pairs fall from 0.68 to 0.55 in the mean. */
const AGED_COSINE = 0.8;
const SIGN_INS = 150;
const PROBES = 20;
const PASS = 70;

/** People who sign in a hundred and fifty times while their faces change; the first third of it while they do not. */
export function ageing(rule: Rule, people: number): Ageing {
  const gaussian = gaussianOf('ageing');
  const [young, old]: { before: number; after: number }[][] = [[], []];
  let adaptations = 0;
  const probe = (
    list: { before: number; after: number }[] | undefined,
    followed: Followed,
    person: Float64Array,
  ) => {
    for (let index = 0; index < PROBES; index += 1) {
      const look = lookAt(person, gaussian);
      list?.push({ before: score(followed.anchor, look), after: score(followed.template, look) });
    }
  };
  for (let person = 0; person < people; person += 1) {
    const then = randomDirection(gaussian);
    const side = across(randomDirection(gaussian), then);
    const followed = follow(lookAt(then, gaussian));
    const aged = (share: number) => mix(then, side, Math.cos(Math.acos(AGED_COSINE) * share));
    for (let visit = 0; visit < SIGN_INS; visit += 1) {
      const share = Math.max(0, (visit - SIGN_INS / 3) / ((SIGN_INS * 2) / 3));
      if (visit === SIGN_INS / 3) probe(young, followed, then);
      take(followed, lookAt(aged(share), gaussian), rule);
    }
    probe(old, followed, aged(1));
    adaptations += followed.adaptations;
  }
  const [early, late] = [young ?? [], old ?? []];
  const passed = (key: 'before' | 'after') => late.filter((each) => each[key] >= PASS).length / late.length;
  return {
    youngBefore: mean(early.map(({ before }) => before)),
    youngAfter: mean(early.map(({ after }) => after)),
    oldBefore: mean(late.map(({ before }) => before)),
    oldAfter: mean(late.map(({ after }) => after)),
    oldPassedBefore: passed('before'),
    oldPassedAfter: passed('after'),
    adaptations: adaptations / (people * SIGN_INS),
  };
}

/** What becomes of a stranger's chances. Scores 0..100. */
export interface Intruder {
  /** Share of the stranger's looks that read 70 and more, before and after. */
  readonly acceptedBefore: number;
  readonly acceptedAfter: number;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  /** How many of the accepted attempts were blended in, in the mean. */
  readonly adaptations: number;
}

const ATTEMPTS_MAX = 20_000;
const INTRUDER_PROBES = 400;

/**
 * A lookalike who signs in again and again, until 50 attempts were accepted, with the owner away all the time. Of each accepted
 * one the template is adapted as if a day had passed.
 * @param likeness cosine of the stranger's and the enrolled look's directions
 */
export function lookalike(rule: Rule, likeness: number, owners: number, accepts = 50): Intruder {
  const gaussian = gaussianOf('lookalike', likeness);
  const [before, after]: [number[], number[]] = [[], []];
  let adaptations = 0;
  for (let owner = 0; owner < owners; owner += 1) {
    const enrolled = randomDirection(gaussian);
    const stranger = mix(enrolled, across(randomDirection(gaussian), enrolled), likeness);
    const followed = follow(quantise(enrolled));
    let accepted = 0;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && accepted < accepts; attempt += 1) {
      const look = lookAt(stranger, gaussian);
      if (score(followed.template, look) < PASS) continue;
      accepted += 1;
      take(followed, look, rule);
    }
    adaptations += followed.adaptations;
    for (let index = 0; index < INTRUDER_PROBES; index += 1) {
      const look = lookAt(stranger, gaussian);
      before.push(score(followed.anchor, look));
      after.push(score(followed.template, look));
    }
  }
  const accepted = (scores: readonly number[]) =>
    scores.filter((each) => each >= PASS).length / scores.length;
  return {
    acceptedBefore: accepted(before),
    acceptedAfter: accepted(after),
    scoreBefore: mean(before),
    scoreAfter: mean(after),
    adaptations: adaptations / owners,
  };
}

/**
 * Somebody who can show whatever they like (a morph, an injected picture) and knows the template: every look is as near to the
 * own face as the rule lets through, in steps that become smaller. @returns the score of the own face after so many looks
 */
export function chosenLooks(rule: Rule, likeness: number, looks: number): number {
  const gaussian = gaussianOf('chosen', likeness);
  const enrolled = randomDirection(gaussian);
  const own = quantise(mix(enrolled, across(randomDirection(gaussian), enrolled), likeness));
  const followed = follow(quantise(enrolled));
  const lowest = cosineOf(rule.similarityMin) + 0.005;
  for (let look = 0; look < looks; look += 1) {
    const cosine = lowest + ((0.99 - lowest) * look) / looks;
    take(followed, stepTowards(followed.template, own, cosine), rule);
  }
  return score(followed.template, own);
}

function stepTowards(from: ProtectedTemplate, to: ProtectedTemplate, cosine: number): ProtectedTemplate {
  const unit = (values: ProtectedTemplate) => {
    const length = Math.hypot(...values);
    return Float64Array.from(values, (value) => value / length);
  };
  const start = unit(from);
  const end = unit(to);
  const between = start.reduce((sum, value, index) => sum + value * (end[index] ?? 0), 0);
  // Whoever is nearer than that already shows the own face.
  return between >= cosine ? to : quantise(mix(start, across(end, start), cosine));
}

/** The lowest cosine that reads a score. */
export function cosineOf(wanted: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (similarityScore(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}
