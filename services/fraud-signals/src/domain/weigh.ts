import { catalogue } from './catalogue.ts';
import type { Facts } from './facts.ts';
import type { Detects, Reading, Signal } from './signal.ts';

export type RiskLevel = 'LOW' | 'MEDIUM' | 'HIGH';

/** A signal that weighs. */
export interface Reason {
  readonly signal: string;
  /** Points of 100; below 0 it speaks for the client. */
  readonly weight: number;
}

/** What follows from the facts of a visit. */
export interface Weighed {
  /** By signal id. */
  readonly readings: ReadonlyMap<string, Reading>;
  /** 0..100, one decimal. */
  readonly score: number;
  readonly level: RiskLevel;
  /** Heaviest first. */
  readonly reasons: readonly Reason[];
  /** What the client's software is found to be, with the signals that say so. */
  readonly detections: ReadonlyMap<Detects, readonly string[]>;
  readonly counts: { readonly value: number; readonly absent: number; readonly unavailable: number };
}

/** The scores from which on a level is reached. */
export const levelsFrom = { medium: 30, high: 60 } as const;

/** The level of a score of 0..100. */
function levelOf(score: number): RiskLevel {
  if (score >= levelsFrom.high) return 'HIGH';
  return score >= levelsFrom.medium ? 'MEDIUM' : 'LOW';
}

/**
 * Reads every signal and weighs those that are raised. Pure: the same facts give the same answer. Reasons add up as
 * independent doubts do (1 - Π(1 - w)), so that many hints never outweigh proof by much and no score passes 100; what speaks
 * for the client takes its share off the result. Signals that read the same facts say one thing: only the heaviest counts.
 */
export function weigh(facts: Facts): Weighed {
  const readings = new Map<string, Reading>();
  const counts = { value: 0, absent: 0, unavailable: 0 };
  const raised: Signal[] = [];
  for (const signal of catalogue) {
    const reading = signal.read(facts);
    readings.set(signal.id, reading);
    counts[reading.state] += 1;
    if (reading.state === 'value' && signal.isRaised(reading.value, facts)) raised.push(signal);
  }
  const weighty = heaviestOfEach(raised.filter(({ weight }) => weight !== 0));
  const remaining = (share: number, { weight }: Signal) => share * (1 - Math.abs(weight) / 100);
  const doubt = 1 - weighty.filter(({ weight }) => weight > 0).reduce(remaining, 1);
  const trust = weighty.filter(({ weight }) => weight < 0).reduce(remaining, 1);
  const score = Math.round(1000 * doubt * trust) / 10;
  return {
    readings,
    score,
    level: levelOf(score),
    reasons: weighty.map(({ id, weight }) => ({ signal: id, weight })),
    detections: detectionsOf(raised),
    counts,
  };
}

/** What each signal reads, in whatever order it names it. */
const readsOf: ReadonlyMap<Signal, string> = new Map(
  catalogue.map((signal) => [signal, signal.reads.toSorted().join(' ')]),
);

/** By the facts that they read, heaviest first. */
function heaviestOfEach(raised: readonly Signal[]): Signal[] {
  const heaviest = new Map<string, Signal>();
  const byWeight = (a: Signal, b: Signal) => Math.abs(b.weight) - Math.abs(a.weight);
  for (const signal of raised.toSorted(byWeight)) {
    const key = readsOf.get(signal) ?? signal.id;
    if (!heaviest.has(key)) heaviest.set(key, signal);
  }
  return [...heaviest.values()];
}

function detectionsOf(raised: readonly Signal[]): Map<Detects, string[]> {
  const found = new Map<Detects, string[]>();
  for (const { id, detects } of raised) {
    if (detects !== undefined) found.set(detects, [...(found.get(detects) ?? []), id]);
  }
  return found;
}
