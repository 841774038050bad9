/** How much of a session a share holds. */
export const scopes = ['kyc', 'kyc + aml', 'kyc + kyb'] as const;

export type Scope = (typeof scopes)[number];

/** What nobody says is this. */
export const defaultScope: Scope = 'kyc';

/** The scope that is meant, however it is spaced or cased; undefined when there is none. */
export function readScope(written: string): Scope | undefined {
  const spelled = written
    .trim()
    .toLowerCase()
    .split(/\s*\+\s*/)
    .join(' + ');
  return scopes.find((scope) => scope === spelled);
}

/** Whether who agreed to `wide` has agreed to `narrow` too. */
export function covers(wide: Scope, narrow: Scope): boolean {
  return wide === narrow || narrow === 'kyc';
}
