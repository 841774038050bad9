import { describe, expect, test } from 'vitest';
import { madeFace } from '../../test/made-faces.ts';
import { ADAPTATION, mayAdapt } from '../domain/adaptation.ts';
import { similarityScore } from '../domain/calibration.ts';
import { adapt } from './adaptation.ts';
import { blend, type ProtectedTemplate, protectedCosine, quantise } from './transform.ts';

const length = (vector: ArrayLike<number>) => Math.hypot(...Array.from(vector));
const unit = (vector: ArrayLike<number>) => Float64Array.from(vector, (value) => value / length(vector));
const made = (name: string) => quantise(Float64Array.from(madeFace(name)));

/** The direction `cosine` away from one template, towards another. */
function towards(from: ProtectedTemplate, to: ProtectedTemplate, cosine: number): ProtectedTemplate {
  const [one, other] = [unit(from), unit(to)];
  const along = one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
  const side = unit(other.map((value, index) => value - along * (one[index] ?? 0)));
  const sine = Math.sqrt(1 - cosine ** 2);
  return quantise(one.map((value, index) => cosine * value + sine * (side[index] ?? 0)));
}

const similarity = (one: ProtectedTemplate, other: ProtectedTemplate) =>
  similarityScore(protectedCosine(one, other));

test('a blend lies between both, nearer to the first, and is as long as any template', () => {
  const [one, other] = [made('one'), towards(made('one'), made('other'), 0.7)];
  const between = blend(one, other, 0.1);
  expect(protectedCosine(between, one)).toBeGreaterThan(0.99);
  expect(protectedCosine(between, other)).toBeGreaterThan(0.74);
  expect(protectedCosine(between, between)).toBeCloseTo(1, 2);
});

describe('a template that is adapted', () => {
  test('comes nearer to the looks of its person', () => {
    const person = made('person');
    const anchor = towards(person, made('light of that day'), 0.83);
    let present = anchor;
    for (let day = 0; day < 20; day += 1) {
      const look = towards(person, made(`light of day ${day}`), 0.85);
      present = adapt({ present, anchor, look })?.template ?? present;
    }
    const later = towards(person, made('light of a later day'), 0.85);
    expect(protectedCosine(present, later)).toBeGreaterThan(protectedCosine(anchor, later) + 0.02);
  });

  test('is led away by nobody, whichever looks they choose and however often', () => {
    const [anchor, thief] = [made('owner'), towards(made('owner'), made('thief'), 0.34)];
    expect(similarity(anchor, thief)).toBeCloseTo(30, 0);
    let [present, blended] = [anchor, 0];
    for (let day = 0; day < 300; day += 1) {
      // As near to the thief as passes, then in ever smaller steps.
      const look = towards(present, thief, 0.68 + (0.3 * day) / 300);
      const adapted = adapt({ present, anchor, look });
      if (adapted !== undefined) [present, blended] = [adapted.template, blended + 1];
    }
    expect(blended).toBeGreaterThan(0);
    expect(similarity(present, anchor)).toBeGreaterThanOrEqual(ADAPTATION.anchorSimilarityMin);
    expect(similarity(present, thief)).toBeLessThanOrEqual(70);

    let free = anchor;
    for (let day = 0; day < 50; day += 1) free = blend(free, towards(free, thief, 0.68), ADAPTATION.weight);
    expect(similarity(free, thief)).toBeGreaterThan(95);
  });

  test('takes in no look below its threshold', () => {
    const anchor = made('owner');
    const look = towards(anchor, made('somebody'), 0.64);
    expect(similarity(anchor, look)).toBeGreaterThan(90);
    expect(adapt({ present: anchor, anchor, look })).toBeUndefined();
  });
});

test('a look is blended in when it is lively, the challenge was passed and the last one is a day old', () => {
  const now = new Date('2026-03-02T12:00:00Z');
  const day = { everyMs: 86_400_000, now };
  const good = { livenessScore: 95, challengePassed: undefined, adaptedAt: null };
  expect(mayAdapt(good, day)).toBe(true);
  expect(mayAdapt({ ...good, challengePassed: true }, day)).toBe(true);
  expect(mayAdapt({ ...good, adaptedAt: new Date('2026-03-01T12:00:00Z') }, day)).toBe(true);
  expect(mayAdapt({ ...good, adaptedAt: new Date('2026-03-01T12:00:01Z') }, day)).toBe(false);
  expect(mayAdapt({ ...good, challengePassed: false }, day)).toBe(false);
  expect(mayAdapt({ ...good, livenessScore: 79 }, day)).toBe(false);
  expect(mayAdapt({ ...good, livenessScore: undefined }, day)).toBe(false);
});
