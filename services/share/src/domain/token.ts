import { createSecretKey, type KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, compactVerify, type JWK, SignJWT } from 'jose';
import { keyed } from './keyed.ts';
import type { SessionKind } from './share.ts';

/** What a share token says to everybody, and, in `sealed`, to its audience alone. */
export interface ShareClaims {
  readonly session_id: string;
  readonly session_kind: SessionKind;
  readonly from_application_id: string;
  readonly for_application_id: string;
  readonly audience: string;
  readonly purpose: string;
  readonly scope: string;
  /** The share's id. */
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  /** Compact JWE for the audience's key: what opens the snapshot. */
  readonly sealed: string;
}

const decoder = new TextDecoder();

const outerAlgorithm = 'HS256';
const wrapping = 'ECDH-ES+A256KW';
const encryption = 'A256GCM';
const sealedType = 'selfsame-content-key';
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The key that share tokens are signed with, made of the service's own. */
export function tokenKeyOf(root: Uint8Array): KeyObject {
  return createSecretKey(keyed(root, 'share token'));
}

/** A JWT (RFC 7519) with HS256: whoever has altered one is found out. */
export function signToken(claims: ShareClaims, key: KeyObject): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: outerAlgorithm, typ: 'JWT' }).sign(key);
}

/** What a token says, if this deployment has signed it. Whether it is still of use is for others to say. */
export async function readToken(token: string, key: KeyObject): Promise<ShareClaims | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, key, { algorithms: [outerAlgorithm] });
    if (protectedHeader.typ !== 'JWT') return undefined;
    const claims: unknown = JSON.parse(decoder.decode(payload));
    return areClaims(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function areClaims(value: unknown): value is ShareClaims {
  if (typeof value !== 'object' || value === null) return false;
  const claims = value as Record<string, unknown>;
  const ids = [claims.session_id, claims.from_application_id, claims.for_application_id, claims.jti];
  const texts = [claims.session_kind, claims.audience, claims.purpose, claims.scope, claims.sealed];
  return (
    ids.every((id) => typeof id === 'string' && uuidPattern.test(id)) &&
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(claims.iat) &&
    Number.isSafeInteger(claims.exp)
  );
}

/** Seals the key of a snapshot for an audience (RFC 7516): nobody opens it without the private half. */
export function sealContentKey(
  contentKey: Uint8Array,
  audience: { readonly keyId: string; readonly publicJwk: JWK },
): Promise<string> {
  return new CompactEncrypt(contentKey)
    .setProtectedHeader({ alg: wrapping, enc: encryption, kid: audience.keyId, typ: sealedType })
    .encrypt(audience.publicJwk);
}

/** The key of a snapshot; undefined when it was sealed for another key, or altered. */
export async function openContentKey(
  sealed: string,
  audience: { readonly keyId: string; readonly privateKey: KeyObject },
): Promise<Uint8Array | undefined> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, audience.privateKey, {
      keyManagementAlgorithms: [wrapping],
      contentEncryptionAlgorithms: [encryption],
    });
    const isOurs = protectedHeader.kid === audience.keyId && protectedHeader.typ === sealedType;
    return isOurs ? plaintext : undefined;
  } catch {
    return undefined;
  }
}
