import type { Catalogue } from './catalogue.ts';
import type { Language } from './language.ts';

/** Each language's texts, read when asked for: by the service into the page, by the page's own tools in the browser. */
export const catalogues: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: async () => (await import('./en.ts')).en,
  es: async () => (await import('./es.ts')).es,
  ca: async () => (await import('./ca.ts')).ca,
  ko: async () => (await import('./ko.ts')).ko,
  ar: async () => (await import('./ar.ts')).ar,
  ja: async () => (await import('./ja.ts')).ja,
  fr: async () => (await import('./fr.ts')).fr,
  de: async () => (await import('./de.ts')).de,
  pt: async () => (await import('./pt.ts')).pt,
  it: async () => (await import('./it.ts')).it,
  'zh-CN': async () => (await import('./zh-cn.ts')).zhCN,
  hi: async () => (await import('./hi.ts')).hi,
};
