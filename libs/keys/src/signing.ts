import { createHmac, createPrivateKey, type KeyObject } from 'node:crypto';
import type { Database } from '@selfsame/database/database';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { encodeParts } from './context.ts';
import type { Keyring } from './keyring.ts';
import {
  findSigningKey,
  findSigningKeys,
  forgetRetiredSigningKeys,
  holdSigningKeys,
  insertSigningKey,
  retireSigningKey,
  type SigningTables,
} from './signing-table.ts';

/** Signs what a service says, so that others can check it without asking. */
export interface Signing {
  /**
   * ES256 (RFC 7515, compact) under the current key; the header names the key and the type.
   * @param type such as selfsame-share-receipt+jwt: a statement of one kind is never taken for one of another
   */
  sign(type: string, claims: object): Promise<string>;
  /** The key that `sign` takes. */
  readonly keyId: string;
  /** What everybody may check signatures with; see `publicKeySet`. */
  jwks(): Promise<{ keys: JWK[] }>;
  /** Looks for a newer key, and lets go of what former ones signed with; it happens by itself every few seconds. */
  refresh(): Promise<void>;
  close(): void;
}

interface CurrentKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

const algorithm = 'ES256';
const REFRESH_INTERVAL_MS = 15_000;
const encoder = new TextEncoder();

/**
 * Opens the key that a service signs with, and makes the first. Another replica's new key is learnt within seconds.
 * @param options.formerDays how long a former key is published: as long as what it has signed is kept; for ever when left out
 * @param options.refreshIntervalMs how often a newer key is looked for; 15 s
 * @throws Failure `signing_key_foreign`, those of the keyring
 */
export async function openSigning(options: {
  database: Database;
  keyring: Keyring;
  formerDays?: number;
  refreshIntervalMs?: number;
  log: Log;
}): Promise<Signing> {
  const { keyring, formerDays, refreshIntervalMs = REFRESH_INTERVAL_MS, log } = options;
  const database: Database<SigningTables> = options.database;
  let current: CurrentKey | undefined;
  let closed = false;

  async function load(): Promise<CurrentKey> {
    let row = await findSigningKey(database.db);
    if (!row) {
      await insertSigningKey(database.db, await newSigningKey(keyring));
      // What lies in the table counts: another replica may have been first.
      row = await findSigningKey(database.db);
    }
    if (!row?.sealed_private || !(await isOurs(keyring, row))) throw foreign();
    if (current?.keyId === row.key_id) return current;
    const der = await keyring.open(row.sealed_private, ownerOf(row.key_id));
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    return { keyId: row.key_id, key };
  }

  async function refresh(): Promise<void> {
    const loaded = await load();
    if (closed) return;
    current = loaded;
    await forgetRetiredSigningKeys(database.db);
  }

  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error) =>
      log.warn({ code: errorCode(error) }, 'could not look for a newer signing key'),
    );
  }, refreshIntervalMs).unref();

  function now(): CurrentKey {
    if (!current) throw new Error('signing is closed');
    return current;
  }

  return {
    async sign(type, claims) {
      const { keyId, key } = now();
      return await new CompactSign(encoder.encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: algorithm, typ: type, kid: keyId })
        .sign(key);
    },
    get keyId() {
      return now().keyId;
    },
    jwks: () => publicKeySet({ database, keyring }, formerDays),
    refresh,
    close() {
      closed = true;
      clearInterval(timer);
      current = undefined;
    },
  };
}

/**
 * From now on a new key signs; what the former one has signed stays good. Running replicas take it within seconds. It also puts
 * an end to a current key that is not ours.
 * @returns the new key's id
 */
export async function rotateSigningKey(options: { database: Database; keyring: Keyring }): Promise<string> {
  const database: Database<SigningTables> = options.database;
  const key = await newSigningKey(options.keyring);
  await database.transaction(async (tx) => {
    await holdSigningKeys(tx);
    await retireSigningKey(tx);
    await insertSigningKey(tx, key);
  });
  return key.keyId;
}

/**
 * What signatures are checked with (RFC 7517): the current key, and former ones. Only those that this deployment has made:
 * whoever writes into the table vouches for nothing.
 * @param formerDays leaves out those that were retired longer ago
 */
export async function publicKeySet(
  options: { database: Database; keyring: Pick<Keyring, 'root'> },
  formerDays?: number,
): Promise<{ keys: JWK[] }> {
  const database: Database<SigningTables> = options.database;
  const keys: JWK[] = [];
  for (const row of await findSigningKeys(database.db, formerDays)) {
    if (!(await isOurs(options.keyring, row))) continue;
    const { kty = '', crv = '', x = '', y = '' } = row.public_jwk; // what its id is made of, and nothing beside it
    keys.push({ kty, crv, x, y, kid: row.key_id, alg: algorithm, use: 'sig' });
  }
  return { keys };
}

/** Ids and ages of the keys, newest first; whatever lies in the table. */
export async function listSigningKeys(
  options: Database,
): Promise<{ key_id: string; created_at: Date; retired_at: Date | null }[]> {
  const database: Database<SigningTables> = options;
  const rows = await findSigningKeys(database.db);
  return rows.map(({ key_id, created_at, retired_at }) => ({ key_id, created_at, retired_at }));
}

async function newSigningKey(keyring: Keyring) {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const keyId = await keyIdOf(keyring, publicJwk);
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
  const sealedPrivate = keyring.seal(der, ownerOf(keyId));
  der.fill(0);
  return { keyId, publicJwk, sealedPrivate };
}

/** A keyed digest of the public half, which nobody makes without the keyring. */
async function keyIdOf({ root }: Pick<Keyring, 'root'>, publicJwk: JWK): Promise<string> {
  const thumbprint = await calculateJwkThumbprint(publicJwk);
  return createHmac('sha256', root)
    .update(encodeParts(['signing key', thumbprint]))
    .digest('base64url');
}

/** Whether a row of the table is a key that was made here. Of what is no key at all there is no digest. */
async function isOurs(
  keyring: Pick<Keyring, 'root'>,
  row: { readonly key_id: string; readonly public_jwk: JWK },
): Promise<boolean> {
  return row.key_id === (await keyIdOf(keyring, row.public_jwk).catch(() => undefined));
}

/** The deployment's own, no application's. */
const ownerOf = (keyId: string) => ['', 'signing-key', keyId];

function foreign(): Failure {
  return new Failure(
    'precondition',
    'signing_key_foreign',
    'The current signing key was not made under this keyring, or was altered: a rotation puts a new one in its place',
  );
}
