import { isOffsetOfCountry, isZoneOfCountry, regionOf, speaksLanguageOf } from '../places.ts';
import { type Signal, signal } from '../signal.ts';
import { utcOffsetMin } from '../time-zones.ts';

/** Zones that are less apart are neighbours. */
const farMin = 60;

/** Whether what the browser says fits the place of its address. None of it counts against a client whose place is vague. */
export const networkConsistencySignals: readonly Signal[] = [
  signal({
    id: 'geo_tz_offset_mismatch',
    category: 'geo_consistency',
    source: 'browser',
    type: 'number',
    description: 'Minutes between the clock of the browser and that of the address’s time zone, now',
    risk: 'A VPN, a proxy or a made-up profile; raised when clocks nowhere in the country are like the browser’s',
    sensitivity: 'none',
    weight: 12,
    version: 1,
    reads: [
      'page.utc_offset_min',
      'net.time_zone',
      'net.country_code',
      'net.is_location_vague',
      'clock.now_ms',
    ],
    extract(page, zone, _country, _isVague, nowMs) {
      const net = zone === null || nowMs === null ? null : utcOffsetMin(zone, nowMs);
      return page === null || net === null ? null : Math.abs(page - net);
    },
    // Carriers of large countries send people of one coast through the other.
    raises: (minutes, page, _zone, country, isVague, nowMs) =>
      minutes >= farMin &&
      isVague !== true &&
      !(page !== null && country !== null && nowMs !== null && isOffsetOfCountry(page, country, nowMs)),
  }),
  signal({
    id: 'geo_tz_name_country_mismatch',
    category: 'geo_consistency',
    source: 'browser',
    type: 'bool',
    description: 'The time zone of the browser is of another country than the address',
    risk: 'A VPN, or somebody who travels with the clock of home',
    sensitivity: 'none',
    weight: 8,
    version: 1,
    reads: ['page.time_zone', 'net.country_code', 'net.is_location_vague'],
    extract(zone, country) {
      const isOfCountry = zone === null || country === null ? null : isZoneOfCountry(zone, country);
      return isOfCountry === null ? null : !isOfCountry;
    },
    raises: (isOther, _zone, _country, isVague) => isOther && isVague !== true,
  }),
  signal({
    id: 'geo_language_country_mismatch',
    category: 'geo_consistency',
    source: 'http',
    type: 'bool',
    description: 'No language that the browser asks for is used by many in the country of the address',
    risk: 'A proxy or profiles made in bulk; travellers and expatriates do the same',
    sensitivity: 'none',
    weight: 4,
    version: 1,
    reads: ['http.accept_language', 'net.country_code', 'net.is_location_vague'],
    extract(languages, country) {
      const speaks = languages === null || country === null ? null : speaksLanguageOf(languages, country);
      return speaks === null ? null : !speaks;
    },
    raises: (isOther, _languages, _country, isVague) => isOther && isVague !== true,
  }),
  signal({
    id: 'geo_currency_locale_mismatch',
    category: 'geo_consistency',
    source: 'browser',
    type: 'bool',
    description: 'Dates and numbers are written as in another country than that of the address',
    risk: 'A made-up profile; many people simply keep the settings of another country',
    sensitivity: 'none',
    weight: 2,
    version: 1,
    reads: ['page.locale', 'net.country_code', 'net.is_location_vague'],
    extract(locale, country) {
      const region = locale === null ? null : regionOf(locale);
      return region === null || country === null ? null : region !== country;
    },
    raises: (isOther, _locale, _country, isVague) => isOther && isVague !== true,
  }),
  signal({
    id: 'geo_phone_country_mismatch',
    category: 'geo_consistency',
    source: 'session',
    type: 'bool',
    description: 'The calling code of the user’s phone number is of another country than the address',
    risk: 'Somebody abroad takes over an account; or its owner travels',
    sensitivity: 'none',
    weight: 5,
    version: 1,
    reads: ['session.phone_countries', 'net.country_code', 'net.is_location_vague'],
    extract: (countries, country) =>
      countries === null || country === null ? null : !countries.includes(country),
    raises: (isOther, _countries, _country, isVague) => isOther && isVague !== true,
  }),
];
