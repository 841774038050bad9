import { expect, it } from 'vitest';
import { base64url, hex, signPictures, signVisit } from './device-key.ts';

it('bytes are written as the service reads them', () => {
  const bytes = new Uint8Array([0, 255, 254, 62, 63]).buffer;
  expect(hex(bytes)).toBe('00fffe3e3f');
  expect(base64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
});

it('where nothing can be kept, nothing is signed and nothing fails', async () => {
  expect('indexedDB' in globalThis).toBe(false);
  expect(await signPictures('nonce', new Blob(['picture']))).toBeUndefined();
  expect(await signVisit('nonce', 'open')).toBeUndefined();
});
