import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Database } from '@selfsame/database/database';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { compactVerify, createLocalJWKSet, type JWK } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyTables } from '../src/key-table.ts';
import type { Keyring } from '../src/keyring.ts';
import {
  listSigningKeys,
  openSigning,
  publicKeySet,
  rotateSigningKey,
  type Signing,
} from '../src/signing.ts';
import { newKey, openWorld, settingsOf, type World } from './world.ts';

const log = createLog('signing-test', 'silent');
const type = 'selfsame-test+jwt';

let world: World;
const opened: Signing[] = [];
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  for (const signing of opened) signing.close();
  await world?.close();
});

interface Place {
  readonly database: Database<KeyTables>;
  readonly keyring: Keyring;
}

/** A service of its own, with data keys. */
async function newPlace(): Promise<Place> {
  const service = `signing-${randomUUID().slice(0, 8)}`;
  const database = await world.database(service);
  const firstKey = Buffer.from(newKey(), 'base64');
  const keyring = await world.keyring(database, settingsOf(), { purpose: service, firstKey });
  return { database, keyring };
}

/** A replica of it. */
async function replica(place: Place, more: Partial<Parameters<typeof openSigning>[0]> = {}) {
  const signing = await openSigning({ ...place, log, ...more });
  opened.push(signing);
  return signing;
}

const kidsOf = ({ keys }: { keys: JWK[] }) => keys.map(({ kid }) => kid);
const accepts = async (jwks: { keys: JWK[] }, jws: string) =>
  compactVerify(jws, createLocalJWKSet(jwks)).then(
    ({ payload }) => JSON.parse(Buffer.from(payload).toString()),
    () => false,
  );

/** A key of somebody who can write into the table, and does not have the keyring. */
async function plant({ database }: Place, keyId: string, retiredAt: Date | null): Promise<void> {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  await sql`INSERT INTO signing_keys (key_id, public_jwk, sealed_private, retired_at)
    VALUES (${keyId}, ${JSON.stringify(jwk)}, '\\x00', ${retiredAt})`.execute(database.db);
}

describe('what is signed', () => {
  test('is checked with the published keys, which hold no private half', async () => {
    const signing = await replica(await newPlace());
    const jws = await signing.sign(type, { said: 'this' });
    const jwks = await signing.jwks();
    const { protectedHeader } = await compactVerify(jws, createLocalJWKSet(jwks));
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: type, kid: signing.keyId });
    expect(await accepts(jwks, jws)).toEqual({ said: 'this' });
    expect(jwks.keys.map((key) => Object.keys(key).toSorted())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
  });

  test('is signed with one key, however many replicas start at once', async () => {
    const place = await newPlace();
    const replicas = await Promise.all(Array.from({ length: 6 }, () => replica(place)));
    expect(new Set(replicas.map(({ keyId }) => keyId)).size).toBe(1);
    expect(await listSigningKeys(place.database)).toHaveLength(1);
  });
});

