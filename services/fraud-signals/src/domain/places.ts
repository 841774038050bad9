import { canonicalTimeZone, utcOffsetMin } from './time-zones.ts';

/** Time zones of countries that were asked for; there are about 280 regions. */
const zonesByCountry = new Map<string, readonly string[]>();

/** Time zones of a country (ISO 3166-1 alpha-2), by the runtime's own tables; none of a code that it does not know. */
export function timeZonesOf(countryCode: string): readonly string[] {
  const known = zonesByCountry.get(countryCode);
  if (known !== undefined) return known;
  if (!/^[A-Z]{2}$/.test(countryCode)) return [];
  const zones = new Intl.Locale(`und-${countryCode}`).getTimeZones() ?? [];
  zonesByCountry.set(countryCode, zones);
  return zones;
}

/** Whether a zone is one of the country's; null: one of them is not known, or the zone is of no country, as UTC is. */
export function isZoneOfCountry(timeZone: string, countryCode: string): boolean | null {
  const zones = timeZonesOf(countryCode);
  const canonical = canonicalTimeZone(timeZone);
  if (zones.length === 0 || canonical === null || !canonical.includes('/')) return null;
  return zones.includes(canonical);
}

/** Whether clocks anywhere in the country are so far ahead of UTC at a time. */
export function isOffsetOfCountry(offsetMin: number, countryCode: string, atMs: number): boolean {
  return timeZonesOf(countryCode).some((zone) => utcOffsetMin(zone, atMs) === offsetMin);
}

/** The region of a language tag: de-AT is of AT; null: it names none, or is no tag. */
export function regionOf(tag: string): string | null {
  const region = localeOf(tag)?.region;
  return region !== undefined && /^[A-Z]{2}$/.test(region) ? region : null;
}

/**
 * Beside the likeliest language of each country, which the runtime knows: what else is spoken or used on computers there by
 * many. Not complete, and need not be: what follows from it is a faint hint.
 */
const otherLanguages: ReadonlyMap<string, readonly string[]> = new Map(
  `
  AE en hi ur, AF ps, AT en, AZ ru, BA hr sr, BD en, BE fr de en, BH en, BN en, BO qu, BY be, CA fr, CH fr it rm en, CM en,
  CY tr en, DE en, DK en, DZ fr, EE ru, EG en, ES ca gl eu, ET en, FI sv en, GB cy, GE ru, GH en, GL da, HK en, HT fr,
  IE ga, IL ar ru en, IN en bn te mr ta gu kn ml pa ur, IQ ku, IS en, JO en, KE en, KG ru, KW en, KZ kk, LB fr en,
  LK ta en, LT ru, LU lb de pt en, LV ru, MA fr, MD ru, ME hr bs, MG fr, MK sq, ML fr, MO pt, MT en, MU en, MY en zh ta,
  NA en, NE fr, NG ha yo ig, NL en, NO en, NP en, NZ mi, OM en, PE qu, PG en, PH en, PK en, PR en, PT en, PY es, QA en,
  RS hu, RW en fr, SA en, SE en, SG zh ms ta, SN fr, SO en, TJ ru, TM ru, TN fr, TZ en, UA ru, UG en, US es, UZ ru,
  VU en fr, WS en, XK sr, ZA af zu xh, ZW en`
    .split(',')
    .map((line) => line.trim().split(' '))
    .map(([country = '', ...languages]) => [country, languages]),
);

/**
 * Whether any of the languages of an Accept-Language header is used by many in the country; null: it names none, or the
 * country is not known.
 */
export function speaksLanguageOf(acceptLanguage: string, countryCode: string): boolean | null {
  const main = /^[A-Z]{2}$/.test(countryCode) ? localeOf(`und-${countryCode}`)?.maximize() : undefined;
  const asked = acceptLanguage
    .slice(0, 1_000)
    .split(',')
    .flatMap((item) => localeOf(item.split(';', 1)[0]?.trim() ?? '')?.language ?? []);
  if (main === undefined || asked.length === 0) return null;
  const used = [main.language, ...(otherLanguages.get(countryCode) ?? [])].map(oneNorwegian);
  return asked.some((language) => used.includes(oneNorwegian(language)));
}

/** Bokmål and Nynorsk are asked for as Norwegian, too. */
function oneNorwegian(language: string): string {
  return language === 'nb' || language === 'nn' ? 'no' : language;
}

function localeOf(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag);
  } catch {
    return null;
  }
}
