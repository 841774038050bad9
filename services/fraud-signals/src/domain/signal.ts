import type { FactName, Facts, ValueOf } from './facts.ts';

/** What a signal can say. */
export type SignalValue = string | number | boolean;

/** Three things that must not be mixed up: a value; nothing there to have one; nobody could look. */
export type Reading =
  | { readonly state: 'value'; readonly value: SignalValue }
  | { readonly state: 'absent' }
  | { readonly state: 'unavailable' };

export type SignalType = 'bool' | 'number' | 'string' | 'enum' | 'hash';

/** Where its facts come from. */
export type SignalSource =
  | 'http'
  | 'tls'
  | 'ip-db'
  | 'browser'
  | 'camera'
  | 'behaviour'
  | 'history'
  | 'list'
  | 'session';

/** How closely the value points at a person: how long it may be kept, and who may see it. */
export type Sensitivity = 'none' | 'pseudonymous' | 'personal';

/** What the client's software is found to be, beside its weight: risks that workflows act on. */
export type Detects =
  | 'AUTOMATION_FRAMEWORK_DETECTED'
  | 'DEVICE_EMULATOR_DETECTED'
  | 'DEVICE_ROOTED_OR_JAILBROKEN'
  | 'DEVICE_RUNTIME_HOOKING_DETECTED'
  | 'DEVICE_APP_TAMPERED';

/** One line of the catalogue. */
export interface Signal {
  /** snake_case, never used again for something else. */
  readonly id: string;
  readonly category: string;
  readonly source: SignalSource;
  readonly type: SignalType;
  /** What it is, for the reference page: one sentence without a full stop. */
  readonly description: string;
  /** What it may mean. */
  readonly risk: string;
  readonly sensitivity: Sensitivity;
  /**
   * Points of 100 that it weighs by itself when it is raised: above 0 against the client, below 0 for it. 0: kept for rules and
   * readers. 40 to 60 is proof by itself, 15 to 30 asks for a look, up to 10 is a hint.
   */
  readonly weight: number;
  /** Counts up when it is computed another way. */
  readonly version: number;
  readonly reads: readonly FactName[];
  readonly detects?: Detects;
  read(facts: Facts): Reading;
  /** Whether the value weighs. */
  isRaised(value: SignalValue, facts: Facts): boolean;
}

type Values<Reads extends readonly FactName[]> = {
  -readonly [At in keyof Reads]: ValueOf<Reads[At]> | null;
};

interface ValuesByType {
  bool: boolean;
  number: number;
  string: string;
  enum: string;
  hash: string;
}

/** What one entry of the catalogue declares. */
interface Declared<Reads extends readonly FactName[], Type extends SignalType>
  extends Omit<Signal, 'read' | 'isRaised' | 'type' | 'reads'> {
  readonly type: Type;
  readonly reads: Reads;
  /** Pure. null: there is nothing that could have a value. Not asked when one of the facts could not be looked for. */
  readonly extract: (...values: Values<Reads>) => ValuesByType[Type] | null;
  /** When the value weighs; without it, a bool does when it is true, and anything else never. */
  readonly raises?: (value: ValuesByType[Type], ...values: Values<Reads>) => boolean;
}

/** An entry of the catalogue. */
export function signal<const Reads extends readonly FactName[], Type extends SignalType>(
  declared: Declared<Reads, Type>,
): Signal {
  const { extract, raises, ...entry } = declared;
  const values = (facts: Facts) => declared.reads.map((name) => facts.get(name) ?? null) as Values<Reads>;
  return {
    ...entry,
    read(facts) {
      if (declared.reads.some((name) => !facts.has(name))) return { state: 'unavailable' };
      const value = extract(...values(facts));
      // A number that is none is nothing that could be compared.
      const isValue = value !== null && (typeof value !== 'number' || Number.isFinite(value));
      return isValue ? { state: 'value', value } : { state: 'absent' };
    },
    isRaised(value, facts) {
      if (raises === undefined) return value === true;
      return raises(value as ValuesByType[Type], ...values(facts));
    },
  };
}
