import { createHash, randomBytes, randomUUID, webcrypto } from 'node:crypto';
import {
  type AnswerConsentRequest,
  ConsentAnswer,
  ConsentStatus,
  HostedConsent,
  type ReadConsentRequest,
} from '@selfsame/contracts/share/v1/service';
import { Failure } from '@selfsame/runtime/errors';

/** What the scripted share service knows of the one consent. Tests change it between requests. */
export interface ConsentScript {
  /** Behind the same token as the session. */
  consent: HostedConsent;
  /** Thrown by every call to share while set. */
  shareDown: Failure | null;
  /** Below 0 every nonce is over when it is issued. */
  nonceLifetimeMs: number;
}

/** What share was asked. */
export interface ConsentSeen {
  readonly consentReads: ReadConsentRequest[];
  /** Those that were recorded, or repeated. */
  readonly consentAnswers: AnswerConsentRequest[];
  /** All of them. */
  readonly consentTries: AnswerConsentRequest[];
}

/** In plain words; the share service has them in twelve languages. */
const words = {
  title: 'May Contoso Bank have your result?',
  lines: [
    { label: 'From whom, to whom', texts: ['Northwind gives it to Contoso Bank.'] },
    { label: 'What for', texts: ['To open an account without another check.'] },
    {
      label: 'What is shared',
      texts: [
        'That your check passed, and when.',
        'The first time you sign in to Contoso Bank with a selfie, it may be compared with your face on file at Northwind.',
      ],
    },
    { label: 'What is not shared', texts: ['Your pictures, your face template, and where you were seen.'] },
    { label: 'Until when', texts: ['Until 28 November 2026.'] },
    { label: 'How to withdraw', texts: ['At any time, with the link that brought you here.'] },
  ],
  agree: 'Yes, share it',
  refuse: 'No, don’t share',
  withdraw: 'Withdraw consent',
  given: 'Contoso Bank can now obtain your result. To withdraw, open this link again.',
  refused: 'Nothing is shared. Contoso Bank is not told why.',
  withdrawn: 'Contoso Bank can obtain nothing more by this consent.',
  expired: 'Nobody can obtain anything by this link.',
};

const digestOf = (text: unknown) => createHash('sha256').update(JSON.stringify(text)).digest();

/** A consent that nobody has answered. @param text what differs from the usual words */
export function askedConsent(
  changes: Partial<HostedConsent> = {},
  text: Partial<typeof words> = {},
): HostedConsent {
  const said = { ...words, ...text };
  return HostedConsent.fromPartial({
    consentId: randomUUID(),
    status: ConsentStatus.ASKED,
    applicationName: 'Northwind',
    audienceName: 'Contoso Bank',
    language: 'en',
    text: said,
    textSha256: digestOf(said),
    callback: 'https://app.example/done?order=7',
    ...changes,
  });
}

/** A state of its own for each world. */
export const nothingAsked = (): ConsentSeen => ({ consentReads: [], consentAnswers: [], consentTries: [] });

export const freshConsent = (): ConsentScript => ({
  consent: askedConsent(),
  shareDown: null,
  nonceLifetimeMs: 600_000,
});

const outcomes = {
  [ConsentAnswer.AGREE]: ConsentStatus.GIVEN,
  [ConsentAnswer.REFUSE]: ConsentStatus.REFUSED,
  [ConsentAnswer.WITHDRAW]: ConsentStatus.WITHDRAWN,
} as const;
const names = {
  [ConsentAnswer.AGREE]: 'agree',
  [ConsentAnswer.REFUSE]: 'refuse',
  [ConsentAnswer.WITHDRAW]: 'withdraw',
};

/** ShareService as its contract says, with one consent that is kept in memory. */
export function shareNeighbour(script: ConsentScript, seen: ConsentSeen, state: { tokenSha256: string }) {
  const nonces = new Map<string, { consentId: string; untilMs: number }>();
  const find = (tokenSha256: Uint8Array): HostedConsent => {
    if (script.shareDown !== null) throw script.shareDown;
    if (Buffer.from(tokenSha256).toString('hex') === state.tokenSha256) return script.consent;
    throw new Failure('not_found', 'consent_not_found', 'No consent has this token.');
  };
  const hosted = (consent: HostedConsent) => {
    const nonce = randomBytes(24).toString('base64url');
    nonces.set(nonce, { consentId: consent.consentId, untilMs: Date.now() + script.nonceLifetimeMs });
    return { consent: { ...consent, nonce } };
  };
  const demandPresence = async (request: AnswerConsentRequest, answer: keyof typeof names): Promise<void> => {
    const { nonce, textSha256, devicePublicKey, deviceSignature } = request;
    const text = `${nonce}.${Buffer.from(textSha256).toString('hex')}.${names[answer]}`;
    if (!(await isSigned(devicePublicKey, deviceSignature, text))) throw unproved();
  };

  return {
    async readConsent(request: ReadConsentRequest) {
      seen.consentReads.push(request);
      return hosted(find(request.tokenSha256));
    },
    async answerConsent(request: AnswerConsentRequest) {
      seen.consentTries.push(request);
      const consent = find(request.tokenSha256);
      const { answer } = request;
      if (answer === ConsentAnswer.UNSPECIFIED || answer === ConsentAnswer.UNRECOGNIZED) throw unproved();
      const issued = nonces.get(request.nonce);
      if (issued?.consentId !== consent.consentId || issued.untilMs < Date.now()) throw unproved();
      if (!Buffer.from(request.textSha256).equals(consent.textSha256)) {
        throw new Failure('precondition', 'consent_text_changed', 'Another text.');
      }
      if (answer === ConsentAnswer.AGREE) await demandPresence(request, answer);
      const status = outcomes[answer];
      if (consent.status === ConsentStatus.EXPIRED) {
        throw new Failure('precondition', 'consent_expired', 'Too late.');
      }
      const from = answer === ConsentAnswer.WITHDRAW ? ConsentStatus.GIVEN : ConsentStatus.ASKED;
      if (consent.status !== from && consent.status !== status) {
        throw new Failure('precondition', 'consent_answered', 'Answered otherwise.');
      }
      seen.consentAnswers.push(request);
      script.consent = { ...consent, status };
      return hosted(script.consent);
    },
  };
}

const unproved = () => new Failure('precondition', 'presence_unproved', 'Not proved.');

async function isSigned(key: Uint8Array, signature: Uint8Array, text: string): Promise<boolean> {
  if (key.length !== 65 || signature.length !== 64) return false;
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const known = await webcrypto.subtle.importKey('raw', Buffer.from(key), curve, false, ['verify']);
  const how = { name: 'ECDSA', hash: 'SHA-256' };
  return await webcrypto.subtle.verify(how, known, Buffer.from(signature), Buffer.from(text));
}
