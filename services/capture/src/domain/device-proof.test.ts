import { createHash, webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isProofValid } from './device-proof.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const picturesSha256 = sha256('all pictures of a look');
const nonce = 'a-nonce';
const { subtle } = webcrypto;

async function proofOf(text: string, curve = 'P-256') {
  const key = await subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, false, ['sign', 'verify']);
  const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, Buffer.from(text));
  return {
    public_key: Buffer.from(await subtle.exportKey('raw', key.publicKey)).toString('base64url'),
    signature: Buffer.from(signature).toString('base64url'),
  };
}
const message = `${nonce}.${picturesSha256.toString('hex')}`;

describe('the proof of a device', () => {
  it('is its signature over nonce and pictures', async () => {
    expect(await isProofValid(await proofOf(message), { nonce, picturesSha256 })).toBe(true);
  });

  it('holds for no other nonce, no other pictures and no other key', async () => {
    const proof = await proofOf(message);
    expect(await isProofValid(proof, { nonce: 'another', picturesSha256 })).toBe(false);
    expect(await isProofValid(proof, { nonce, picturesSha256: sha256('others') })).toBe(false);
    const { public_key } = await proofOf(message);
    expect(await isProofValid({ ...proof, public_key }, { nonce, picturesSha256 })).toBe(false);
  });

  it.each([
    ['nothing', { public_key: '', signature: '' }],
    ['no point of the curve', { public_key: Buffer.alloc(65, 4).toString('base64url') }],
    ['a compressed point', { public_key: Buffer.alloc(33, 2).toString('base64url') }],
    ['another encoding', { public_key: `${'+'.repeat(87)}` }],
    ['a short signature', { signature: Buffer.alloc(63).toString('base64url') }],
    ['a signature of zeros', { signature: Buffer.alloc(64).toString('base64url') }],
  ])('is not %s', async (_what, changes) => {
    expect(await isProofValid({ ...(await proofOf(message)), ...changes }, { nonce, picturesSha256 })).toBe(
      false,
    );
  });

  it('is by a key of the curve that browsers are asked for', async () => {
    expect(await isProofValid(await proofOf(message, 'P-384'), { nonce, picturesSha256 })).toBe(false);
  });
});
