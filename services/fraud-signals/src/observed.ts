import type { Fact } from '@selfsame/contracts/fraud_signals/v1/observation';
import { type FactName, type FactValue, factKinds, isFactName, readFact } from './domain/facts.ts';

/** Facts by name; null: looked for and not there. */
export type SeenFacts = ReadonlyMap<FactName, FactValue | null>;

const limits = { facts: 400, textLength: 512, items: 64, itemLength: 128 };

/**
 * Reads facts as another service tells them. Dropped is what has no place in the table of facts or is of another kind, and what
 * is of other areas than the teller's: nobody tells us what our own databases say. Texts and lists are cut at their bounds.
 *
 * @param areas beginnings of names, such as page.
 */
export function readObserved(facts: readonly Fact[], areas: readonly string[]): SeenFacts {
  const seen = new Map<FactName, FactValue | null>();
  for (const { name, value } of facts) {
    if (seen.size >= limits.facts) break;
    if (!isFactName(name) || !areas.some((area) => name.startsWith(area))) continue;
    const read = readFact(name, value === undefined ? null : plain(value));
    if (read !== undefined) seen.set(name, read);
  }
  return seen;
}

function plain(told: NonNullable<Fact['value']>): FactValue {
  switch (told.$case) {
    case 'text':
      return storable(told.value, limits.textLength);
    case 'texts':
      return told.value.items.slice(0, limits.items).map((item) => storable(item, limits.itemLength));
    default:
      return told.value;
  }
}

/** Postgres keeps neither NUL nor half of a pair, which a cut may leave. */
function storable(text: string, length: number): string {
  return text.slice(0, length).replaceAll('\0', '').toWellFormed();
}

/** null for every fact of these areas: there was nothing that could have been seen. */
export function nothingOf(areas: readonly string[]): SeenFacts {
  const key = areas.join(' ');
  const known = nothing.get(key);
  if (known !== undefined) return known;
  const names = Object.keys(factKinds).filter((name) => areas.some((area) => name.startsWith(area)));
  const facts = new Map(names.map((name) => [name as FactName, null]));
  nothing.set(key, facts);
  return facts;
}

const nothing = new Map<string, SeenFacts>();
