import { createHmac, createPrivateKey, type KeyObject } from 'node:crypto';
import type { Database } from '@selfsame/database/database';
import type { Keyring } from '@selfsame/keys/keyring';
import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import {
  findSigningKey,
  insertSigningKey,
  listSigningKeys,
  retireSigningKey,
} from './outbound/signing-key-store.ts';
import type { Tables } from './outbound/tables.ts';

/** Signs what this deployment says about shares, so that others can check it without asking. */
export interface Signing {
  /**
   * ES256 (RFC 7515, compact) under the current key; the header names the key and the type.
   * @param type such as selfsame-share-receipt+jwt: a statement of one kind is never taken for one of another
   */
  sign(type: string, statement: object): Promise<string>;
  /** The key that `sign` takes. */
  readonly keyId: string;
  /** Looks for a newer key; it happens by itself every few seconds. */
  refresh(): Promise<void>;
  close(): void;
}

const algorithm = 'ES256';
/** The years of an entry begin when what it allows is over: a consent lasts for a year. */
const longestTermDays = 366;
const refreshIntervalMs = 15_000;
const encoder = new TextEncoder();

/** Opens the key that signs, and makes the first. Another replica's new key is learnt within seconds. */
export async function openSigning(options: {
  database: Database<Tables>;
  keyring: Keyring;
  log: Log;
}): Promise<Signing> {
  const { database, keyring, log } = options;
  let current: { keyId: string; key: KeyObject } | undefined;

  async function load(): Promise<{ keyId: string; key: KeyObject }> {
    let row = await findSigningKey(database.db);
    if (!row) {
      await insertSigningKey(database.db, await newSigningKey(keyring));
      // What lies in the table counts: another replica may have been first.
      row = await findSigningKey(database.db);
    }
    if (!row?.sealed_private) throw new Error('the current signing key has no private half');
    if (current?.keyId === row.key_id) return current;
    const der = await keyring.open(row.sealed_private, ownerOf(row.key_id));
    return { keyId: row.key_id, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
  }

  async function refresh(): Promise<void> {
    current = await load();
  }

  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error) =>
      log.warn({ code: errorCode(error) }, 'could not look for a newer signing key'),
    );
  }, refreshIntervalMs).unref();

  function now(): { keyId: string; key: KeyObject } {
    if (!current) throw new Error('signing is closed');
    return current;
  }

  return {
    async sign(type, statement) {
      const { keyId, key } = now();
      return await new CompactSign(encoder.encode(JSON.stringify(statement)))
        .setProtectedHeader({ alg: algorithm, typ: type, kid: keyId })
        .sign(key);
    },
    get keyId() {
      return now().keyId;
    },
    refresh,
    close() {
      clearInterval(timer);
      current = undefined;
    },
  };
}

/** From now on a new key signs; what the former one has signed stays good. @returns the new key's id */
export async function rotateSigningKey(options: {
  database: Database<Tables>;
  keyring: Keyring;
}): Promise<string> {
  const key = await newSigningKey(options.keyring);
  await options.database.transaction(async (tx) => {
    await retireSigningKey(tx);
    await insertSigningKey(tx, key);
  });
  return key.keyId;
}

/**
 * What everybody may check signatures with (RFC 7517): the current key, and former ones for as long as what they have signed
 * is kept. Only those that we have made: whoever writes into the table vouches for nothing.
 */
export async function publicKeySet(
  { database, keyring }: { database: Database<Tables>; keyring: Pick<Keyring, 'root'> },
  { shareRecordDays }: { shareRecordDays: number },
): Promise<{ keys: JWK[] }> {
  const keys: JWK[] = [];
  for (const { key_id: keyId, public_jwk: jwk } of await listSigningKeys(
    database.db,
    shareRecordDays + longestTermDays,
  )) {
    if (keyId !== (await keyIdOf(keyring, jwk))) continue;
    keys.push({ ...jwk, kid: keyId, alg: algorithm, use: 'sig' });
  }
  return { keys };
}

async function newSigningKey(keyring: Keyring) {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const keyId = await keyIdOf(keyring, publicJwk);
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
  return { keyId, publicJwk, sealedPrivate: keyring.seal(der, ownerOf(keyId)) };
}

/** A keyed digest of the public half, which nobody makes without the keyring. */
async function keyIdOf({ root }: Pick<Keyring, 'root'>, publicJwk: JWK): Promise<string> {
  const thumbprint = await calculateJwkThumbprint(publicJwk);
  return createHmac('sha256', root).update(`signing key\0${thumbprint}`).digest('base64url');
}

/** The deployment's own, no application's. */
const ownerOf = (keyId: string) => ['', 'signing-key', keyId];
