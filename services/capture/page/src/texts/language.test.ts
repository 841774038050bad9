import { describe, expect, it } from 'vitest';
import { languages as contractLanguages } from '../../../../session/src/domain/languages.ts';
import { placeOf } from '../place.ts';
import { directionOf, languages, nearestLanguage } from './language.ts';

describe('the language of the page', () => {
  it('is that of the link, then of the session, then of the browser, then English', () => {
    expect(nearestLanguage(['de', 'fr', 'es'])).toBe('de');
    expect(nearestLanguage(['', 'fr-CA', 'es'])).toBe('fr');
    expect(nearestLanguage(['xx', '', 'es-MX', 'en'])).toBe('es');
    expect(nearestLanguage(['xx', '', 'constructor'])).toBe('en');
    expect(nearestLanguage([])).toBe('en');
  });

  it('is the nearest one for each of the 54 codes that a session may have', () => {
    const own = Object.fromEntries(languages.map((language) => [language, language]));
    const folded = { 'pt-BR': 'pt', zh: 'zh-CN', 'zh-TW': 'zh-CN' };
    const expected = contractLanguages.map((code) => [code, { ...own, ...folded }[code] ?? 'en']);
    expect(contractLanguages.map((code) => [code, nearestLanguage([code])])).toEqual(expected);
    expect(expected).toHaveLength(54);
  });

  it('is chosen for every one of the 54 codes, not by being forgotten', () => {
    // A code that the table does not know would let the next wish through.
    for (const code of contractLanguages) {
      expect(nearestLanguage([code, 'ja']), code).toBe(nearestLanguage([code]));
    }
  });

  it('does not mind how a browser writes a region or a script', () => {
    expect(nearestLanguage(['zh-Hant-HK'])).toBe('zh-CN');
    expect(nearestLanguage(['PT-br'])).toBe('pt');
    expect(nearestLanguage(['es-419'])).toBe('es');
    expect(nearestLanguage(['ar-EG-u-nu-latn'])).toBe('ar');
  });

  it('runs from right to left where it should', () => {
    expect(languages.filter((language) => directionOf(language) === 'rtl')).toEqual(['ar']);
  });
});

describe('the place of the page', () => {
  it('is read from both shapes of the link', () => {
    expect(placeOf('/session/AbC-_1')).toEqual({ language: '', path: '/session/AbC-_1' });
    expect(placeOf('/pt-BR/session/AbC/')).toEqual({ language: 'pt-BR', path: '/session/AbC' });
    expect(placeOf('/v3/session/x/y')).toBeNull();
  });
});
