import { ar } from './ar.ts';
import { ca } from './ca.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { hi } from './hi.ts';
import { it } from './it.ts';
import { ja } from './ja.ts';
import { ko } from './ko.ts';
import { pt } from './pt.ts';
import type { ConsentWords } from './words.ts';
import { zhCn } from './zh-cn.ts';

/** Every language that people are asked in: those of the hosted page. */
export const catalogues = {
  en,
  es,
  ca,
  ko,
  ar,
  ja,
  fr,
  de,
  pt,
  it,
  'zh-CN': zhCn,
  hi,
} as const satisfies Record<string, ConsentWords>;

export type ConsentLanguage = keyof typeof catalogues;

export function isConsentLanguage(code: string): code is ConsentLanguage {
  return Object.hasOwn(catalogues, code);
}

/** The first of the wanted languages that there is, regional forms folded; else English. */
export function consentLanguage(wanted: readonly string[]): ConsentLanguage {
  for (const code of wanted) {
    const language = named(code) ?? named(code.split('-')[0] ?? '');
    if (language !== undefined) return language;
  }
  return 'en';
}

function named(code: string): ConsentLanguage | undefined {
  const wanted = code.toLowerCase();
  // Readers of traditional characters make out the simplified ones.
  if (wanted === 'zh') return 'zh-CN';
  return (Object.keys(catalogues) as ConsentLanguage[]).find((language) => language.toLowerCase() === wanted);
}
