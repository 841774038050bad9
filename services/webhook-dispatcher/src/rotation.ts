import type { Context } from './context.ts';
import type { Owner } from './destinations.ts';
import type { Destination } from './domain/delivery.ts';
import {
  type DestinationChange,
  findDestinationById,
  lockDestination,
  updateDestination,
} from './outbound/destination-store.ts';
import { writeHistory } from './outbound/history-store.ts';
import { newSecret, type PublicJwk, publicKeyText, toJwk } from './outbound/secrets.ts';
import { signingKeys } from './signing.ts';

/** How long the previous secret signs beside the new one unless its owner says otherwise: a day to change a setting. */
export const defaultOverlapSeconds = 86_400;
/** A week: a secret that was replaced shall end some day. */
export const maxOverlapSeconds = 604_800;

/**
 * Gives a destination a new secret. The present one signs on until the overlap has passed; one that was replaced before
 * it ends now.
 *
 * @returns false when this application has none of that id
 */
export async function rotateSecret(
  context: Context,
  owner: Owner,
  id: string,
  overlapSeconds: number,
): Promise<boolean> {
  return await context.database.transaction(async (tx) => {
    const destination = await lockDestination(tx, owner.applicationId, id);
    if (destination === undefined) return false;
    await updateDestination(tx, id, rotation(context, destination, overlapSeconds));
    await writeHistory(tx, id, 'secret_rotated', owner.keyId, { overlap_seconds: overlapSeconds });
    return true;
  });
}

/** What replacing the secret changes about a destination that this transaction has locked. */
export function rotation(
  { secrets, now }: Context,
  destination: Destination,
  overlapSeconds: number,
): DestinationChange {
  const overlaps = overlapSeconds > 0;
  return {
    sealedSecret: secrets.seal(newSecret(), destination),
    sealedPreviousSecret: overlaps ? destination.sealedSecret : null,
    previousSecretEndsAt: overlaps ? new Date(now().getTime() + overlapSeconds * 1_000) : null,
  };
}

/** When the previous secret ends; null when there is none that still signs. */
export function previousSecretEnd({ now }: Context, { previousSecretEndsAt }: Destination): Date | null {
  return previousSecretEndsAt !== null && previousSecretEndsAt > now() ? previousSecretEndsAt : null;
}

/** The present public key of a destination that asks for Ed25519 signatures, as Standard Webhooks writes it. */
export async function publicKeyOf(context: Context, destination: Destination): Promise<string | null> {
  const [{ ed25519 }] = await signingKeys(context, destination, destination);
  return ed25519 ? publicKeyText(ed25519) : null;
}

/**
 * The public keys that deliveries to a destination verify with: the present one, and the previous one until it ends.
 *
 * @returns undefined when there is no such destination, or none that asks for Ed25519 signatures
 */
export async function findPublicKeys(context: Context, id: string): Promise<PublicJwk[] | undefined> {
  const destination = await findDestinationById(context.database.db, id);
  if (!destination?.asymmetricSignature) return undefined;
  const keys = await signingKeys(context, destination, destination);
  return keys.flatMap(({ ed25519 }) => (ed25519 ? [toJwk(ed25519)] : []));
}
