import { describe, expect, it } from 'vitest';
import { catalogue, signalById } from '../src/domain/catalogue.ts';
import { factKinds, readFact } from '../src/domain/facts.ts';
import type { Signal } from '../src/domain/signal.ts';
import { allFixtures, factsOf } from './all-fixtures.ts';

const fixtures = await allFixtures();
const proved = catalogue.flatMap((signal) => {
  const own = fixtures.get(signal.id);
  return own === undefined ? [] : [{ id: signal.id, signal, own }];
});

describe('every signal is proved', () => {
  it('each id has its three fixtures', () => {
    const lacking = catalogue.map(({ id }) => id).filter((id) => !fixtures.has(id));
    expect(lacking, 'signals without fixtures').toEqual([]);
  });

  it('no fixture proves what is not in the catalogue', () => {
    expect([...fixtures.keys()].filter((id) => !signalById.has(id))).toEqual([]);
  });

  it.each(proved)('$id: fixtures hold what it reads, in its kinds', ({ signal, own }) => {
    const reads = signal.reads.toSorted();
    expect(Object.keys(own.present.facts).toSorted()).toEqual(reads);
    expect(Object.keys(own.absent.facts).toSorted()).toEqual(reads);
    expect(reads).toEqual(expect.arrayContaining(Object.keys(own.unavailable.facts)));
    for (const { facts } of [own.present, own.absent, own.unavailable]) {
      for (const [name, value] of factsOf(facts)) expect(readFact(name, value), name).toBe(value);
    }
  });

  it.each(proved)('$id: has a value when there is one', ({ signal, own }) => {
    const facts = factsOf(own.present.facts);
    expect(signal.read(facts)).toEqual({ state: 'value', value: own.present.value });
    expect(typeof own.present.value).toBe(valueTypes[signal.type]);
    if (signal.weight !== 0) expect(signal.isRaised(own.present.value, facts), 'raised').toBe(true);
  });

  it.each(proved)('$id: is absent when nothing has one', ({ signal, own }) => {
    expect(signal.read(factsOf(own.absent.facts))).toEqual({ state: 'absent' });
  });

  it.each(proved)('$id: is unavailable when any of its facts could not be looked for', ({ signal, own }) => {
    expect(signal.read(factsOf(own.unavailable.facts))).toEqual({ state: 'unavailable' });
    for (const { facts } of [own.present, own.absent]) {
      for (const lost of signal.reads) {
        const left = new Map(factsOf(facts));
        left.delete(lost);
        expect(signal.read(left), lost).toEqual({ state: 'unavailable' });
      }
    }
  });
});

const valueTypes = { bool: 'boolean', number: 'number', string: 'string', enum: 'string', hash: 'string' };

describe('the catalogue says what it means', () => {
  it('ids are unique and in snake case', () => {
    const ids = catalogue.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    expect(ids.filter((id) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it('every entry has a category and says in a sentence what it is and what it may mean', () => {
    const wrong = catalogue.filter(
      ({ category, description, risk, version }) =>
        !/^[a-z]+(_[a-z]+)*$/.test(category) || !isSentence(description) || !isSentence(risk) || version < 1,
    );
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  it('no signal weighs more than proof does', () => {
    expect(catalogue.filter(({ weight }) => weight < -50 || weight > 70).map(({ id }) => id)).toEqual([]);
  });

  it('what is found to be something weighs', () => {
    const weightless = catalogue.filter(({ detects, weight }) => detects !== undefined && weight <= 0);
    expect(weightless.map(({ id }) => id)).toEqual([]);
  });

  it('reads only what is declared, and nothing is declared that no signal reads', () => {
    const reads = new Set(catalogue.flatMap((signal) => signal.reads));
    expect([...reads].filter((name) => !Object.hasOwn(factKinds, name))).toEqual([]);
    expect(Object.keys(factKinds).filter((name) => !reads.has(name as keyof typeof factKinds))).toEqual([]);
  });

  it('no signal reads a fact twice', () => {
    expect(catalogue.filter(({ reads }) => new Set(reads).size < reads.length).map(({ id }) => id)).toEqual(
      [],
    );
  });

  it('no two ids say the same of the same facts', () => {
    const byReads = Map.groupBy(proved, ({ signal }) => signal.reads.toSorted().join(' '));
    const same = [...byReads.values()].flatMap((group) => {
      const seen = group.flatMap(({ own }) => [own.present.facts, own.absent.facts].map(factsOf));
      const said = ({ signal }: { signal: Signal }) =>
        JSON.stringify(seen.map((facts) => signal.read(facts)));
      return [...Map.groupBy(group, said).values()].filter((alike) => alike.length > 1);
    });
    expect(same.map((alike) => alike.map(({ id }) => id))).toEqual([]);
  });
});

function isSentence(text: string): boolean {
  return text.length >= 10 && text.length <= 240 && text === text.trim() && !text.endsWith('.');
}