describe('a rotation', () => {
  test('is learnt by running replicas by themselves; what was signed before stays good', async () => {
    const place = await newPlace();
    const running = await replica(place, { refreshIntervalMs: 20 });
    const before = await running.sign(type, { at: 1 });
    const keyId = await rotateSigningKey(place);
    await waitFor('the replica takes the new key', () => running.keyId === keyId);
    const after = await running.sign(type, { at: 2 });
    for (const jws of [before, after]) expect(await accepts(await running.jwks(), jws)).toBeTruthy();
  });

  test('lets go of the former private half after an hour, and of the public one when it is of no use', async () => {
    const place = await newPlace();
    const running = await replica(place, { formerDays: 30 });
    const former = running.keyId;
    await rotateSigningKey(place);
    const after = async (age: string) => {
      await sql`UPDATE signing_keys SET retired_at = now() - ${age}::interval WHERE key_id = ${former}`.execute(
        place.database.db,
      );
      await running.refresh();
      const { rows } = await sql<{ held: boolean }>`
        SELECT sealed_private IS NOT NULL AS held FROM signing_keys WHERE key_id = ${former}`.execute(
        place.database.db,
      );
      return { held: rows[0]?.held, published: kidsOf(await running.jwks()).includes(former) };
    };
    expect(await after('50 minutes')).toEqual({ held: true, published: true });
    expect(await after('2 hours')).toEqual({ held: false, published: true });
    expect(await after('31 days')).toEqual({ held: false, published: false });
    expect(kidsOf(await publicKeySet(place)), 'for ever, where nothing is said').toContain(former);
  });

  test('leaves one current key, and every key that was told, however many come at once', async () => {
    const place = await newPlace();
    const told = await Promise.all(Array.from({ length: 6 }, () => rotateSigningKey(place)));
    const keys = await listSigningKeys(place.database);
    expect(keys.map(({ key_id }) => key_id).toSorted()).toEqual(told.toSorted());
    expect(keys.filter(({ retired_at }) => retired_at === null)).toHaveLength(1);
  });

  test('is one command, for services that sign and have been started', async () => {
    const firstKey = Buffer.from(newKey(), 'base64');
    const command = (action: string, service: string) =>
      promisify(execFile)(
        process.execPath,
        [join(import.meta.dirname, '../src/cli/keys.ts'), action, '--service', service],
        {
          env: {
            PATH: process.env.PATH,
            DATABASE_URL: world.url,
            SESSION_TOKEN_KEY: firstKey.toString('base64'),
          },
        },
      );
    const database = await world.database('session');
    await expect(command('rotate-signing', 'session')).rejects.toThrow('There are no data keys');
    const keyring = await world.keyring(database, settingsOf(), { purpose: 'session', firstKey });
    const running = await replica({ database, keyring });
    const { stdout } = await command('rotate-signing', 'session');
    await running.refresh();
    expect(JSON.parse(stdout)).toEqual({ rotated: 'signing', key_id: running.keyId });
    await expect(command('rotate-signing', 'biometrics')).rejects.toThrow('usage');
  });
});

describe('a key that somebody has put into the table', () => {
  test('is not published, and vouches for nothing', async () => {
    const place = await newPlace();
    const signing = await replica(place);
    await plant(place, 'theirs', new Date());
    await plant(place, signing.keyId.toUpperCase(), new Date());
    await sql`INSERT INTO signing_keys (key_id, public_jwk, retired_at) VALUES ('none', '{}', now())`.execute(
      place.database.db,
    );
    expect(kidsOf(await signing.jwks())).toEqual([signing.keyId]);
  });

  test('is not published where it has the id of ours, nor what is written beside ours', async () => {
    const place = await newPlace();
    const signing = await replica(place);
    const { db } = place.database;
    await sql`UPDATE signing_keys SET public_jwk = public_jwk || '{"x5u": "https://elsewhere.example/"}'`.execute(
      db,
    );
    expect(JSON.stringify(await signing.jwks())).not.toContain('elsewhere');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await sql`UPDATE signing_keys SET public_jwk = ${JSON.stringify(publicKey.export({ format: 'jwk' }))}`.execute(
      db,
    );
    expect(await signing.jwks()).toEqual({ keys: [] });
  });

  test('of another deployment is not ours', async () => {
    const [place, other] = [await newPlace(), await newPlace()];
    const [signing, theirs] = [await replica(place), await replica(other)];
    const { rows } = await sql<{ key_id: string; public_jwk: JWK; sealed_private: Buffer }>`
      SELECT * FROM signing_keys`.execute(other.database.db);
    const [row] = rows;
    await sql`INSERT INTO signing_keys (key_id, public_jwk, sealed_private, retired_at)
      VALUES (${row?.key_id}, ${JSON.stringify(row?.public_jwk)}, ${row?.sealed_private}, now())`.execute(
      place.database.db,
    );
    expect(kidsOf(await signing.jwks())).not.toContain(theirs.keyId);
  });

  test('and made the current one signs nothing: replicas keep theirs, none starts, a rotation mends it', async () => {
    const place = await newPlace();
    const running = await replica(place);
    const { keyId } = running;
    await sql`UPDATE signing_keys SET retired_at = now()`.execute(place.database.db);
    await plant(place, 'theirs', null);
    await expect(running.refresh()).rejects.toMatchObject({ code: 'signing_key_foreign' });
    expect(running.keyId).toBe(keyId);
    expect(await accepts(await running.jwks(), await running.sign(type, { at: 1 }))).toEqual({ at: 1 });
    await expect(replica(place)).rejects.toMatchObject({ code: 'signing_key_foreign' });
    const mended = await rotateSigningKey(place);
    expect((await replica(place)).keyId).toBe(mended);
    await running.refresh();
    expect(running.keyId).toBe(mended);
    expect(kidsOf(await running.jwks())).not.toContain('theirs');
  });
});
