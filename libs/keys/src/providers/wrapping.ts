import { Failure } from '@selfsame/runtime/errors';
import { decrypt, encrypt } from '../cipher.ts';
import { encodeParts } from '../context.ts';
import type { DataKeyRow } from '../key-table.ts';
import type { KeyContext, KeyProvider, WrappedKey } from '../provider.ts';

/** Seals a data key under a wrapping key that is at hand; its version is authenticated too. */
export function wrapUnder(
  by: { version: string; key: Buffer },
  key: Buffer,
  context: KeyContext,
): WrappedKey {
  return { keyVersion: by.version, wrapped: encrypt(by.key, key, contextBytes(by.version, context)) };
}

/** @throws Failure `key_unopenable`, which says `remedy` */
export function unwrapUnder(key: Buffer, wrapped: WrappedKey, context: KeyContext, remedy: string): Buffer {
  const plain = decrypt(key, wrapped.wrapped, contextBytes(wrapped.keyVersion, context));
  if (plain?.length !== 32) throw keyUnopenable(context, remedy);
  return plain;
}

/**
 * Seals a data key as its row holds it. A provider that may seal and not unseal would lock every service out: what it
 * sealed is opened before anything is kept.
 * @throws Failure `key_unopenable`, those of the provider
 */
export async function wrapAndCheck(
  provider: KeyProvider,
  dataKey: Buffer,
  context: KeyContext,
): Promise<Pick<DataKeyRow, 'provider' | 'provider_key_version' | 'wrapped'>> {
  const sealed = await provider.wrap(dataKey, context);
  const opened = await provider.unwrap(sealed, context);
  if (!opened.equals(dataKey))
    throw keyUnopenable(context, 'the provider gives another key back than it was given');
  return { provider: provider.name, provider_key_version: sealed.keyVersion, wrapped: sealed.wrapped };
}

/** A data key that the provider at hand cannot unseal. */
export function keyUnopenable(context: KeyContext, remedy: string): Failure {
  return new Failure('precondition', 'key_unopenable', `${nameOf(context)} cannot be unsealed: ${remedy}`);
}

/** For error texts. */
export function nameOf({ service, purpose, version }: KeyContext): string {
  return `data key ${purpose} ${version} of ${service}`;
}

function contextBytes(keyVersion: string, { service, purpose, version }: KeyContext): Buffer {
  return encodeParts(['selfsame wrapped key v1', service, purpose, version, keyVersion]);
}
