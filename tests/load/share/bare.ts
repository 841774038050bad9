import { createSecretKey, randomBytes } from 'node:crypto';
import {
  CompactEncrypt,
  compactDecrypt,
  compactVerify,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
} from 'jose';
import { Client } from 'pg';
import { median } from '../percentiles.ts';

/** What the cryptography and the disk take by themselves, milliseconds, medians. */
export interface Bare {
  readonly mintMs: number;
  readonly openMs: number;
  /** One row of a snapshot's size, committed. */
  readonly commitMs: number;
}

const rounds = 300;
const snapshotBytes = 4_096;

/** Signs and seals a token as a share does, opens it as an import does, and commits rows, one after the other. */
export async function measureBare(databaseUrl: string): Promise<Bare> {
  return { ...(await measureTokens()), commitMs: await measureCommits(databaseUrl) };
}

async function measureTokens(): Promise<{ mintMs: number; openMs: number }> {
  const secret = createSecretKey(randomBytes(32));
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', {
    crv: 'P-256',
    extractable: true,
  });
  const audience = await importJWK(await exportJWK(publicKey), 'ECDH-ES+A256KW');
  const [mint, open]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    const sealed = await new CompactEncrypt(randomBytes(32))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' })
      .encrypt(audience);
    const token = await new SignJWT({ sealed }).setProtectedHeader({ alg: 'HS256' }).sign(secret);
    const mintedAt = performance.now();
    await compactVerify(token, secret);
    await compactDecrypt(sealed, privateKey);
    mint.push(mintedAt - startedAt);
    open.push(performance.now() - mintedAt);
  }
  return { mintMs: median(mint), openMs: median(open) };
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
