import type { ShareServiceImplementation } from '@selfsame/contracts/share/v1/service';
import { ConsentAnswer, ConsentStatus, type HostedConsent } from '@selfsame/contracts/share/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { type Answer, answerConsent } from '../consents/answers.ts';
import { consentStatus, hostedText } from '../consents/consents.ts';
import { openPage } from '../consents/details.ts';
import type { Context } from '../context.ts';
import { consentNonce } from '../domain/consent-nonce.ts';
import {
  type ConsentLanguage,
  consentLanguage,
  isConsentLanguage,
} from '../domain/consent-texts/languages.ts';
import { type ConsentRow, findConsentByToken } from '../outbound/consent-store.ts';

const answers: Partial<Record<ConsentAnswer, Answer>> = {
  [ConsentAnswer.AGREE]: 'agree',
  [ConsentAnswer.REFUSE]: 'refuse',
  [ConsentAnswer.WITHDRAW]: 'withdraw',
};

const statuses = {
  asked: ConsentStatus.ASKED,
  given: ConsentStatus.GIVEN,
  refused: ConsentStatus.REFUSED,
  withdrawn: ConsentStatus.WITHDRAWN,
  expired: ConsentStatus.EXPIRED,
} as const;

/** What the hosted page asks about consents. */
export function consentRpc(context: Context): ShareServiceImplementation {
  return {
    async readConsent({ tokenSha256, languages, askedLanguage }) {
      const row = await findConsentByToken(context.database.db, Buffer.from(tokenSha256));
      if (row === undefined) throw new Failure('not_found', 'consent_not_found', 'Not found.');
      const language = consentLanguage([askedLanguage, row.language, ...languages]);
      return { consent: await hosted(context, row, language) };
    },
    async answerConsent(request) {
      const answer = answers[request.answer];
      if (answer === undefined) throw new Failure('invalid', 'answer_unknown', 'There is no such answer.');
      const { language } = request;
      if (!isConsentLanguage(language)) {
        throw new Failure('invalid', 'language_unknown', 'There is no text in this language.');
      }
      const row = await answerConsent(context, {
        answer,
        language,
        tokenSha256: Buffer.from(request.tokenSha256),
        nonce: request.nonce,
        textSha256: Buffer.from(request.textSha256),
        device: {
          publicKey: Buffer.from(request.devicePublicKey),
          signature: Buffer.from(request.deviceSignature),
        },
        networkSha256: Buffer.from(request.networkSha256),
        shownMs: request.shownMs,
      });
      return { consent: await hosted(context, row, language) };
    },
  };
}

async function hosted(context: Context, row: ConsentRow, language: ConsentLanguage): Promise<HostedConsent> {
  const { text, sha256 } = hostedText(row, language);
  const page = row.page === null ? undefined : await openPage(context, row, row.page);
  const now = new Date();
  return {
    consentId: row.id,
    status: statuses[consentStatus(row, now)],
    applicationName: row.application_name,
    audienceName: row.audience_name,
    language,
    text: {
      ...text,
      lines: text.lines.map(({ label, texts }) => ({ label, texts: [...texts] })),
      // What was never answered has shared nothing; what was agreed to, perhaps.
      expired: row.state === 'asked' ? text.expired : text.ended,
    },
    nonce: consentNonce(context.keyring.root, row.id, now),
    textSha256: sha256,
    callback: page?.callback ?? '',
    appearance: page?.appearance,
  };
}
