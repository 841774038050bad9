/** The languages that the page speaks. */
export const languages = ['en', 'es', 'ca', 'ko', 'ar', 'ja', 'fr', 'de', 'pt', 'it', 'zh-CN', 'hi'] as const;
export type Language = (typeof languages)[number];

/**
 * Where a code leads that is no language of the page. To a relative when its readers are helped by it more than by
 * English: because they read it anyway, because it is taught in their schools, or because the two are mutually legible.
 * A code that is missing here leads to English.
 */
const relatives: Readonly<Record<string, Language>> = {
  // Every Chinese reader makes out the simplified signs; the traditional ones are no language of the page.
  zh: 'zh-CN',
  // Written alike, spoken in the same households.
  gl: 'es',
  oc: 'ca',
};

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur']);

/** The first of the wanted codes that the page speaks or has a relative of; regional forms fold. Else English. */
export function nearestLanguage(wanted: readonly string[]): Language {
  for (const code of wanted) {
    const base = code.toLowerCase().split('-')[0] ?? '';
    const same = languages.find((language) => language === base);
    if (same !== undefined) return same;
    const relative = Object.hasOwn(relatives, base) ? relatives[base] : undefined;
    if (relative !== undefined) return relative;
  }
  return 'en';
}

/** Writing direction of a language. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return rightToLeft.has(language) ? 'rtl' : 'ltr';
}
