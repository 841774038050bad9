import { createHash } from 'node:crypto';
import { isKnownPurpose } from '../purpose.ts';
import type { Scope } from '../scope.ts';
import { type ConsentLanguage, catalogues } from './languages.ts';
import { type ConsentWords, textVersion } from './words.ts';

/** What a consent is about. */
export interface ConsentSubject {
  readonly applicationName: string;
  readonly audienceName: string;
  readonly purpose: string;
  readonly scope: Scope;
  readonly validUntil: Date;
}

/** What a person reads. */
export interface ConsentText {
  readonly version: string;
  readonly title: string;
  readonly lines: readonly { readonly label: string; readonly texts: readonly string[] }[];
  readonly agree: string;
  readonly refuse: string;
  readonly withdraw: string;
  readonly given: string;
  readonly refused: string;
  readonly withdrawn: string;
  readonly expired: string;
  readonly ended: string;
}

/** The text of a consent in one language; the same for the same consent, whenever and wherever it is drawn. */
export function renderConsent(subject: ConsentSubject, language: ConsentLanguage): ConsentText {
  const words = catalogues[language];
  const values = {
    application: isolated(subject.applicationName, language),
    audience: isolated(subject.audienceName, language),
    purpose: isolated(subject.purpose, language),
    until: isolated(timeText(subject.validUntil, language), language),
    withdraw: words.withdraw,
  };
  const said = (word: keyof ConsentWords) => fill(words[word], values);
  const line = (label: keyof ConsentWords, ...texts: (keyof ConsentWords)[]) => ({
    label: words[label],
    texts: texts.map(said),
  });
  return {
    version: textVersion,
    title: said('title'),
    lines: [
      { label: words.who, texts: [values.audience] },
      { label: words.from, texts: [values.application] },
      line('purpose', isKnownPurpose(subject.purpose) ? `purpose_${subject.purpose}` : 'purpose_own'),
      line('shared', 'shared_result', 'shared_findings', ...furtherChecks[subject.scope]),
      line('kept', 'kept_pictures', 'kept_template', 'kept_places', 'kept_name'),
      line('face', 'face_compared', 'face_after'),
      line('until', 'until_when'),
      line('choice', 'choice_free'),
      line('change', 'change_how', 'change_effect'),
    ],
    agree: words.agree,
    refuse: words.refuse,
    withdraw: words.withdraw,
    given: said('given'),
    refused: said('refused'),
    withdrawn: said('withdrawn'),
    expired: said('expired'),
    ended: said('ended'),
  };
}

const furtherChecks = {
  kyc: [],
  'kyc + aml': ['shared_aml'],
  'kyc + kyb': ['shared_kyb'],
} as const satisfies Record<Scope, readonly (keyof ConsentWords)[]>;

/**
 * SHA-256 of exactly what is shown: of a JSON array of texts and of arrays, so that no two texts read the same.
 */
export function textDigest(text: ConsentText, language: ConsentLanguage): Buffer {
  const { version, title, lines, agree, refuse, withdraw } = text;
  const labelled = lines.map(({ label, texts }) => [label, texts]);
  const afterwards = [text.given, text.refused, text.withdrawn, text.expired, text.ended];
  const shown = [title, labelled, agree, refuse, withdraw, ...afterwards];
  return createHash('sha256')
    .update(JSON.stringify(['selfsame-consent-text', version, language, ...shown]))
    .digest();
}

/** Every place at once: what a name contains is never a place itself. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/**
 * Where the person is nobody knows; a time that is said with its zone is right everywhere. Begun minutes count: nothing is obtained
 * later than they are told.
 */
function timeText(time: Date, language: ConsentLanguage): string {
  const format = new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return `${format.format(Math.ceil(time.getTime() / minuteMs) * minuteMs)} UTC`;
}

const minuteMs = 60_000;

/** Walled in (first strong isolate), so that a name that runs against the sentence moves nothing around it. */
function isolated(value: string, language: ConsentLanguage): string {
  const words = value.replace(turning, '');
  return language === 'ar' || rightToLeftLetters.test(words) ? `\u2068${words}\u2069` : words;
}

/** Controls and marks that turn the direction of writing, of whoever chose the name. */
const turning = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Of Hebrew, Arabic and their relatives. */
const rightToLeftLetters = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
