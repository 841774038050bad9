import type { Transaction } from '@selfsame/database/database';
import { type ConsentStatus, statusAt } from '../domain/consent.ts';
import type { ConsentLanguage } from '../domain/consent-texts/languages.ts';
import { type ConsentText, renderConsent, textDigest } from '../domain/consent-texts/render.ts';
import { type ConsentRow, type ConsentWanted, findGiven } from '../outbound/consent-store.ts';
import type { Tables } from '../outbound/tables.ts';

/** A consent that allows a share. */
export interface ValidConsent {
  readonly id: string;
  readonly givenAt: Date;
  /** No share by it lives longer. */
  readonly validUntil: Date;
}

/**
 * A given consent for this session, audience and purpose, with a scope at least as wide, that is not over. It is held until the end
 * of the transaction: who withdraws it waits for the share that is being made, and then ends it too.
 */
export async function findValidConsent(
  tx: Transaction<Tables>,
  wanted: ConsentWanted,
): Promise<ValidConsent | undefined> {
  const row = await findGiven(tx, wanted, new Date());
  if (row === undefined || row.answered_at === null) return undefined;
  return { id: row.id, givenAt: row.answered_at, validUntil: row.valid_until };
}

/** How a consent stands. */
export function consentStatus(row: ConsentRow, now: Date): ConsentStatus {
  const { state, answer_by: answerBy, valid_until: validUntil } = row;
  return statusAt({ state, answerBy, validUntil }, now);
}

/** What a person reads, and its digest. */
export interface HostedText {
  readonly text: ConsentText;
  readonly language: ConsentLanguage;
  readonly sha256: Buffer;
}

/** The text of a consent in one language. */
export function hostedText(row: ConsentRow, language: ConsentLanguage): HostedText {
  const text = renderConsent(
    {
      applicationName: row.application_name,
      audienceName: row.audience_name,
      purpose: row.purpose,
      scope: row.scope,
      validUntil: row.valid_until,
    },
    language,
  );
  return { text, language, sha256: textDigest(text, language) };
}
