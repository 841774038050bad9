import type { Context } from './context.ts';
import type { DestinationTerms } from './domain/delivery.ts';
import type { SigningKey } from './domain/signature.ts';
import { ed25519KeyOf } from './outbound/secrets.ts';

/** What says how a destination's deliveries are signed. */
type SigningTerms = Pick<
  DestinationTerms,
  'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretEndsAt' | 'asymmetricSignature'
>;

/** The keys that sign for a destination now: the current one, and the previous one until it ends. */
export function signingKeys(
  context: Context,
  destinationId: string,
  terms: SigningTerms,
): readonly [SigningKey, ...SigningKey[]] {
  const { secrets, config, now } = context;
  const keyOf = (sealed: Buffer): SigningKey => {
    const secret = secrets.open(sealed, destinationId);
    return terms.asymmetricSignature
      ? { secret, ed25519: ed25519KeyOf(config.secretKey, secret, destinationId) }
      : { secret };
  };
  const current = keyOf(terms.sealedSecret);
  const { sealedPreviousSecret, previousSecretEndsAt } = terms;
  const overlaps = previousSecretEndsAt !== null && previousSecretEndsAt > now();
  return sealedPreviousSecret !== null && overlaps ? [current, keyOf(sealedPreviousSecret)] : [current];
}
