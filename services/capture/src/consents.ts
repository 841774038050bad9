import { ConsentAnswer, ConsentStatus, type HostedConsent } from '@selfsame/contracts/share/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { ConsentRequest, ConsentView } from './consent-wire.ts';
import type { Context } from './context.ts';
import { consentText, type DeviceProof, isProofValid } from './domain/device-proof.ts';

/**
 * What a person is asked, or has answered; changes nothing.
 * @param wanted in which languages; the text comes in what the link names, else in what the application has set
 * @throws Failure `not_found`
 */
export async function readConsent(
  { neighbours }: Context,
  tokenSha256: Buffer,
  wanted: WantedLanguages,
): Promise<HostedConsent> {
  const asked = { tokenSha256, askedLanguage: wanted.asked, languages: [...wanted.accepted] };
  return hostedConsent((await neighbours.share.readConsent(asked)).consent);
}

/** What a request says of languages. */
export interface WantedLanguages {
  /** That the link names; empty: none. */
  readonly asked: string;
  /** Of the browser, best first. */
  readonly accepted: readonly string[];
}

/** How a page answers. */
export interface Answering {
  readonly tokenSha256: Buffer;
  readonly request: ConsentRequest;
  /** 32 bytes; where the request comes from. */
  readonly networkSha256: Buffer;
}

/**
 * The person agrees, refuses or withdraws. Agreeing takes a signature of this browser over what was shown; refusing and
 * withdrawing is open to every browser. Whether nonce and text are still those of this consent, share knows.
 * @throws Failure `not_found`, `presence_unproved`, or what share refuses
 */
export async function answerConsent(
  { neighbours }: Context,
  { tokenSha256, request, networkSha256 }: Answering,
): Promise<ConsentView> {
  const { answer, nonce, text_sha256: textSha256, proof } = request;
  const isSigned = proof !== undefined && (await isProofValid(proof, consentText(nonce, textSha256, answer)));
  if (answer === 'agree' && !isSigned) {
    throw new Failure('precondition', 'presence_unproved', 'Agreeing takes a signature of the browser.');
  }
  const { consent } = await neighbours.share.answerConsent({
    tokenSha256,
    answer: answers[answer],
    nonce,
    textSha256: Buffer.from(textSha256, 'hex'),
    language: request.language,
    ...(isSigned ? proofBytes(proof) : noProof),
    networkSha256,
    shownMs: request.shown_ms,
  });
  return consentViewOf(hostedConsent(consent));
}

const answers = {
  agree: ConsentAnswer.AGREE,
  refuse: ConsentAnswer.REFUSE,
  withdraw: ConsentAnswer.WITHDRAW,
} as const;

const noProof = { devicePublicKey: Buffer.alloc(0), deviceSignature: Buffer.alloc(0) };
const proofBytes = (proof: DeviceProof) => ({
  devicePublicKey: Buffer.from(proof.public_key, 'base64url'),
  deviceSignature: Buffer.from(proof.signature, 'base64url'),
});

/** The consent of an answer, which protobuf allows to be absent and share never leaves out. */
function hostedConsent(consent: HostedConsent | undefined): HostedConsent {
  if (consent === undefined)
    throw new Failure('internal', 'consent_missing', 'The consent could not be read.');
  return consent;
}

/** What the page may know of a consent. @throws Failure `consent_missing` when it has no text or no status */
export function consentViewOf(consent: HostedConsent): ConsentView {
  const { text, appearance } = consent;
  const status = statuses[consent.status];
  if (text === undefined || status === undefined) {
    throw new Failure('internal', 'consent_missing', 'The consent could not be read.');
  }
  const { lines, ...words } = text;
  return {
    consent_id: consent.consentId,
    status,
    application_name: consent.applicationName,
    audience_name: consent.audienceName,
    language: consent.language,
    text: { ...words, lines: lines.map(({ label, texts }) => ({ label, texts: [...texts] })) },
    nonce: consent.nonce,
    text_sha256: Buffer.from(consent.textSha256).toString('hex'),
    callback: consent.callback,
    logo_url: appearance?.logoSquareUrl || appearance?.logoRectangularUrl || '',
    privacy_policy_url: appearance?.privacyPolicyUrl ?? '',
  };
}

const statuses: Partial<Record<ConsentStatus, ConsentView['status']>> = {
  [ConsentStatus.ASKED]: 'asked',
  [ConsentStatus.GIVEN]: 'given',
  [ConsentStatus.REFUSED]: 'refused',
  [ConsentStatus.WITHDRAWN]: 'withdrawn',
  [ConsentStatus.EXPIRED]: 'expired',
};
