import type { Context } from './context.ts';
import type { DestinationTerms } from './domain/delivery.ts';
import type { SigningKey } from './domain/signature.ts';
import { ed25519KeyOf } from './outbound/secrets.ts';

/** What says how a destination's deliveries are signed. */
type SigningTerms = Pick<
  DestinationTerms,
  'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretEndsAt' | 'asymmetricSignature'
>;

/** Opening a secret and deriving a key cost more than signing does. */
const opened = new Map<string, SigningKey>();
const maxOpened = 1_000;

/** The keys that sign for a destination now: the current one, and the previous one until it ends. */
export function signingKeys(
  context: Context,
  destinationId: string,
  terms: SigningTerms,
): readonly [SigningKey, ...SigningKey[]] {
  const keyOf = (sealed: Buffer) => openKey(context, destinationId, sealed, terms.asymmetricSignature);
  const current = keyOf(terms.sealedSecret);
  const { sealedPreviousSecret, previousSecretEndsAt } = terms;
  const overlaps = previousSecretEndsAt !== null && previousSecretEndsAt > context.now();
  return sealedPreviousSecret !== null && overlaps ? [current, keyOf(sealedPreviousSecret)] : [current];
}

function openKey(
  { secrets, config }: Context,
  destinationId: string,
  sealed: Buffer,
  isAsymmetric: boolean,
): SigningKey {
  // The sealed form is unique to the secret, the destination and the service's key, and tells nothing.
  const name = sealed.toString(isAsymmetric ? 'hex' : 'base64');
  const known = opened.get(name);
  if (known !== undefined) return known;
  const secret = secrets.open(sealed, destinationId);
  const key: SigningKey = isAsymmetric
    ? { secret, ed25519: ed25519KeyOf(config.secretKey, secret, destinationId) }
    : { secret };
  if (opened.size >= maxOpened) for (const oldest of opened.keys().take(1)) opened.delete(oldest);
  opened.set(name, key);
  return key;
}
