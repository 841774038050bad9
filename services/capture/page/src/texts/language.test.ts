import { describe, expect, it } from 'vitest';
import { placeOf } from '../place.ts';
import { en } from './en.ts';
import { directionOf, loadTexts, nearestLanguage } from './language.ts';

describe('the language of the page', () => {
  it('is that of the link, then of the session, then of the browser, then English', () => {
    expect(nearestLanguage(['de', 'fr', 'es'])).toBe('de');
    expect(nearestLanguage(['', 'fr-CA', 'es'])).toBe('fr');
    expect(nearestLanguage(['xx', '', 'es-MX', 'en'])).toBe('es');
    expect(nearestLanguage(['xx', '', 'constructor'])).toBe('en');
  });

  it('is English when nothing better can be loaded', async () => {
    expect(await loadTexts('xx')).toEqual({ language: 'en', texts: en });
  });

  it('runs from right to left where it should', () => {
    expect(directionOf('ar')).toBe('rtl');
    expect(directionOf('de')).toBe('ltr');
  });
});

describe.each(['de', 'es', 'fr'])('the texts of %s', (language) => {
  it('say something of their own wherever English says something', async () => {
    const { texts } = await loadTexts(language);
    const compare = (ours: unknown, english: unknown, place: string): void => {
      if (typeof english === 'object' && english !== null) {
        for (const [key, value] of Object.entries(english)) {
          compare((ours as Record<string, unknown>)[key], value, `${place}.${key}`);
        }
        return;
      }
      const say = (text: unknown) => (typeof text === 'function' ? text(2) : text);
      expect(say(ours), place).toMatch(/\S/);
      expect(say(ours), place).not.toBe(say(english));
    };
    compare(texts, en, language);
  });
});

describe('the place of the page', () => {
  it('is read from both shapes of the link', () => {
    expect(placeOf('/session/AbC-_1')).toEqual({ language: '', path: '/session/AbC-_1' });
    expect(placeOf('/pt-BR/session/AbC/')).toEqual({ language: 'pt-BR', path: '/session/AbC' });
    expect(placeOf('/v3/session/x/y')).toBeNull();
  });
});
