import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Keyring } from '@selfsame/keys/keyring';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { keyed } from '../domain/keyed.ts';
import {
  findAudienceKey,
  findPrivateHalf,
  insertAudienceKey,
  retireAudienceKey,
} from '../outbound/audience-key-store.ts';
import type { Queries } from '../outbound/tables.ts';

/** What is sealed for an application is sealed for this. */
export interface AudienceKey {
  readonly keyId: string;
  readonly publicJwk: JWK;
}

/** After so long an application gets a new one with the next share for it. */
const keyDays = 90;
const dayMs = 86_400_000;

/** The public key of an application that something is shared with; made with the first share, and anew when it has become old. */
export async function audienceKeyFor(
  db: Queries,
  keyring: Keyring,
  applicationId: string,
): Promise<AudienceKey> {
  const found = await findAudienceKey(db, applicationId);
  if (found) {
    const { key_id: keyId, public_jwk: publicJwk, created_at: madeAt } = found;
    const isOld = madeAt.getTime() < Date.now() - keyDays * dayMs;
    // Only what we have made: whoever writes into the table could open what is sealed for their own key.
    const isOurs = keyId === (await keyIdOf(keyring, applicationId, publicJwk));
    if (isOurs && !isOld) return { keyId, publicJwk };
  }
  return await makeAudienceKey(db, keyring, applicationId, found?.key_id);
}

/**
 * From now on shares are sealed for a new key. The former one opens the tokens that are on their way, and goes after them.
 */
export async function rotateAudienceKey(
  db: Queries,
  keyring: Keyring,
  applicationId: string,
): Promise<AudienceKey> {
  const former = await findAudienceKey(db, applicationId);
  return await makeAudienceKey(db, keyring, applicationId, former?.key_id);
}

/** Of several at the same time one makes the key, and all get it: nobody retires another one than they have seen. */
async function makeAudienceKey(
  db: Queries,
  keyring: Keyring,
  applicationId: string,
  formerKeyId: string | undefined,
): Promise<AudienceKey> {
  if (formerKeyId !== undefined) await retireAudienceKey(db, formerKeyId);
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', {
    crv: 'X25519',
    extractable: true,
  });
  const publicJwk = await exportJWK(publicKey);
  const keyId = await keyIdOf(keyring, applicationId, publicJwk);
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
  const sealedPrivate = keyring.seal(der, ownerOf(applicationId, keyId));
  await insertAudienceKey(db, { applicationId, keyId, publicJwk, sealedPrivate });
  const current = await findAudienceKey(db, applicationId);
  if (!current) throw new Error('a key that was just made is gone');
  return { keyId: current.key_id, publicJwk: current.public_jwk };
}

/** The private half for a key id; undefined when it is not, or no more, the application's. */
export async function openAudienceKey(
  db: Queries,
  keyring: Keyring,
  applicationId: string,
  keyId: string,
): Promise<KeyObject | undefined> {
  const sealed = await findPrivateHalf(db, applicationId, keyId);
  if (!sealed) return undefined;
  const der = await keyring.open(sealed, ownerOf(applicationId, keyId));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** A keyed digest of whose it is and of the public half, which nobody makes without the keyring. */
async function keyIdOf({ root }: Keyring, applicationId: string, publicJwk: JWK): Promise<string> {
  const thumbprint = await calculateJwkThumbprint(publicJwk);
  return keyed(root, 'audience key', applicationId, thumbprint).toString('base64url');
}

const ownerOf = (applicationId: string, keyId: string) => [applicationId, 'audience-key', keyId];
