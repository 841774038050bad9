/** Something that a person must look at: at once (`page`), or on the next working day (`ticket`). */
export interface Alert {
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  readonly when: Condition;
  /** How long it must hold. */
  readonly forMinutes: number;
  /** One line, with what tells one firing from another. */
  readonly summary: string;
  /** What a user or an operator notices. */
  readonly description: string;
}

/** An expression that answers with nothing while all is well, and what it is made of, which always answers. */
export interface Condition {
  readonly expression: string;
  /** Each returns data in any running system, whether the alert fires or not. */
  readonly reads: readonly string[];
}

/** A value beyond its limit. */
export function when(value: string, comparison: '>' | '<' | '==', limit: number): Condition {
  return { expression: `(${value}) ${comparison} ${limit}`, reads: [value] };
}

/** All of them, about the same labels. */
export function all(...conditions: readonly Condition[]): Condition {
  return {
    expression: conditions.map(({ expression }) => expression).join('\nand '),
    reads: conditions.flatMap(({ reads }) => reads),
  };
}
