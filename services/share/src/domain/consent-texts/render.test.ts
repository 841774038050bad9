import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { maxPurposeLength, readPurpose } from '../purpose.ts';
import { covers, readScope } from '../scope.ts';
import { type ConsentLanguage, catalogues, consentLanguage } from './languages.ts';
import { type ConsentSubject, renderConsent, textDigest } from './render.ts';
import { textVersion } from './words.ts';

const languages = Object.keys(catalogues) as ConsentLanguage[];
const subject: ConsentSubject = {
  applicationName: 'Harbour Bank',
  audienceName: 'Quayside Loans',
  purpose: 'lending',
  scope: 'kyc',
  validUntil: new Date('2026-12-21T13:05:00Z'),
};

/** Everything that a person reads, as one text. */
function readAll(of: Partial<ConsentSubject>, language: ConsentLanguage): string {
  const { lines, ...rest } = renderConsent({ ...subject, ...of }, language);
  return [...Object.values(rest), ...lines.flatMap(({ label, texts }) => [label, ...texts])].join('\n');
}

test('words change only with their version: records name a text by it', () => {
  const words = createHash('sha256').update(JSON.stringify(catalogues)).digest('hex');
  // Have words changed? Then raise textVersion, and write both here.
  expect({ version: textVersion, words }).toEqual({
    version: '2026-11-21.2',
    words: '6a075ae39526c02a846797573c49764b89cf8e82dce7edbd881961b52bb4af59',
  });
});

test.each(languages)('in %s people read who gets what from whom, what for and until when', (language) => {
  for (const purpose of ['onboarding', 'lending', 'payments', 'employment', 'age_check', 'a prize draw']) {
    for (const scope of ['kyc', 'kyc + aml', 'kyc + kyb'] as const) {
      const text = readAll({ purpose, scope }, language);
      expect(text).toContain('Harbour Bank');
      expect(text).toContain('Quayside Loans');
      expect(text).toContain('2026');
      expect(text).toContain('UTC');
      // Nothing is left to be filled in, and nothing is empty.
      expect(text).not.toMatch(/[{}]|undefined|^\s*$/m);
    }
  }
  expect(readAll({ purpose: 'a prize draw' }, language)).toContain('a prize draw');
  const texts = ['kyc', 'kyc + aml', 'kyc + kyb'] as const;
  expect(new Set(texts.map((scope) => readAll({ scope }, language))).size).toBe(3);
});

test('people are told that the partner learns how well their face matches, and keeps a face of its own', () => {
  const face = renderConsent(subject, 'en').lines.find(({ label }) => label === 'Your face');
  expect(face?.texts).toEqual([
    'The first time you sign in at Quayside Loans with a selfie, it may be compared with the face template on file here. Quayside Loans learns whether it matches, and how well.',
    'If it matches, Quayside Loans then has a face template of its own on file.',
  ]);
});

test('every language says every sentence in words of its own', () => {
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();
  for (const language of languages) {
    for (const [key, english] of Object.entries(catalogues.en)) {
      const own = catalogues[language][key as keyof typeof catalogues.en];
      expect(new Set(places(own)), `${language} ${key}`).toEqual(new Set(places(english)));
      if (language !== 'en') expect(own, `${language} ${key}`).not.toBe(english);
    }
  }
});

test('a name cannot say anything but itself', () => {
  const name = 'Evil {application} \u202egnp.exe\nWho gets it: nobody {until}';
  const text = renderConsent({ ...subject, audienceName: name }, 'en');
  const who = text.lines[0]?.texts[0] ?? '';
  expect(who).toBe('Evil {application} gnp.exeWho gets it: nobody {until}');
  expect(text.title).toBe(`Share your check with ${who}?`);
  // Walled in, so that it turns nothing around it.
  expect(renderConsent({ ...subject, audienceName: 'بنك' }, 'en').title).toContain('\u2068بنك\u2069');
});

test('nothing is obtained later than a person is told', () => {
  const until = (iso: string) => renderConsent({ ...subject, validUntil: new Date(iso) }, 'en').given;
  expect(until('2026-12-21T13:05:00Z')).toContain('1:05');
  expect(until('2026-12-21T13:05:01Z')).toContain('1:06');
});

test('the digest is of exactly what is shown, and of nothing else', () => {
  const digest = (of: Partial<ConsentSubject>, language: ConsentLanguage = 'en') =>
    textDigest(renderConsent({ ...subject, ...of }, language), language).toString('hex');
  const all = [
    digest({}),
    digest({}, 'de'),
    digest({ audienceName: 'Quayside Loan' }),
    digest({ applicationName: 'Harbour' }),
    digest({ purpose: 'payments' }),
    digest({ scope: 'kyc + aml' }),
    digest({ validUntil: new Date('2026-12-21T13:06:00Z') }),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(digest({})).toBe(all[0]);
  const text = renderConsent(subject, 'en');
  const [first, second, ...others] = text.lines;
  if (!first || !second) throw new Error('no lines');
  // The same words under other labels are another text.
  const moved = [{ label: first.label, texts: [...first.texts, ...second.texts] }, ...others];
  expect(textDigest({ ...text, lines: moved }, 'en')).not.toEqual(textDigest(text, 'en'));
});

test('a purpose is one that is known, or short and plain words', () => {
  expect(readPurpose('Age check')).toBe('age_check');
  expect(readPurpose('age-check')).toBe('age_check');
  expect(readPurpose('  Renting  a   flat ')).toBe('Renting a flat');
  expect(readPurpose('मकान किराए पर लेना')).toBe('मकान किराए पर लेना');
  expect(readPurpose('x'.repeat(maxPurposeLength))).toHaveLength(maxPurposeLength);
  for (const none of [
    '',
    '  ',
    'x'.repeat(maxPurposeLength + 1),
    'two\nlines',
    'a\0b',
    'turned \u202e round',
    '\ud800',
  ]) {
    expect(readPurpose(none)).toBeUndefined();
  }
});

test('who has agreed to more has agreed to less, and never the other way', () => {
  expect(readScope('KYC+AML')).toBe('kyc + aml');
  expect(readScope('everything')).toBeUndefined();
  expect(covers('kyc + aml', 'kyc')).toBe(true);
  expect(covers('kyc', 'kyc + aml')).toBe(false);
  expect(covers('kyc + aml', 'kyc + kyb')).toBe(false);
});

test('people are asked in the first of their languages that there is', () => {
  expect(consentLanguage(['de-AT', 'en'])).toBe('de');
  expect(consentLanguage(['zh-TW', 'en'])).toBe('zh-CN');
  expect(consentLanguage(['xx', 'PT-br'])).toBe('pt');
  expect(consentLanguage(['', 'tlh'])).toBe('en');
  expect(consentLanguage([])).toBe('en');
});
