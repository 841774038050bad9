import { execFile } from 'node:child_process';
import { createPublicKey, createVerify, randomBytes, randomUUID, verify } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rotateSigningKey } from '@selfsame/keys/signing';
import fc from 'fast-check';
import {
  base64url,
  CompactEncrypt,
  compactDecrypt,
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSnapshot } from '../src/domain/snapshot.ts';
import { readToken, type ShareClaims, sealContentKey, signToken } from '../src/domain/token.ts';
import { openAudienceKey, rotateAudienceKey } from '../src/shares/audience-keys.ts';
import { sweepShares } from '../src/shares/sweeper.ts';
import { openWorld, type World } from './harness.ts';
import { digest, secretFinding } from './neighbours.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const invalid = { status: 400, body: { share_token: ['Invalid share token.'] } };

async function shared(body = {}) {
  const session = world.newSession();
  const share = (await world.share(session, body)).body;
  const token: string = share.share_token;
  return { session, share, token, claims: decodeJwt<ShareClaims>(token) };
}

const audienceKeyOf = (applicationId: string) =>
  world.context.database.db
    .selectFrom('audience_keys')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('retired_at', 'is', null)
    .executeTakeFirstOrThrow();

describe('an altered token', () => {
  it('obtains nothing, wherever it was altered', async () => {
    const { token, session } = await shared();
    const { tokenKey } = world.context;
    expect(await readToken(token, tokenKey)).toBeDefined();
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.nat(63), async (place, other) => {
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        const altered = token.slice(0, place) + alphabet[other] + token.slice(place + 1);
        const read = await readToken(altered, tokenKey);
        // The last character of each part may say the same in other bits, and is then the same token.
        if (read !== undefined) expect(read).toEqual(await readToken(token, tokenKey));
      }),
      { numRuns: 400 },
    );
    const [header, payload, signature] = token.split('.');
    const other = (await shared()).token.split('.');
    for (const forged of [
      'no token',
      '',
      '..',
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${other[1]}.${signature}`,
      `${header}.${payload}.${other[2]}`,
      `${token}.`,
      `.${token}`,
    ]) {
      const answer = await world.importAs(world.partner, forged);
      expect(answer.status).toBe(400);
      expect(Object.keys(answer.body)).toEqual(['share_token']);
    }
    expect(world.importsOf(session)).toEqual([]);
  });

  it('obtains nothing without an algorithm, with another, or with a key that is public', async () => {
    const { claims, token } = await shared();
    const { keys } = await (await fetch(`${world.url}/v3/share/jwks.json`)).json();
    const audienceKey = (await audienceKeyOf(world.partner.id)).public_jwk;
    const own = await generateKeyPair('ES256', { extractable: true });
    const hmac = (key: Uint8Array, header = {}) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header }).sign(key);
    const bytes = (text: string) => new TextEncoder().encode(text);
    const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ format: 'pem', type: 'spki' });
    const payload = token.split('.')[1];
    for (const forged of [
      new UnsecuredJWT({ ...claims }).encode(),
      `${base64url.encode('{"alg":"none","typ":"JWT"}')}.${payload}.${token.split('.')[2]}`,
      `${base64url.encode('{"alg":"NONE"}')}.${payload}.`,
      // What verifies receipts, taken for the secret of an HMAC.
      await hmac(bytes(pem.toString())),
      await hmac(bytes(JSON.stringify(keys[0]))),
      await hmac(base64url.decode(String(keys[0].x))),
      await hmac(base64url.decode(String(audienceKey.x))),
      await hmac(bytes('secret')),
      await hmac(randomBytes(32), { kid: keys[0].kid }),
      await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', jwk: await exportJWK(own.publicKey) })
        .sign(own.privateKey),
      // A receipt is signed by this deployment, and is no token.
      (await shared({ receipt: true })).share.receipt,
    ]) {
      expect(await world.importAs(world.partner, forged)).toMatchObject(invalid);
    }
  });

  it('obtains nothing when what is sealed in it is not what was sealed', async () => {
    const { claims, session } = await shared();
    const { partner, stranger, context } = world;
    await world.share(world.newSession(), { audience: stranger.slug });
    const [theirs, strangers] = await Promise.all([audienceKeyOf(partner.id), audienceKeyOf(stranger.id)]);
    const key = { keyId: theirs.key_id, publicJwk: theirs.public_jwk };
    const parts = claims.sealed.split('.');
    const flipped = parts.map((part, index) => {
      const bytes = base64url.decode(part);
      if (index === 0) return base64url.encode(new TextDecoder().decode(bytes).replace('A256GCM', 'A128GCM'));
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      return base64url.encode(bytes);
    });
    const own = await generateKeyPair('ECDH-ES+A256KW', { crv: 'X25519' });
    const sealedFor = (kid: string, jwk: JWK | typeof own.publicKey, alg = 'ECDH-ES+A256KW') =>
      new CompactEncrypt(randomBytes(32)).setProtectedHeader({ alg, enc: 'A256GCM', kid }).encrypt(jwk);
    const other = await shared();
    const forged = [
      ...flipped.map((part, index) => parts.with(index, part).join('.')),
      // The key of another share, of another audience, of nobody; another id for the right one.
      other.claims.sealed,
      await sealContentKey(randomBytes(32), key),
      await sealContentKey(randomBytes(16), key),
      await sealContentKey(randomBytes(32), { keyId: strangers.key_id, publicJwk: strangers.public_jwk }),
      await sealContentKey(randomBytes(32), { keyId: key.keyId, publicJwk: strangers.public_jwk }),
      await sealContentKey(randomBytes(32), { keyId: strangers.key_id, publicJwk: key.publicJwk }),
      await sealedFor(key.keyId, own.publicKey),
      await sealedFor(key.keyId, key.publicJwk, 'ECDH-ES'),
      randomUUID(),
      '',
    ];
    for (const sealed of forged) {
      const token = await signToken({ ...claims, sealed }, context.tokenKey);
      expect(await world.importAs(partner, token)).toMatchObject(invalid);
    }
    expect(world.importsOf(session)).toEqual([]);
    const token = await signToken(claims, context.tokenKey);
    expect((await world.importAs(partner, token)).status).toBe(201);
  });

  it('obtains nothing when it says anything else than the row of its share', async () => {
    const { claims } = await shared();
    const other = await shared({ purpose: 'lending' });
    const { context, partner } = world;
    for (const lie of [
      { session_id: other.session.id },
      { from_application_id: world.stranger.id },
      { purpose: 'lending' },
      { scope: 'kyc + aml' },
      { jti: other.claims.jti },
    ]) {
      const token = await signToken({ ...claims, ...lie }, context.tokenKey);
      expect(await world.importAs(partner, token)).toMatchObject(invalid);
    }
    const unknown = await signToken({ ...claims, jti: randomUUID() }, context.tokenKey);
    expect((await world.importAs(partner, unknown)).status).toBe(400);
  });
});

describe('what leaks', () => {
  it('opens nothing: the tables without the token, and the token without the audience’s key', async () => {
    const { token, claims, share } = await shared();
    const row = await world.context.database.db
      .selectFrom('shares')
      .selectAll()
      .where('share_id', '=', share.share_id)
      .executeTakeFirstOrThrow();
    const snapshot = row.snapshot;
    if (!snapshot) throw new Error('nothing was sealed');
    const owner = {
      shareId: row.share_id,
      fromApplicationId: row.from_application_id,
      forApplicationId: row.for_application_id,
      purpose: row.purpose,
    };
    const key = await audienceKeyOf(world.partner.id);
    // Everything that lies in the tables, tried as the key.
    for (const guess of [key.sealed_private, digest(key.key_id), digest(token), snapshot.subarray(0, 32)]) {
      expect(openSnapshot(snapshot, Buffer.from(guess ?? '').subarray(0, 32), owner)).toBeUndefined();
    }
    // The token, and everything that is public beside it.
    const { keys } = await (await fetch(`${world.url}/v3/share/jwks.json`)).json();
    const other = await generateKeyPair('ECDH-ES+A256KW', { crv: 'X25519' });
    for (const tried of [key.public_jwk, keys[0], other.privateKey, randomBytes(32)]) {
      await expect(compactDecrypt(claims.sealed, tried)).rejects.toThrow();
    }
  });

  it('holds no snapshot, no key of one and no token, in any table, log or answer kept for repetition', async () => {
    const { partner } = world;
    const repeated = { 'idempotency-key': randomUUID() };
    const session = world.newSession();
    const path = `/v3/session/${session.id}/share/`;
    const body = { audience: partner.slug, receipt: true };
    const { share_token: token } = (await world.as(world.sharer)('POST', path, body, repeated)).body;
    const again = await world.as(world.sharer)('POST', path, body, repeated);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body.share_token).toBe(token);
    const key = await openedContentKey(token);
    world.neighbours.at = async (point) => {
      if (point === 'imported') throw new Error('the neighbour has died');
    };
    expect((await world.importAs(partner, token, { vendor_data: 'nobody-knows-them' })).status).toBe(500);
    const pending = await everything();
    world.neighbours.at = async () => {};
    expect((await world.importAs(partner, token, { vendor_data: 'nobody-knows-them' })).status).toBe(201);
    for (const text of [pending, await everything()]) {
      for (const secret of [secretFinding, token, ...token.split('.').slice(1), 'nobody-knows-them']) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(secret).toString('hex'));
        expect(text).not.toContain(Buffer.from(secret).toString('base64'));
        expect(text).not.toContain(digest(secret).toString('hex'));
      }
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        expect(text).not.toContain(Buffer.from(key).toString(encoding));
      }
    }
  });

  it('does not open in the row of another tenant, share or purpose', async () => {
    const { token, claims, share, session } = await shared();
    const { db } = world.context.database;
    const other = await shared();
    const copy = async (from: string, to: string) => {
      const { snapshot } = await db
        .selectFrom('shares')
        .select('snapshot')
        .where('share_id', '=', from)
        .executeTakeFirstOrThrow();
      await db.updateTable('shares').set({ snapshot }).where('share_id', '=', to).execute();
    };
    await copy(share.share_id, other.share.share_id);
    expect(await world.importAs(world.partner, other.token)).toMatchObject(invalid);

    // A row that was moved whole, with a token to match.
    const { stranger, context } = world;
    await world.share(world.newSession(), { audience: stranger.slug });
    const strangers = await audienceKeyOf(stranger.id);
    const contentKey = await openedContentKey(token);
    await db
      .updateTable('shares')
      .set({ for_application_id: stranger.id, audience_key_id: strangers.key_id })
      .where('share_id', '=', share.share_id)
      .execute();
    const sealed = await sealContentKey(contentKey, {
      keyId: strangers.key_id,
      publicJwk: strangers.public_jwk,
    });
    const moved = await signToken({ ...claims, for_application_id: stranger.id, sealed }, context.tokenKey);
    expect(await world.importAs(stranger, moved)).toMatchObject(invalid);
    expect(world.importsOf(session)).toEqual([]);

    // An audience's key that was moved is nobody's.
    await db
      .updateTable('audience_keys')
      .set({ retired_at: new Date() })
      .where('application_id', '=', stranger.id)
      .execute();
    await db
      .updateTable('audience_keys')
      .set({ application_id: stranger.id })
      .where('application_id', '=', world.partner.id)
      .execute();
    const movedKey = (await audienceKeyOf(stranger.id)).key_id;
    await expect(openAudienceKey(db, context.keyring, stranger.id, movedKey)).rejects.toMatchObject({
      code: 'sealed_unopenable',
    });
    const fresh = (await world.share(world.newSession(), { audience: stranger.slug })).body.share_token;
    expect((await world.importAs(stranger, fresh)).status).toBe(201);
    expect((await audienceKeyOf(stranger.id)).key_id).not.toBe(movedKey);
  });

  /** What an operator or a thief of the whole database and of the logs reads. */
  async function everything(): Promise<string> {
    const tables = [...(await world.dump())].map(([name, text]) => `${name}\n${text}`);
    return [...tables, world.logged()].join('\n');
  }

  async function openedContentKey(token: string): Promise<Uint8Array> {
    const { database, keyring } = world.context;
    const { key_id: keyId } = await audienceKeyOf(world.partner.id);
    const privateKey = await openAudienceKey(database.db, keyring, world.partner.id, keyId);
    if (!privateKey) throw new Error('there is no key');
    const { plaintext } = await compactDecrypt(decodeJwt<ShareClaims>(token).sealed, privateKey);
    return plaintext;
  }
});

describe('a receipt', () => {
  it('is checked without asking, by any library or none', async () => {
    const { share, session } = await shared({ receipt: true });
    const jwks = await (await fetch(`${world.url}/v3/share/jwks.json`)).json();
    expect(jwks.keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    expect(JSON.stringify(jwks)).not.toContain('"d"');
    const { payload, protectedHeader } = await compactVerify(share.receipt, createLocalJWKSet(jwks), {
      algorithms: ['ES256'],
    });
    expect(protectedHeader.typ).toBe('selfsame-share-receipt+jwt');
    const facts = JSON.parse(new TextDecoder().decode(payload));
    expect(facts).toMatchObject({
      iss: 'https://id.example.test',
      jti: share.share_id,
      session_id: session.id,
      session_status: 'Approved',
      from_application_id: world.sharer.id,
      for_application_id: world.partner.id,
      purpose: 'onboarding',
      scope: 'kyc',
      consent_id: null,
      expires_at: share.expires_at,
    });
    const snapshot = JSON.stringify({ status: 'Approved', finding: secretFinding, number: 4 });
    expect(facts.exp).toBeUndefined();
    expect(facts.snapshot_sha256).toBe(digest(snapshot).toString('hex'));
    expect(Buffer.from(payload).toString()).not.toContain(secretFinding);

    const [header = '', body = '', signature = ''] = share.receipt.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const jwk = jwks.keys.find((key: JWK) => key.kid === kid);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const signed = Buffer.from(`${header}.${body}`);
    const bytes = Buffer.from(signature, 'base64url');
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true);
    const altered = Buffer.from(`${header}.${body.slice(0, -2)}AA`);
    expect(verify('sha256', altered, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(false);
    expect(createVerify('sha256').update(signed).verify(key, bytes)).toBe(false);
  });
});

describe('keys that are changed', () => {
  it('let receipts of before be checked, and sign with the new one on every replica', async () => {
    const before = (await shared({ receipt: true })).share.receipt;
    const { context } = world;
    const keyId = await rotateSigningKey(context);
    await context.signing.refresh();
    const after = (await shared({ receipt: true })).share.receipt;
    const response = await fetch(`${world.url}/v3/share/jwks.json`);
    expect(response.headers.get('cache-control')).toContain('max-age');
    const jwks = await response.json();
    expect(jwks.keys.map(({ kid }: JWK) => kid)).toContain(keyId);
    for (const receipt of [before, after]) await compactVerify(receipt, createLocalJWKSet(jwks));
    const kidOf = (receipt: string) =>
      JSON.parse(Buffer.from(receipt.split('.')[0] ?? '', 'base64url').toString()).kid;
    expect(kidOf(after)).toBe(keyId);
    expect(kidOf(before)).not.toBe(keyId);

    // For as long as a record is kept that began when a consent of a year was over, its head is checked with it.
    const kidsAfter = async (days: number) => {
      await sql`UPDATE signing_keys SET retired_at = now() - make_interval(days => ${days}) WHERE retired_at IS NOT NULL`.execute(
        context.database.db,
      );
      const { keys } = await (await fetch(`${world.url}/v3/share/jwks.json`)).json();
      return keys.map(({ kid }: JWK) => kid);
    };
    expect(await kidsAfter(context.config.shareRecordDays + 365)).toContain(kidOf(before));
    expect(await kidsAfter(context.config.shareRecordDays + 367)).toEqual([keyId]);
  });

  it('let tokens of before be opened, and go when there are none', async () => {
    const { context, partner } = world;
    const { db } = context.database;
    const [used, unused] = [await shared(), await shared()];
    const former = await audienceKeyOf(partner.id);
    await rotateAudienceKey(db, context.keyring, partner.id);
    const current = await audienceKeyOf(partner.id);
    expect(current.key_id).not.toBe(former.key_id);
    await db
      .updateTable('audience_keys')
      .set({ retired_at: new Date(Date.now() - 7_200_000) })
      .where('key_id', '=', former.key_id)
      .execute();
    await sweepShares(context);
    expect((await world.importAs(partner, used.token)).status).toBe(201);
    expect((await world.importAs(partner, unused.token)).status).toBe(201);
    await db
      .updateTable('shares')
      .set({ snapshot: null })
      .where('audience_key_id', '=', former.key_id)
      .execute();
    await sweepShares(context);
    const { sealed_private } = await db
      .selectFrom('audience_keys')
      .select('sealed_private')
      .where('key_id', '=', former.key_id)
      .executeTakeFirstOrThrow();
    expect(sealed_private).toBeNull();
    expect((await world.importAs(partner, (await shared()).token)).status).toBe(201);
  });

  it('are not those that somebody else has put there', async () => {
    const { context, partner } = world;
    await shared();
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', {
      crv: 'X25519',
      extractable: true,
    });
    const planted = JSON.stringify(await exportJWK(publicKey));
    const genuine = await audienceKeyOf(partner.id);
    await context.database.db
      .updateTable('audience_keys')
      .set({ public_jwk: sql`${planted}::jsonb` })
      .where('key_id', '=', genuine.key_id)
      .execute();
    const { claims, token } = await shared();
    await expect(compactDecrypt(claims.sealed, privateKey)).rejects.toThrow();
    expect((await audienceKeyOf(partner.id)).key_id).not.toBe(genuine.key_id);
    expect((await world.importAs(partner, token)).status).toBe(201);
  });

  it('are changed by an operator, who sees ids and ages alone', async () => {
    const { context, environment, partner } = world;
    const { token } = await shared();
    const former = await audienceKeyOf(partner.id);
    const command = async (...words: string[]) => {
      const path = join(import.meta.dirname, '../src/cli/share-keys.ts');
      const env = { ...process.env, ...environment };
      return (await promisify(execFile)(process.execPath, [path, ...words], { env })).stdout;
    };
    const rotated = JSON.parse(await command('rotate', 'audience', '--application', partner.id));
    expect(rotated.key_id).not.toBe(former.key_id);
    expect((await audienceKeyOf(partner.id)).key_id).toBe(rotated.key_id);
    expect((await world.importAs(partner, token)).status).toBe(201);
    const signing = JSON.parse(await command('rotate', 'signing')).key_id;
    await context.signing.refresh();
    expect(context.signing.keyId).toBe(signing);
    const listed = await command('list');
    for (const id of [former.key_id, rotated.key_id, signing]) expect(listed).toContain(id);
    expect(listed).not.toContain(String(former.public_jwk.x));
  });

  it('are one, however many share with a new partner at once', async () => {
    const { stranger } = world;
    await world.context.database.db
      .deleteFrom('audience_keys')
      .where('application_id', '=', stranger.id)
      .execute();
    const shares = await Promise.all(
      Array.from({ length: 8 }, () => world.share(world.newSession(), { audience: stranger.slug })),
    );
    const obtained = await Promise.all(shares.map(({ body }) => world.importAs(stranger, body.share_token)));
    expect(obtained.map(({ status }) => status)).toEqual(Array(8).fill(201));
  });
});
