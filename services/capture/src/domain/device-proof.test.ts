import { createHash, webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isProofValid, keyDigest, openingText, picturesText } from './device-proof.ts';

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
const message = picturesText(nonce, picturesSha256);

describe('the proof of a device', () => {
  it('is its signature over nonce and pictures', async () => {
    expect(await isProofValid(await proofOf(message), message)).toBe(true);
  });

  it('holds for no other nonce, no other pictures and no other key', async () => {
    const proof = await proofOf(message);
    expect(await isProofValid(proof, picturesText('another', picturesSha256))).toBe(false);
    expect(await isProofValid(proof, picturesText(nonce, sha256('others')))).toBe(false);
    const { public_key } = await proofOf(message);
    expect(await isProofValid({ ...proof, public_key }, message)).toBe(false);
  });

  it('of a look is none of an opening', async () => {
    expect(await isProofValid(await proofOf(message), openingText(nonce))).toBe(false);
    expect(await isProofValid(await proofOf(openingText(nonce)), openingText(nonce))).toBe(true);
  });

  it('is by a key that is called alike whatever it signs', async () => {
    const proof = await proofOf(message);
    const raw = Buffer.from(proof.public_key, 'base64url');
    expect(keyDigest(proof)).toEqual(createHash('sha256').update(raw).digest());
  });

  it.each([
    ['nothing', { public_key: '', signature: '' }],
    ['no point of the curve', { public_key: Buffer.alloc(65, 4).toString('base64url') }],
    ['a compressed point', { public_key: Buffer.alloc(33, 2).toString('base64url') }],
    ['another encoding', { public_key: `${'+'.repeat(87)}` }],
    ['a short signature', { signature: Buffer.alloc(63).toString('base64url') }],
    ['a signature of zeros', { signature: Buffer.alloc(64).toString('base64url') }],
  ])('is not %s', async (_what, changes) => {
    expect(await isProofValid({ ...(await proofOf(message)), ...changes }, message)).toBe(false);
  });

  it('is by a key of the curve that browsers are asked for', async () => {
    expect(await isProofValid(await proofOf(message, 'P-384'), message)).toBe(false);
  });
});
