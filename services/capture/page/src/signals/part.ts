import type { PageFacts } from '../../../src/wire.ts';

/** A value of a fact; null: it was looked for and is not there. */
export type Value = PageFacts[string];

/** What a part has found, by the names of facts without `page.`; what it could not look for is left out. */
export type Found = Readonly<Record<string, Value | undefined>>;

/** One thing that is looked at. May fail or stay away: then its facts are missing, and nothing else. */
export interface Part {
  /** How long it is waited for, milliseconds. */
  readonly patienceMs: number;
  /** What runs before its first wait is one task: kept under a few milliseconds. */
  read(): Found | Promise<Found>;
}

const textMax = 512;
const itemMax = 128;
const itemsMax = 64;

/** Facts as the service takes them: under their whole names, within its bounds. */
export function factsOf(found: Found): PageFacts {
  const facts: PageFacts = {};
  for (const [name, value] of Object.entries(found)) {
    if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) continue;
    facts[`page.${name}`] = bounded(value);
  }
  return facts;
}

function bounded(value: Value): Value {
  if (typeof value === 'string') return value.slice(0, textMax);
  if (typeof value === 'number') return Math.round(value * 1_000) / 1_000;
  return Array.isArray(value) ? value.slice(0, itemsMax).map((item) => item.slice(0, itemMax)) : value;
}

/** What a reading gives, or null where it throws: the browser has no such thing. */
export function orNull<T>(read: () => T): T | null {
  try {
    return read() ?? null;
  } catch {
    return null;
  }
}
