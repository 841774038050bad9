/** Purposes that the platform has words of its own for, in every language. */
export const knownPurposes = ['onboarding', 'lending', 'payments', 'employment', 'age_check'] as const;

export type KnownPurpose = (typeof knownPurposes)[number];

/** Longer words are not plain. */
export const maxPurposeLength = 120;

/** What nobody says is this. */
export const defaultPurpose: KnownPurpose = 'onboarding';

/** @returns whether the platform has its own words for it, in every language */
export function isKnownPurpose(purpose: string): purpose is KnownPurpose {
  return (knownPurposes as readonly string[]).includes(purpose);
}

/**
 * One spelling of a purpose: `Age check`, `age-check` and `age_check` are one. Anything that the platform does not know stays in the
 * application's own words, on one line. Undefined for what is empty, too long or not on one line.
 */
export function readPurpose(written: string): string | undefined {
  const words = written.normalize('NFC').trim().replace(/ +/g, ' ');
  if (words === '' || words.length > maxPurposeLength || !words.isWellFormed()) return undefined;
  if (misleading.test(words)) return undefined;
  const spelled = words.toLowerCase().replace(/[ -]/g, '_');
  return isKnownPurpose(spelled) ? spelled : words;
}

/** Controls, line breaks, and marks that turn the direction of writing: with them a text can be made to read as another one. */
const misleading = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
