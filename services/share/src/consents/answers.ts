import { createHash } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import type { ConsentStatus } from '../domain/consent.ts';
import { isNonceGood } from '../domain/consent-nonce.ts';
import type { ConsentLanguage } from '../domain/consent-texts/languages.ts';
import { type DeviceSignature, hasSigned } from '../domain/device-signature.ts';
import { countConsent } from '../metrics.ts';
import {
  type ConsentRow,
  findConsentByToken,
  lockConsent,
  updateConsent,
} from '../outbound/consent-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { revokeSharesOf } from '../shares/revocation.ts';
import { consentStatus, type HostedText, hostedText } from './consents.ts';
import { detailsText, type Evidence, openPage, sealDetails } from './details.ts';
import { coreOfGiven, coreOfWithdrawal, storeGiven, storeWithdrawn } from './signed-core.ts';

/** What a person can say. */
export type Answer = 'agree' | 'refuse' | 'withdraw';

/** An answer as it came from the page, with what it is proved by. */
export interface AnswerGiven {
  readonly tokenSha256: Buffer;
  readonly answer: Answer;
  readonly nonce: string;
  readonly textSha256: Buffer;
  /** Of the text that was shown. */
  readonly language: ConsentLanguage;
  readonly device: DeviceSignature;
  /** Empty when unknown. */
  readonly networkSha256: Buffer;
  readonly shownMs: number;
}

/** What each answer makes of a consent, and what it takes. */
const outcomes = {
  agree: { from: 'asked', to: 'given' },
  refuse: { from: 'asked', to: 'refused' },
  withdraw: { from: 'given', to: 'withdrawn' },
} as const satisfies Record<Answer, { from: ConsentStatus; to: ConsentStatus }>;

/**
 * A person agrees, refuses or withdraws. Of two answers at once one wins; repeated, it is the same answer. Refusing and withdrawing is
 * open to every browser; agreeing takes a signature over what was shown.
 * @throws Failure `consent_not_found`, `consent_expired`, `consent_answered`, `consent_text_changed`, `presence_unproved`
 */
export async function answerConsent(context: Context, given: AnswerGiven): Promise<ConsentRow> {
  const { database } = context;
  const found = await findConsentByToken(database.db, given.tokenSha256);
  if (found === undefined) throw unknown();
  if (isAnswered(found, given.answer)) return found;
  if (given.answer === 'withdraw') return await withdrawConsent(context, found, 'person');
  if (given.answer === 'agree') return await agree(context, found, given);
  return await database.transaction(async (tx) => {
    const row = await lockFor(tx, found, 'refuse');
    if (row === undefined) return await current(tx, found);
    database.onCommit(tx, () => countConsent('refused'));
    return await updateConsent(tx, row.id, {
      state: 'refused',
      answered_at: new Date(),
      language: given.language,
    });
  });
}

/**
 * Ends a consent, and in the same transaction every open share that rests on it.
 * @param by whose act it is: the person's on the link, or the application's that they have told
 * @throws Failure `consent_expired`, `consent_answered`
 */
export async function withdrawConsent(
  context: Context,
  found: ConsentRow,
  by: 'person' | 'application',
): Promise<ConsentRow> {
  const { database, signing } = context;
  if (isAnswered(found, 'withdraw')) return found;
  const at = new Date();
  const core = coreOfWithdrawal(context, found, { at, by });
  const jws = await signing.sign('selfsame-consent-withdrawal+jwt', core);
  return await database.transaction(async (tx) => {
    const row = await lockFor(tx, found, 'withdraw');
    if (row === undefined) return await current(tx, found);
    const withdrawn = await updateConsent(tx, row.id, { state: 'withdrawn', withdrawn_at: at });
    // Shares before the record, as in an import: two that meet wait for one another, and not crosswise.
    await revokeSharesOf(context, tx, row.id);
    await storeWithdrawn(context, tx, withdrawn, { jws, by });
    return withdrawn;
  });
}

