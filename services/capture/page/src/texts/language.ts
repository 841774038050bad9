import { en } from './en.ts';
import type { Texts } from './texts.ts';

/** Languages besides English, loaded when asked for. English is in the bundle and never missing. */
const others: Record<string, () => Promise<Texts>> = {
  de: async () => (await import('./de.ts')).de,
  es: async () => (await import('./es.ts')).es,
  fr: async () => (await import('./fr.ts')).fr,
};

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur']);

/** The first of the wanted codes that the page speaks, regional forms folded (`de-AT` is `de`); else English. */
export function nearestLanguage(wanted: readonly string[]): string {
  for (const code of wanted) {
    const base = code.toLowerCase().split('-')[0] ?? '';
    if (base === 'en' || Object.hasOwn(others, base)) return base;
  }
  return 'en';
}

/** Loads a language's texts; English when its file does not arrive. */
export async function loadTexts(language: string): Promise<{ language: string; texts: Texts }> {
  const load = others[language];
  if (load === undefined) return { language: 'en', texts: en };
  try {
    return { language, texts: await load() };
  } catch {
    return { language: 'en', texts: en };
  }
}

/** Writing direction of a language. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return rightToLeft.has(language) ? 'rtl' : 'ltr';
}
