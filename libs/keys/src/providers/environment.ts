import { hkdfSync } from 'node:crypto';
import type { KeyProvider } from '../provider.ts';
import { keyUnopenable, unwrapUnder, wrapUnder } from './wrapping.ts';

/**
 * The wrapping key is derived from a key in the service's environment. Its version is a name that is derived too, and
 * tells a wrong key from an altered row.
 * @param variable the key's, for error texts
 */
export function environmentProvider(key: Buffer, variable: string): KeyProvider {
  const derive = (purpose: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', key, '', `selfsame keys ${purpose} v1`, bytes));
  const by = { version: derive('name', 8).toString('hex'), key: derive('wrap', 32) };
  return {
    name: 'environment',
    async wrap(dataKey, context) {
      return wrapUnder(by, dataKey, context);
    },
    async unwrap(wrapped, context) {
      if (wrapped.keyVersion !== by.version) {
        throw keyUnopenable(
          context,
          `it was sealed under another ${variable} than this one; give the former one back`,
        );
      }
      return unwrapUnder(by.key, wrapped, context, 'the row was altered; restore it from a backup');
    },
  };
}
