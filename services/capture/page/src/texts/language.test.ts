import { describe, expect, it } from 'vitest';
import { placeOf } from '../place.ts';
import { directionOf, nearestLanguage } from './language.ts';

describe('the language of the page', () => {
  it('is that of the link, then of the session, then of the browser, then English', () => {
    expect(nearestLanguage(['de', 'fr', 'es'])).toBe('de');
    expect(nearestLanguage(['', 'fr-CA', 'es'])).toBe('fr');
    expect(nearestLanguage(['xx', '', 'es-MX', 'en'])).toBe('es');
    expect(nearestLanguage(['xx', '', 'constructor'])).toBe('en');
  });

  it('runs from right to left where it should', () => {
    expect(directionOf('ar')).toBe('rtl');
    expect(directionOf('de')).toBe('ltr');
  });
});

describe('the place of the page', () => {
  it('is read from both shapes of the link', () => {
    expect(placeOf('/session/AbC-_1')).toEqual({ language: '', path: '/session/AbC-_1' });
    expect(placeOf('/pt-BR/session/AbC/')).toEqual({ language: 'pt-BR', path: '/session/AbC' });
    expect(placeOf('/v3/session/x/y')).toBeNull();
  });
});
