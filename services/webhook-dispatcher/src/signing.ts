import type { Context } from './context.ts';
import type { DestinationTerms } from './domain/delivery.ts';
import type { SigningKey } from './domain/signature.ts';
import { ed25519KeyOf, type SecretOwner } from './outbound/secrets.ts';

/** What says how a destination's deliveries are signed. */
type SigningTerms = Pick<
  DestinationTerms,
  'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretEndsAt' | 'asymmetricSignature'
>;

/** Opening a secret and deriving a key cost more than signing does. */
const opened = new Map<string, SigningKey>();
const maxOpened = 1_000;

/**
 * The keys that sign for a destination now: the current one, and the previous one until it ends.
 * @throws Failure `sealed_unopenable`
 */
export async function signingKeys(
  context: Context,
  owner: SecretOwner,
  terms: SigningTerms,
): Promise<readonly [SigningKey, ...SigningKey[]]> {
  const keyOf = (sealed: Buffer) => openKey(context, owner, sealed, terms.asymmetricSignature);
  const current = await keyOf(terms.sealedSecret);
  const { sealedPreviousSecret, previousSecretEndsAt } = terms;
  const overlaps = previousSecretEndsAt !== null && previousSecretEndsAt > context.now();
  return sealedPreviousSecret !== null && overlaps ? [current, await keyOf(sealedPreviousSecret)] : [current];
}

async function openKey(
  { secrets, keyring }: Context,
  owner: SecretOwner,
  sealed: Buffer,
  isAsymmetric: boolean,
): Promise<SigningKey> {
  // With the owner: what was sealed for another one is not open to this one for having been opened before.
  const name = [owner.applicationId, owner.id, sealed.toString(isAsymmetric ? 'hex' : 'base64')].join(' ');
  const known = opened.get(name);
  if (known !== undefined) return known;
  const secret = await secrets.open(sealed, owner);
  const key: SigningKey = isAsymmetric
    ? { secret, ed25519: ed25519KeyOf(keyring.root, secret, owner.id) }
    : { secret };
  if (opened.size >= maxOpened) for (const oldest of opened.keys().take(1)) opened.delete(oldest);
  opened.set(name, key);
  return key;
}
