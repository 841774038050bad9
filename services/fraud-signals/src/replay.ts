import { isDeepStrictEqual } from 'node:util';
import { catalogueVersion } from './domain/catalogue.ts';
import { type FactName, type FactValue, isFactName } from './domain/facts.ts';
import { matchRule } from './domain/rule-matching.ts';
import { readRules } from './domain/rules.ts';
import { type Reason, type RiskLevel, weigh } from './domain/weigh.ts';
import type { AssessmentRecord } from './outbound/assessment-store.ts';

/** What an assessment came to. */
export interface Result {
  readonly score: number;
  readonly level: RiskLevel;
  readonly reasons: readonly Reason[];
  /** The first rule that applied; null: none did. */
  readonly stepUp: {
    readonly name: string;
    readonly action: string;
    readonly because: readonly string[];
  } | null;
  readonly counts: { readonly value: number; readonly absent: number; readonly unavailable: number };
  readonly catalogueVersion: string;
}

/** An assessment that was computed again from its record alone. */
export interface Replay {
  readonly then: Result;
  readonly now: Result;
  /** In everything but the version of the catalogue, which names signals and weights of the whole. */
  readonly isSame: boolean;
}

/** @returns null when what it was made from is not kept any more */
export function replay(record: AssessmentRecord): Replay | null {
  if (record.facts === null) return null;
  const weighed = weigh(factsOf(record.facts));
  const read = readRules(record.rules);
  // Rules of then may speak of a signal that is gone: then none of them can be matched.
  const stepUp = 'mistakes' in read ? null : matchRule(read.rules, weighed);
  const { score, level, reasons, counts } = weighed;
  const now = { score, level, reasons, stepUp, counts, catalogueVersion };
  const then = {
    score: record.score,
    level: record.level,
    reasons: record.reasons,
    stepUp: record.step_up,
    counts: record.counts,
    catalogueVersion: record.catalogue_version,
  };
  return { then, now, isSame: isDeepStrictEqual({ ...then, catalogueVersion }, now) };
}

/** A fact whose name is not used any more is left out. */
function factsOf(kept: Readonly<Record<string, FactValue | null>>): Map<FactName, FactValue | null> {
  const facts = new Map<FactName, FactValue | null>();
  for (const [name, value] of Object.entries(kept)) {
    if (isFactName(name)) facts.set(name, value);
  }
  return facts;
}
