import type { KeyObject } from 'node:crypto';
import type { Context } from './context.ts';
import type { DestinationTerms } from './domain/delivery.ts';
import type { SigningKey } from './domain/signature.ts';
import { ed25519KeyOf } from './outbound/secrets.ts';

/** What says how a destination's deliveries are signed. */
type SigningTerms = Pick<
  DestinationTerms,
  'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretEndsAt' | 'asymmetricSignature'
>;

/** Deriving one costs as much as signing with it. */
const derivedKeys = new Map<string, KeyObject>();
const maxDerivedKeys = 1_000;

/** The keys that sign for a destination now: the current one, and the previous one until it ends. */
export function signingKeys(
  context: Context,
  destinationId: string,
  terms: SigningTerms,
): readonly [SigningKey, ...SigningKey[]] {
  const { secrets, now } = context;
  const keyOf = (sealed: Buffer): SigningKey => {
    const secret = secrets.open(sealed, destinationId);
    if (!terms.asymmetricSignature) return { secret };
    return { secret, ed25519: derivedKey(context, destinationId, sealed, secret) };
  };
  const current = keyOf(terms.sealedSecret);
  const { sealedPreviousSecret, previousSecretEndsAt } = terms;
  const overlaps = previousSecretEndsAt !== null && previousSecretEndsAt > now();
  return sealedPreviousSecret !== null && overlaps ? [current, keyOf(sealedPreviousSecret)] : [current];
}

function derivedKey({ config }: Context, destinationId: string, sealed: Buffer, secret: string): KeyObject {
  // The sealed form is unique to the secret, the destination and the service's key, and tells nothing.
  const name = sealed.toString('base64');
  const known = derivedKeys.get(name);
  if (known !== undefined) return known;
  const key = ed25519KeyOf(config.secretKey, secret, destinationId);
  if (derivedKeys.size >= maxDerivedKeys)
    for (const oldest of derivedKeys.keys().take(1)) derivedKeys.delete(oldest);
  derivedKeys.set(name, key);
  return key;
}
