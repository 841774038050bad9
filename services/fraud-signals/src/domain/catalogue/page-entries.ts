import { createHash } from 'node:crypto';
import type { FactName, ValueOf } from '../facts.ts';
import { type Sensitivity, type Signal, signal } from '../signal.ts';

/** Names of facts whose value is of one kind. */
type Of<Kind> = { [Name in FactName]: ValueOf<Name> extends Kind ? Name : never }[FactName];

/** What an entry says of itself; the page's script is its source, unless it says otherwise. */
interface Said {
  readonly category: string;
  readonly source?: Signal['source'];
  readonly description: string;
  readonly risk: string;
  /** Left out: none. */
  readonly sensitivity?: Sensitivity;
}

const rest = { sensitivity: 'none', source: 'browser', weight: 0, version: 1 } as const;

/** One text as it was told, for rules and readers. Nothing written is nothing there. */
export function text(id: string, fact: Of<string>, said: Said & { readonly type?: 'enum' | 'hash' }): Signal {
  return signal({ ...rest, type: 'string', ...said, id, reads: [fact], extract: (value) => value || null });
}

/** One number as it was told; with a weight, `raises` says when. */
export function number(
  id: string,
  fact: Of<number>,
  said: Said & { readonly weight?: number; readonly raises?: (value: number) => boolean },
): Signal {
  return signal({ ...rest, ...said, id, type: 'number', reads: [fact], extract: (value) => value });
}

/** One yes or no as it was told; with a weight it is a yes that counts. */
export function flag(id: string, fact: Of<boolean>, said: Said & { readonly weight?: number }): Signal {
  return signal({ ...rest, ...said, id, type: 'bool', reads: [fact], extract: (value) => value });
}

/** The same where it is a no that counts. */
export function missing(id: string, fact: Of<boolean>, said: Said & { readonly weight: number }): Signal {
  const entry = { ...rest, ...said, id, type: 'bool', reads: [fact] } as const;
  return signal({ ...entry, extract: (value) => value, raises: (value) => value === false });
}

/** Whether a list of findings has any in it. */
export function found(
  id: string,
  fact: Of<readonly string[]>,
  said: Said & { readonly weight: number; readonly detects?: NonNullable<Signal['detects']> },
): Signal {
  const entry = { ...rest, ...said, id, type: 'bool', reads: [fact] } as const;
  return signal({ ...entry, extract: (items) => (items === null ? null : items.length > 0) });
}

/** A short name for values that would point at a device by themselves. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
