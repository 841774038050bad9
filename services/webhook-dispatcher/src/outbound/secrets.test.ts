import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { ed25519KeyOf, newSecret, publicKeyText, standardWebhooksSecret, toJwk } from './secrets.ts';

test('a new secret is 43 URL-safe characters', () => {
  expect(newSecret()).toMatch(/^[\w-]{43}$/);
  expect(newSecret()).not.toBe(newSecret());
});

const serviceKey = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const secret = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';
const destinationId = '0193d0a2-0000-7000-8000-00000000000a';

// Made with: openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:… -kdfopt salt:… -kdfopt info:… HKDF,
// its public half with: openssl pkey -pubout, its thumbprint with: openssl dgst -sha256
test('the Ed25519 key of a destination is what openssl derives', () => {
  const key = ed25519KeyOf(serviceKey, secret, destinationId);
  const seed = Buffer.from('15f5d1abe611c3b044b8807d54d3f9c52420fbd9d64fd140fac179da111fb5a2', 'hex');
  expect(key.asymmetricKeyType).toBe('ed25519');
  expect(key.export({ format: 'jwk' }).d).toBe(seed.toString('base64url'));
  expect(publicKeyText(key)).toBe('whpk_FT6XggLinbyWj1pVsN4EzUxarU/cWJ9h6Y0AHNlmAZw=');
  expect(toJwk(key)).toEqual({
    kty: 'OKP',
    crv: 'Ed25519',
    x: 'FT6XggLinbyWj1pVsN4EzUxarU_cWJ9h6Y0AHNlmAZw',
    use: 'sig',
    kid: '3i0B4MSpf7DUtF3p1PMFn7jZuqruEl9ZEqq1Sjke3aw',
  });
});

test('another service key, another secret and another destination have another key', () => {
  const texts = [
    ed25519KeyOf(serviceKey, secret, destinationId),
    ed25519KeyOf(randomBytes(32), secret, destinationId),
    ed25519KeyOf(serviceKey, newSecret(), destinationId),
    ed25519KeyOf(serviceKey, secret, '0193d0a2-0000-7000-8000-00000000000b'),
  ].map(publicKeyText);
  expect(new Set(texts).size).toBe(4);
});

test('the thumbprint is the one that RFC 8037 prints for its example key', () => {
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    },
  });
  expect(toJwk(key).kid).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  expect(toJwk(createPublicKey(key))).toEqual(toJwk(key));
});

test('what is published verifies, and holds nothing private', async () => {
  const key = ed25519KeyOf(serviceKey, secret, destinationId);
  const jwk = toJwk(key);
  const message = Buffer.from('id.1766000000.{}');
  const signature = sign(null, message, key);
  const published = { ...jwk };
  expect(verify(null, message, createPublicKey({ key: published, format: 'jwk' }), signature)).toBe(true);
  const webKey = await crypto.subtle.importKey('jwk', published, 'Ed25519', true, ['verify']);
  expect(await crypto.subtle.verify('Ed25519', webKey, signature, message)).toBe(true);
  expect(JSON.stringify(jwk)).not.toContain(key.export({ format: 'jwk' }).d);
});

test('the Standard Webhooks form of a secret is the base64 of its text', () => {
  expect(standardWebhooksSecret(secret)).toBe(
    'whsec_cTgzdkVqUldlSkNyemU4U05GWjRrS3ZON3hJMFZuaVFxODN2RWpSV2VKQQ==',
  );
});
