import { CompactSign, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { Context } from './context.ts';
import {
  type CertificateKey,
  holdCertificateKeys,
  insertCertificateKey,
  listCertificateKeys,
} from './outbound/certificate-store.ts';

type Signing = Pick<Context, 'database' | 'keyring'>;

const algorithm = 'ES256';
const certificateType = 'selfsame-erasure-certificate+jwt';

/** Signs a text for everybody to verify with what `publicKeys` shows. @returns a compact JWS */
export async function signCertificate(context: Signing, payload: object): Promise<string> {
  const key = await signingKey(context);
  const sealed = await context.keyring.open(key.sealedPrivate, ownerOf(key.kid));
  const privateKey = await importJWK(JSON.parse(sealed.toString('utf8')), algorithm);
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: certificateType })
    .sign(privateKey);
}

/** The public halves, as a JSON Web Key Set. */
export async function publicKeys({ database }: Signing): Promise<{ keys: object[] }> {
  const keys = await listCertificateKeys(database.db);
  return { keys: keys.map(({ publicJwk }) => publicJwk) };
}

/** The newest one; the first is made when it is needed. */
async function signingKey(context: Signing): Promise<CertificateKey> {
  const { database, keyring } = context;
  const known = (await listCertificateKeys(database.db)).at(-1);
  if (known !== undefined) return known;
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const made: CertificateKey = {
    kid,
    publicJwk: { ...publicJwk, kid, alg: algorithm, use: 'sig' },
    sealedPrivate: keyring.seal(Buffer.from(JSON.stringify(await exportJWK(privateKey))), ownerOf(kid)),
  };
  return database.transaction(async (tx) => {
    await holdCertificateKeys(tx);
    const earlier = (await listCertificateKeys(tx)).at(-1);
    if (earlier !== undefined) return earlier;
    await insertCertificateKey(tx, made);
    return made;
  });
}

/** It belongs to the deployment, and to no application. */
function ownerOf(kid: string): string[] {
  return ['deployment', 'certificate key', kid];
}
