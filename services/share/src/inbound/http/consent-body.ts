import { IsoTime } from '@selfsame/http/schemas';
import { FieldError } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import type { Captured, ConsentAsked } from '../../consents/asking.ts';
import { isCallback, maxCallbackLength } from '../../domain/callback.ts';
import { consentLanguage } from '../../domain/consent-texts/languages.ts';
import { audienceFields, closed, readAudience, readTerms } from './share-body.ts';

const daySeconds = 86_400;
/** Nobody agrees for longer without being asked again. */
const maxValidSeconds = 366 * daySeconds;
const defaultValidSeconds = 30 * daySeconds;
const defaultLinkSeconds = daySeconds;
/** Clocks of applications may be ahead of ours. */
const clockToleranceMs = 5 * 60_000;

const words = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, description });

const CapturedBody = Type.Object(
  {
    at: IsoTime('When they agreed'),
    method: words(100, 'How, such as checkbox or signed_form'),
    text: words(10_000, 'What they read'),
    text_version: words(100, 'Of your text'),
    reference: Type.Optional(words(255, 'Where your own record of it is')),
  },
  { ...closed, description: 'You have asked the user yourself' },
);

/** What a consent is asked with. */
export const AskBody = Type.Object(
  {
    ...audienceFields,
    valid_for_seconds: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: maxValidSeconds,
        description: 'Until when the partner may obtain anything, from now on; 30 days unless given',
      }),
    ),
    valid_until: Type.Optional(IsoTime('The same as a moment')),
    language: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$',
        maxLength: 35,
        description:
          'Where the browser of the user names none that there is; that of the session unless given',
      }),
    ),
    callback: Type.Optional(
      Type.String({
        maxLength: maxCallbackLength,
        description: 'Where the browser goes after the answer, with consent_id and status',
      }),
    ),
    link_expires_in: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 30 * daySeconds,
        description: 'Seconds within which the user may answer; a day unless given',
      }),
    ),
    captured: Type.Optional(CapturedBody),
  },
  closed,
);

type Asked = Static<typeof AskBody>;

/**
 * @param since from when seconds count: now, or when the person agreed
 * @throws FieldError
 */
export function readAsked(body: Asked, since: Date, now: Date): Omit<ConsentAsked, 'sessionId'> {
  return {
    audience: readAudience(body),
    ...readTerms(body),
    validUntil: readValidUntil(body, since, now),
    language: body.language === undefined ? '' : consentLanguage([body.language]),
  };
}

function readValidUntil(body: Asked, since: Date, now: Date): Date {
  if (body.valid_until !== undefined && body.valid_for_seconds !== undefined) {
    throw new FieldError({ valid_until: ['Say it once: by valid_until or by valid_for_seconds.'] });
  }
  const field = body.valid_until === undefined ? 'valid_for_seconds' : 'valid_until';
  const until =
    body.valid_until === undefined
      ? since.getTime() + (body.valid_for_seconds ?? defaultValidSeconds) * 1_000
      : Date.parse(body.valid_until);
  if (until <= now.getTime()) throw new FieldError({ [field]: ['This is in the past.'] });
  if (until > now.getTime() + maxValidSeconds * 1_000) {
    throw new FieldError({ [field]: ['A consent holds for a year at most.'] });
  }
  // People are told minutes, tokens count seconds.
  return new Date(Math.floor(until / 1_000) * 1_000);
}

/** @throws FieldError when it lies in the future */
export function readCaptured({ captured }: Asked, now: Date): Captured | undefined {
  if (captured === undefined) return undefined;
  const at = new Date(captured.at);
  if (at.getTime() > now.getTime() + clockToleranceMs) {
    throw new FieldError({ captured: ['at: This is in the future.'] });
  }
  const { method, text, text_version: textVersion, reference = '' } = captured;
  for (const [field, value] of Object.entries({ method, text, textVersion, reference })) {
    // PostgreSQL keeps no NUL, and half a character cannot be hashed twice alike.
    if (!value.isWellFormed() || value.includes('\0')) {
      throw new FieldError({ captured: [`${field}: This is no text.`] });
    }
  }
  return { at: at > now ? now : at, method, text, textVersion, reference };
}

/** Empty: there is none. @throws FieldError */
export function readCallback({ callback = '' }: Asked): string {
  if (callback !== '' && !isCallback(callback)) throw new FieldError({ callback: ['Enter a valid URL.'] });
  return callback;
}

export function readLinkEnd({ link_expires_in: seconds = defaultLinkSeconds }: Asked, now: Date): Date {
  return new Date(now.getTime() + seconds * 1_000);
}
