import Type from 'typebox';
import { deviceProof } from './wire.ts';

/** What the consent page and this service say to each other. The page imports the types only. */

const consentStatus = Type.Union([
  Type.Literal('asked'),
  Type.Literal('given'),
  Type.Literal('refused'),
  Type.Literal('withdrawn'),
  Type.Literal('expired'),
]);
export type ConsentStatus = Type.Static<typeof consentStatus>;

/** What a person reads, in one language; the record of their answer keeps the digest of exactly this. */
const consentText = Type.Object({
  title: Type.String(),
  lines: Type.Array(Type.Object({ label: Type.String(), texts: Type.Array(Type.String()) })),
  agree: Type.String(),
  refuse: Type.String(),
  withdraw: Type.String(),
  given: Type.String(),
  refused: Type.String(),
  withdrawn: Type.String(),
  expired: Type.String(),
});

/** The consent as its user may see it. */
export const consentView = Type.Object({
  consent_id: Type.String(),
  status: consentStatus,
  application_name: Type.String(),
  audience_name: Type.String(),
  language: Type.String({ description: 'Of the text' }),
  text: consentText,
  nonce: Type.String({ description: 'What the page signs with its answer; good for an hour' }),
  text_sha256: Type.String({ description: 'Hex; of what was shown' }),
  callback: Type.String({ description: 'Empty: there is none' }),
  logo_url: Type.String({ description: 'Instead of the monogram; empty: none' }),
  privacy_policy_url: Type.String({ description: 'Empty: none' }),
});
export type ConsentView = Type.Static<typeof consentView>;

const consentAnswer = Type.Union([Type.Literal('agree'), Type.Literal('refuse'), Type.Literal('withdraw')]);
export type ConsentAnswer = Type.Static<typeof consentAnswer>;

const languageCode = Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$', maxLength: 35 });

/** Body of an answer. */
export const consentRequest = Type.Object(
  {
    answer: consentAnswer,
    /** As the page got it. */
    nonce: Type.String({ minLength: 1, maxLength: 256 }),
    /** Of the text that was on the screen. */
    text_sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    language: languageCode,
    /** Over `{nonce}.{text_sha256}.{answer}`. Only agreeing has to be signed. */
    proof: Type.Optional(deviceProof),
    /** For how long the text was before the person's eyes. */
    shown_ms: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
  },
  { additionalProperties: false },
);
export type ConsentRequest = Type.Static<typeof consentRequest>;

/** In which language the page goes on. */
export const consentQuery = Type.Object({ language: Type.Optional(languageCode) });