async function agree(context: Context, found: ConsentRow, given: AnswerGiven): Promise<ConsentRow> {
  const { database, signing, keyring } = context;
  const answeredAt = new Date();
  requireAnswerable(found, 'agree', answeredAt);
  const text = hostedText(found, given.language);
  if (!given.textSha256.equals(text.sha256)) {
    throw refused('consent_text_changed', 'What was shown is not what is asked any more. Read it again.');
  }
  const signedText = `${given.nonce}.${text.sha256.toString('hex')}.agree`;
  const isPresent =
    isNonceGood(keyring.root, found.id, given.nonce, answeredAt) &&
    (await hasSigned(given.device, signedText));
  if (!isPresent) throw refused('presence_unproved', 'Agreeing takes a signature of the browser.');
  const evidence = await evidenceOf(context, found, given, signedText);
  const details = detailsText({ session_id: found.session_id, shown: text.text, evidence });
  const jws = await signing.sign(
    'selfsame-consent+jwt',
    coreOfGiven(context, found, givenOf(evidence, text)),
  );

  function givenOf({ kind }: Evidence, { text: { version }, sha256, language }: HostedText) {
    return {
      answeredAt,
      evidenceKind: kind,
      textVersion: version,
      textSha256: sha256,
      language,
      details,
    };
  }

  return await database.transaction(async (tx) => {
    const row = await lockFor(tx, found, 'agree');
    if (row === undefined) return await current(tx, found);
    const answered = await updateConsent(tx, row.id, {
      state: 'given',
      answered_at: answeredAt,
      language: text.language,
      evidence_kind: evidence.kind,
      details: sealDetails(context, row, details),
    });
    await storeGiven(context, tx, answered, jws);
    return answered;
  });
}

/** Whether the browser that agrees took one of the session's selfies, as far as anybody can tell. */
async function evidenceOf(
  context: Context,
  row: ConsentRow,
  { device, networkSha256, shownMs }: AnswerGiven,
  signedText: string,
): Promise<Evidence> {
  const keySha256 = createHash('sha256').update(device.publicKey).digest();
  return {
    kind: (await tookSelfie(context, row, keySha256)) ? 'selfie_device' : 'device_signature',
    device_public_key: device.publicKey.toString('base64url'),
    device_key_sha256: keySha256.toString('hex'),
    device_signature: device.signature.toString('base64url'),
    signed_text: signedText,
    ...(networkSha256.length === 0 ? {} : { network_sha256: networkSha256.toString('hex') }),
    shown_ms: shownMs,
  };
}

/** Nobody is kept from agreeing by a neighbour that is away: then the evidence says less. */
async function tookSelfie(context: Context, row: ConsentRow, keySha256: Buffer): Promise<boolean> {
  const deviceNames = row.page === null ? [] : (await openPage(context, row, row.page)).deviceNames;
  if (deviceNames.length === 0) return false;
  try {
    const asked = { applicationId: row.application_id, keySha256 };
    const { deviceName } = await context.fraudSignals.nameDevice(asked);
    return deviceName !== '' && deviceNames.includes(deviceName);
  } catch (error) {
    context.log.warn(
      { consent_id: row.id, code: errorCode(error) },
      'the device of a consent cannot be named',
    );
    return false;
  }
}

/** The row, held; undefined when somebody else has meanwhile said the same. */
async function lockFor(
  tx: Transaction<Tables>,
  found: ConsentRow,
  answer: Answer,
): Promise<ConsentRow | undefined> {
  const row = await lockConsent(tx, found.id);
  if (row === undefined) throw unknown();
  if (isAnswered(row, answer)) return undefined;
  requireAnswerable(row, answer, new Date());
  return row;
}

async function current(tx: Transaction<Tables>, found: ConsentRow): Promise<ConsentRow> {
  return (await lockConsent(tx, found.id)) ?? found;
}

/** Whether this answer was given already, and has not been followed by another. */
const isAnswered = (row: ConsentRow, answer: Answer) => row.state === outcomes[answer].to;

function requireAnswerable(row: ConsentRow, answer: Answer, now: Date): void {
  const status = consentStatus(row, now);
  if (status === 'expired') throw refused('consent_expired', 'This consent has expired.');
  if (status !== outcomes[answer].from) throw refused('consent_answered', 'This was answered otherwise.');
}

const unknown = () => new Failure('not_found', 'consent_not_found', 'Not found.');
const refused = (code: string, text: string) => new Failure('precondition', code, text);
