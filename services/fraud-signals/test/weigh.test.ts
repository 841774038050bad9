import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../src/domain/catalogue.ts';
import { type FactName, type Facts, type FactValue, factKinds } from '../src/domain/facts.ts';
import { weigh } from '../src/domain/weigh.ts';
import { allFixtures, factsOf } from './all-fixtures.ts';
import { headlessProfile, honestProfiles } from './fixtures/profiles.ts';

const fixtures = await allFixtures();

describe('ordinary people are let alone', () => {
  it.each(honestProfiles)('$name', ({ facts }) => {
    const { level, score, reasons, detections } = weigh(factsOf(facts));
    expect({ level, detections: [...detections.keys()] }, `${score}: ${JSON.stringify(reasons)}`).toEqual({
      level: 'LOW',
      detections: [],
    });
  });

  it.each(honestProfiles)('$name: what is seen of it is all that there is to see', ({ facts }) => {
    expect(Object.keys(factKinds).filter((name) => !Object.hasOwn(facts, name))).toEqual([]);
    expect(weigh(factsOf(facts)).counts.unavailable).toBe(0);
  });
});

describe('what nobody sits before is not', () => {
  it(headlessProfile.name, () => {
    const { level, detections } = weigh(factsOf(headlessProfile.facts));
    expect(level).toBe('HIGH');
    expect([...detections.keys()]).toContain('AUTOMATION_FRAMEWORK_DETECTED');
  });

  it('without any facts nothing is known, and nothing is held against anyone', () => {
    const { counts, score, reasons } = weigh(new Map());
    expect(counts).toEqual({ value: 0, absent: 0, unavailable: catalogue.length });
    expect([score, reasons]).toEqual([0, []]);
  });
});

/** Any value of its kind: what fixtures hold, pieces of it, and nonsense. */
const texts = [...fixtures.values()].flatMap(({ present }) =>
  Object.values(present.facts).filter((value) => typeof value === 'string'),
);
const anyText = fc.oneof(
  fc.constantFrom('', ...texts),
  fc.tuple(fc.constantFrom('', ...texts), fc.nat(60)).map(([text, at]) => text.slice(at) + text.slice(0, at)),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('a'.repeat(1_024), '(('.repeat(512), '\u0000', '1.'.repeat(512), '__proto__'),
);
const anyNumber = fc.oneof(
  fc.integer({ min: -5, max: 500 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e308, -1e308, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER),
);
const anyOf: Record<string, fc.Arbitrary<FactValue>> = {
  text: anyText,
  number: anyNumber,
  flag: fc.boolean(),
  texts: fc.array(anyText, { maxLength: 6 }),
};
const anyFacts: fc.Arbitrary<Facts> = fc
  .record(
    Object.fromEntries(
      Object.entries(factKinds).map(([name, kind]) => [
        name,
        fc.option(anyOf[kind] ?? fc.constant(''), { freq: 8 }),
      ]),
    ),
    { requiredKeys: [] },
  )
  .map((found) => new Map(Object.entries(found) as [FactName, FactValue | null][]));

describe('whatever a client tells', () => {
  it('nothing throws, scores are 0 to 100 and the same facts give the same answer', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const weighed = weigh(facts);
        expect(weighed.score).toBeGreaterThanOrEqual(0);
        expect(weighed.score).toBeLessThanOrEqual(100);
        const { value, absent, unavailable } = weighed.counts;
        expect(value + absent + unavailable).toBe(catalogue.length);
        const again = weigh(new Map([...facts].toReversed()));
        expect({ ...again, readings: [...again.readings] }).toEqual({
          ...weighed,
          readings: [...weighed.readings],
        });
      }),
      { numRuns: 60, seed: 20_260_305 },
    );
  });

  it.each(catalogue.map((signal) => ({ id: signal.id, signal })))(
    '$id gives values of its type',
    ({ signal }) => {
      const type = { bool: 'boolean', number: 'number' }[signal.type as string] ?? 'string';
      const own = fc.tuple(
        ...signal.reads.map((name) => fc.option(anyOf[factKinds[name]] ?? fc.constant(''), { freq: 9 })),
      );
      fc.assert(
        fc.property(own, (values) => {
          const reading = signal.read(new Map(signal.reads.map((name, at) => [name, values[at] ?? null])));
          if (reading.state !== 'value') return;
          expect(typeof reading.value).toBe(type);
        }),
        { numRuns: 40, seed: 7 },
      );
    },
  );
});
