import type { lookFacts } from '../facts/look.ts';
import type { Sensitivity, Signal, SignalSource } from '../signal.ts';
import { signal } from '../signal.ts';

type LookFacts = typeof lookFacts;

/** A trace that was measured, or is there (1) or not (0). */
type TraceFact = {
  [Name in keyof LookFacts]: LookFacts[Name] extends 'number' ? Name : never;
}[keyof LookFacts];

/** What the reference page says of a trace, and what it weighs. */
interface Said {
  readonly category: string;
  readonly source?: SignalSource;
  readonly description: string;
  readonly risk: string;
  readonly sensitivity?: Sensitivity;
  readonly weight?: number;
}

type Id<Fact extends TraceFact> = Fact extends `look.${infer Name}` ? Name : never;

const common = { source: 'camera', sensitivity: 'none', weight: 0, version: 1 } as const;

/** A number as it was measured. It does not weigh. */
export function measured<Fact extends TraceFact>(id: Id<Fact>, said: Omit<Said, 'weight'>): Signal {
  return signal({
    ...common,
    ...said,
    id,
    type: 'number',
    reads: [`look.${id}` as TraceFact],
    extract: (value) => value,
  });
}

/** A number that weighs when whoever measured it says that it speaks for an attack: thresholds live where values are made. */
export function suspected<Fact extends TraceFact>(id: Id<Fact>, said: Said & { weight: number }): Signal {
  return signal({
    ...common,
    ...said,
    id,
    type: 'number',
    reads: [`look.${id}` as TraceFact, 'look.raised'],
    extract: (value) => value,
    raises: (_value, _trace, raised) => raised?.includes(id) === true,
  });
}

/** Something that is there or not, told as 1 or 0. Weighs when it is so, or when it is not. */
export function found<Fact extends TraceFact>(
  id: Id<Fact>,
  { raisedWhen = true, ...said }: Said & { raisedWhen?: boolean },
): Signal {
  return signal({
    ...common,
    ...said,
    id,
    type: 'bool',
    reads: [`look.${id}` as TraceFact],
    extract: (value) => (value === null ? null : value !== 0),
    raises: (value) => value === raisedWhen,
  });
}
