import type { Catalogue, Key, Say } from '../../src/texts/catalogue.ts';
import { catalogues } from '../../src/texts/catalogues.ts';
import type { Language } from '../../src/texts/language.ts';
import type { en } from './en.ts';

/** What the page says as the selfie page does. */
const shared = [
  'try_again',
  'back_to',
  'powered_by',
  'loading',
  'trouble.unsupported.body',
  'trouble.open_tab',
  'handoff.copy_by_hand',
  'welcome.privacy_policy',
  'verdict.redirecting',
  'verdict.may_close',
  'ended.expired.body',
  'ended.unknown.title',
  'ended.unknown.body',
  'ended.unavailable.title',
  'ended.unavailable.body',
  'ended.busy.title',
  'ended.busy.body',
] as const satisfies readonly Key[];

type OwnKey = keyof typeof en;
/** The name of a text of the consent page. */
export type ConsentKey = OwnKey | (typeof shared)[number];
export type ConsentCatalogue = Catalogue<ConsentKey>;
export type SayConsent = Say<ConsentKey>;
/** The texts that only this page has. */
export type OwnTexts = Catalogue<OwnKey>;

/** Each language's own texts, read when asked for. */
export const ownTexts: Readonly<Record<Language, () => Promise<OwnTexts>>> = {
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

/** All texts of the page in one language. */
export async function consentCatalogue(language: Language): Promise<ConsentCatalogue> {
  const [own, selfie] = await Promise.all([ownTexts[language](), catalogues[language]()]);
  const taken = Object.fromEntries(shared.map((key) => [key, selfie[key]]));
  return { ...(taken as Catalogue<(typeof shared)[number]>), ...own };
}
