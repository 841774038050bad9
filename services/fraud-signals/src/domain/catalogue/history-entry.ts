import type { FactName, ValueOf } from '../facts.ts';
import { type Sensitivity, type Signal, signal } from '../signal.ts';

type HistoryFact = Extract<FactName, `history.${string}`>;
type NameOf<Value> = { [Name in HistoryFact]: ValueOf<Name> extends Value ? Name : never }[HistoryFact];

interface Entry {
  readonly id: string;
  readonly category: string;
  readonly description: string;
  readonly risk: string;
  readonly sensitivity?: Sensitivity;
  readonly weight?: number;
}

const common = { source: 'history', sensitivity: 'pseudonymous', weight: 0, version: 1 } as const;

/** A signal that is a number of the past. */
export function pastNumber(
  entry: Entry & { readonly fact: NameOf<number>; readonly raises?: (value: number) => boolean },
): Signal {
  const { fact, raises = () => false, ...rest } = entry;
  return signal({
    ...common,
    ...rest,
    type: 'number',
    reads: [fact],
    extract: (value) => value,
    raises: (value) => raises(value),
  });
}

/** A signal that is a flag of the past; it weighs when the flag is `raisedBy`. */
export function pastFlag(
  entry: Entry & { readonly fact: NameOf<boolean>; readonly raisedBy?: boolean },
): Signal {
  const { fact, raisedBy = true, ...rest } = entry;
  return signal({
    ...common,
    ...rest,
    type: 'bool',
    reads: [fact],
    extract: (value) => value,
    raises: (value) => value === raisedBy,
  });
}

/** A signal that is a word of the past. */
export function pastWord(entry: Entry & { readonly fact: NameOf<string> }): Signal {
  const { fact, ...rest } = entry;
  return signal({ ...common, ...rest, type: 'enum', reads: [fact], extract: (value) => value });
}

/** Fewer of them make no share. */
const fewest = 4;

/** A signal that is a share of some among all, 0..1; absent while there are few. */
export function pastShare(
  entry: Entry & { readonly of: NameOf<number>; readonly some: NameOf<number>; readonly from: number },
): Signal {
  const { of, some, from, ...rest } = entry;
  return signal({
    ...common,
    ...rest,
    type: 'number',
    reads: [of, some],
    extract: (all, part) =>
      all === null || part === null || all < fewest ? null : Math.round((100 * part) / all) / 100,
    raises: (share) => share >= from,
  });
}
