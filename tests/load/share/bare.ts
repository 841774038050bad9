import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { newContentKey, openSnapshot, sealSnapshot } from '@selfsame/share/domain/snapshot';
import {
  openContentKey,
  readToken,
  sealContentKey,
  signToken,
  tokenKeyOf,
} from '@selfsame/share/domain/token';
import { exportJWK } from 'jose';
import { Client } from 'pg';
import { median } from '../percentiles.ts';

/** What the cryptography and the disk take by themselves, milliseconds, medians. */
export interface Bare {
  /** A snapshot sealed, its key sealed for the audience, the token signed. */
  readonly mintMs: number;
  /** The token read, the key and the snapshot opened. */
  readonly openMs: number;
  /** One ES256 signature, as of a head or a consent. */
  readonly signMs: number;
  /** One row of a snapshot's size, committed. */
  readonly commitMs: number;
}

const rounds = 300;
const snapshotBytes = 4_096;

/** Does what a share and an import do with keys, by the same functions, and commits rows, one after the other. */
export async function measureBare(databaseUrl: string): Promise<Bare> {
  return { ...(await measureKeys()), commitMs: await measureCommits(databaseUrl) };
}

async function measureKeys(): Promise<Omit<Bare, 'commitMs'>> {
  const tokenKey = tokenKeyOf(randomBytes(32));
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const audience = { keyId: 'bench', publicJwk: await exportJWK(publicKey) };
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const snapshot = randomBytes(snapshotBytes);
  const ids = {
    session_id: randomUUID(),
    from_application_id: randomUUID(),
    for_application_id: randomUUID(),
  };
  const terms = {
    audience: 'bench',
    purpose: 'bench',
    scope: 'kyc',
    session_kind: 'kyc',
    iat: 0,
    exp: 1,
  } as const;
  const owner = {
    shareId: randomUUID(),
    fromApplicationId: ids.from_application_id,
    forApplicationId: ids.for_application_id,
    purpose: terms.purpose,
  };
  const times: Record<'mint' | 'open' | 'sign', number[]> = { mint: [], open: [], sign: [] };
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    const contentKey = newContentKey();
    const lying = sealSnapshot(snapshot, contentKey, owner);
    const sealed = await sealContentKey(contentKey, audience);
    const token = await signToken({ ...ids, ...terms, jti: owner.shareId, sealed }, tokenKey);
    const mintedAt = performance.now();
    const claims = await readToken(token, tokenKey);
    const opened = claims && (await openContentKey(claims.sealed, { keyId: audience.keyId, privateKey }));
    if (!opened || !openSnapshot(lying, opened, owner)) throw new Error('what was sealed does not open');
    const openedAt = performance.now();
    sign('sha256', snapshot, { key: signing, dsaEncoding: 'ieee-p1363' });
    times.mint.push(mintedAt - startedAt);
    times.open.push(openedAt - mintedAt);
    times.sign.push(performance.now() - openedAt);
  }
  return { mintMs: median(times.mint), openMs: median(times.open), signMs: median(times.sign) };
}

async function measureCommits(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('CREATE TABLE IF NOT EXISTS public.bench_share (bytes bytea)');
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startedAt = performance.now();
      await client.query('INSERT INTO public.bench_share VALUES ($1)', [randomBytes(snapshotBytes)]);
      times.push(performance.now() - startedAt);
    }
    await client.query('DROP TABLE public.bench_share');
    return median(times);
  } finally {
    await client.end();
  }
}
