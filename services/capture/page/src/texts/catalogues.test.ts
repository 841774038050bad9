import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ownTexts } from '../../consent/texts/catalogues.ts';
import { en as consentEn } from '../../consent/texts/en.ts';
import type { Message } from './catalogue.ts';
import { catalogues } from './catalogues.ts';
import { en } from './en.ts';
import { type Language, languages } from './language.ts';

/** The texts of the selfie page, and those that only the consent page has. */
const pages = { selfie: { en, catalogues }, consent: { en: consentEn, catalogues: ownTexts } };
const all = Object.keys(pages) as (keyof typeof pages)[];
const textsOf = (message: Message): string[] =>
  typeof message === 'string' ? [message] : Object.values(message);
const placesOf = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

/** Names, which are the same everywhere. */
const names = /Chrome|Safari|Firefox|Edge|JavaScript|\{\w+\}/g;

describe.each(all.flatMap((page) => languages.map((language) => [page, language] as const)))(
  'the texts of the %s page in %s',
  (page, language) => {
    const english: Readonly<Record<string, Message>> = pages[page].en;
    let catalogue: Readonly<Record<string, Message>>;
    let entries: (readonly [string, Message])[];
    beforeAll(async () => {
      catalogue = await pages[page].catalogues[language]();
      entries = Object.entries(catalogue);
    });

    it('are all there, and none is left over', () => {
      expect(Object.keys(catalogue).sort()).toEqual(Object.keys(english).sort());
    });

    it('have places for the same values as in English', () => {
      for (const [key, message] of Object.entries(english)) {
        const said = textsOf(catalogue[key] ?? '');
        expect(placesOf(said.join()), key).toEqual(placesOf(textsOf(message).join()));
      }
    });

    it('have every form that the language counts with, and no other', () => {
      const rules = new Intl.PluralRules(language);
      const reached = [...new Set(Array.from({ length: 201 }, (_, count) => rules.select(count)))].sort();
      for (const [key, message] of entries) {
        expect(typeof message, key).toBe(typeof english[key]);
        if (typeof message === 'string') continue;
        expect(Object.keys(message).sort(), key).toEqual(reached);
        expect(placesOf(message.other), key).toContain('{count}');
      }
    });

    it('are set with care: no markup, no straight quotes, no stray spaces', () => {
      for (const [key, message] of entries) {
        for (const text of textsOf(message)) {
          expect(text, key).toMatch(/^\S(.*\S)?$/);
          expect(text, key).not.toMatch(/[<>&"'`]|\.\.\.| {2}|\{\W|\w\{|\}\w/);
        }
      }
    });

    it('fit into five kilobytes on the wire', () => {
      expect(gzipSync(JSON.stringify(catalogue), { level: 9 }).length).toBeLessThan(5_000);
    });

    it('say what has to be read at a glance in few words', () => {
      for (const [key, message] of entries) {
        const columns = textsOf(message).map((text) => columnsOf(text.replace(names, 'Application')));
        if (/^(hints|motion)\.(?!missed)/.test(key))
          expect(Math.max(...columns), key).toBeLessThanOrEqual(38);
        if (buttons.has(key)) expect(Math.max(...columns), key).toBeLessThanOrEqual(36);
      }
    });
  },
);

const buttonKeys: readonly (keyof typeof en | keyof typeof consentEn)[] = [
  'leave',
  'try_again',
  'done',
  'back_to',
  'welcome.agree',
  'offer.continue',
  'offer.selfie',
  'device.forget',
  'welcome.sensitive',
  'welcome.cannot_turn',
  'trouble.open_tab',
  'other_way.open',
  'other_way.back',
  'left.resume',
  'following.here',
  'handoff.open',
  'handoff.copy',
  'handoff.stay',
  'flash.start',
  'flash.stop',
  'withdraw.confirm',
  'withdraw.keep',
  'stay',
  'details',
];
const buttons = new Set<string>(buttonKeys);

/** Columns that a text takes: two for a character of full width, none for a mark on another one. */
function columnsOf(text: string): number {
  const wide =
    text.match(/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/g)?.length ?? 0;
  return text.replace(/\p{M}/gu, '').length + wide;
}

describe('a language other than English', () => {
  const others = languages.filter((language) => language !== 'en');
  const ownScript: Partial<Record<Language, RegExp>> = {
    ar: /\p{sc=Arabic}/u,
    hi: /\p{sc=Devanagari}/u,
    ja: /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u,
    ko: /\p{sc=Hangul}/u,
    'zh-CN': /\p{sc=Han}/u,
  };
  const english = /\b(the|and|your|you|with|this|that|again|camera|picture|please|check|of|to|is)\b/i;

  it.each(others)('is not left in English: %s', async (language) => {
    const script = ownScript[language];
    const source: Readonly<Record<string, Message>> = { ...en, ...consentEn };
    const said = [
      ...Object.entries<Message>(await catalogues[language]()),
      ...Object.entries(await ownTexts[language]()),
    ];
    for (const [key, message] of said) {
      for (const text of textsOf(message)) {
        const words = text.replace(names, '');
        expect(textsOf(source[key] ?? ''), key).not.toContain(text);
        if (script === undefined) expect(words, key).not.toMatch(english);
        else {
          expect(words, key).toMatch(script);
          expect(words, key).not.toMatch(/\p{sc=Latin}/u);
        }
      }
    }
  });

  it('keeps the spaces of French from breaking', async () => {
    const said = { ...(await catalogues.fr()), ...(await ownTexts.fr()) };
    for (const [key, message] of Object.entries<Message>(said)) {
      for (const text of textsOf(message)) expect(text, key).not.toMatch(/[^\u202f][?!;]|[^\u00a0]:|« | »/);
    }
  });
});

describe.each(all)('English of the %s page', (page) => {
  const keys = Object.keys(pages[page].en).sort();
  /** Everything that may say a text: the pages, and the service that puts words into them. */
  const sources = ['..', '../../consent', '../../../src']
    .map((folder) => sourcesBelow(join(import.meta.dirname, folder)))
    .join('\n');
  const whole = new Set(Array.from(sources.matchAll(/'([a-z_]+(?:\.\w+)*)'/g), ([, key]) => key));
  const templates = Array.from(
    sources.matchAll(/`([a-z_]+\.[\w.]*)\$\{[^`{}]+\}([\w.]*)`/g),
    ([, before = '', after = '']) => new RegExp(`^${escaped(before)}\\w+${escaped(after)}$`),
  );

  it('has no text that nothing says', () => {
    const unused = keys.filter((key) => !whole.has(key) && !templates.some((template) => template.test(key)));
    expect(unused).toEqual([]);
  });
});

function sourcesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /(?<!\.test)\.tsx?$/.test(file.name))
    .filter((file) => !file.parentPath.endsWith('/texts'))
    .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
    .join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}
