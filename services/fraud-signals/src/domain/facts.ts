import { clockFacts } from './facts/clock.ts';
import { historyFacts } from './facts/history.ts';
import { httpFacts } from './facts/http.ts';
import { listsFacts } from './facts/lists.ts';
import { lookFacts } from './facts/look.ts';
import { networkFacts } from './facts/network.ts';
import { openingFacts } from './facts/opening.ts';
import { pageFacts } from './facts/page.ts';
import { sessionFacts } from './facts/session.ts';
import { tlsFacts } from './facts/tls.ts';

/**
 * Everything that signals are made from, by its name, and what kind of value it has. What is not here is not kept: a fact of
 * another name or kind is dropped when it arrives.
 */
export const factKinds = {
  ...clockFacts,
  ...networkFacts,
  ...httpFacts,
  ...tlsFacts,
  ...pageFacts,
  ...lookFacts,
  ...historyFacts,
  ...listsFacts,
  ...sessionFacts,
  ...openingFacts,
} as const;

/** The kind of a fact's value. */
export type FactKind = 'text' | 'number' | 'flag' | 'texts';
export type FactName = keyof typeof factKinds;
export type FactValue = string | number | boolean | readonly string[];

/** The value of a fact of this name. */
export type ValueOf<Name extends FactName> = {
  text: string;
  number: number;
  flag: boolean;
  texts: readonly string[];
}[(typeof factKinds)[Name]];

/**
 * What was seen. null: it was looked for and is not there. A fact that is missing could not be looked for: no collector, no
 * database, no consent.
 */
export type Facts = ReadonlyMap<FactName, FactValue | null>;

const kinds: Readonly<Record<string, FactKind>> = factKinds;

/** Whether a name is one of ours. */
export function isFactName(name: string): name is FactName {
  return Object.hasOwn(kinds, name);
}

/** The value, if it is of the fact's kind; undefined for anything else, such as a number that is none. */
export function readFact(name: FactName, value: unknown): FactValue | null | undefined {
  if (value === null) return null;
  switch (kinds[name]) {
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  }
}
