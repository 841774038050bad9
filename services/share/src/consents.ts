import type { Transaction } from '@selfsame/database/database';
import { type ConsentWanted, findGiven } from './outbound/consent-store.ts';
import type { Tables } from './outbound/tables.ts';

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
