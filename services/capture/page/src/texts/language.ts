/** The languages that the page speaks. */
export const languages = ['en', 'es', 'ca', 'ko', 'ar', 'ja', 'fr', 'de', 'pt', 'it', 'zh-CN', 'hi'] as const;
export type Language = (typeof languages)[number];

/**
 * Which language a reader of another one is given: a relative where it helps more than English does, because everybody
 * who reads the one has learnt the other at school or reads it without. A common script or family alone is not enough:
 * Persian and Urdu look like Arabic and are not understood through it, a Dutch or Danish reader is more at home in
 * English than in German, Bengali readers live mostly where Hindi is not taught, and in the Baltic, the Balkans, the
 * Caucasus and Central Asia English has become the second language of those who use a telephone for their bank.
 */
const readers: Readonly<Record<Language, string>> = {
  en: `en bg bn bs cnr cs da el et fa fi he hr hu hy id ka kk ky lt lv mk mn ms nl no pl ro ru sk sl so sq sr sv th tr
    uk uz vi`,
  // Galicia, Asturias and the Basque Country teach in Spanish too; Guaraní and Quechua speakers read it.
  es: 'es gl ast eu gn qu',
  // Occitan is official beside Catalan in the Aran valley, and mutually legible with it.
  ca: 'ca oc',
  ko: 'ko',
  // The spoken Arabics are written as the standard one.
  ar: 'ar arz apc ary',
  ja: 'ja',
  fr: 'fr br co wa',
  // Luxembourg, German-speaking Switzerland and the Grisons write German.
  de: 'de gsw lb rm',
  // The one Portuguese of the page keeps to what both sides of the Atlantic write.
  pt: 'pt pt-BR',
  it: 'it fur lij nap scn sc vec',
  // Readers of traditional characters make out the simplified ones.
  'zh-CN': 'zh-CN zh zh-TW yue',
  // Written in the same script, where Hindi is the common tongue.
  hi: 'hi awa bho mai mr ne',
};

/** The first of the wanted codes that leads to a language of the page, regional forms folded. Else English. */
export function nearestLanguage(wanted: readonly string[]): Language {
  for (const code of wanted) {
    const language = languageFor(code) ?? languageFor(code.split('-')[0] ?? '');
    if (language !== undefined) return language;
  }
  return 'en';
}

function languageFor(code: string): Language | undefined {
  const wanted = code.toLowerCase();
  return languages.find((language) => readers[language].toLowerCase().split(/\s+/).includes(wanted));
}

/** Writing direction of a language of the page. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return language === 'ar' ? 'rtl' : 'ltr';
}
