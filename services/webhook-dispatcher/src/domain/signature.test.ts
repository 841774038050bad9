import { createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { type SigningKey, signedHeaders } from './signature.ts';

const message = {
  eventId: '0193d0a2-0000-7000-8000-00000000000e',
  body: '{"name":"Zoë","score":96}',
  timestamp: 1_766_000_000,
  sessionId: '0193d0a2-0000-7000-8000-000000000001',
  status: 'In Review',
  webhookType: 'status.updated',
};
const ed25519 = createPrivateKey({
  key: Buffer.from(
    '302e020100300506032b65700422042015f5d1abe611c3b044b8807d54d3f9c52420fbd9d64fd140fac179da111fb5a2',
    'hex',
  ),
  format: 'der',
  type: 'pkcs8',
});
const current: SigningKey = { secret: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA' };
const previous: SigningKey = { secret: 'previous-secret-of-this-destination-0000000A' };

// Made with: printf '%s' "<message>" | openssl dgst -sha256 -hmac "<secret>" -r
const ofBody = '44148bb8397fc8d4f0cece8df691ecd42d5a68c753d3fb607773c94c92764d28';
/** Of 1766000000:0193d0a2-0000-7000-8000-000000000001:In Review:status.updated */
const ofIdentity = 'e2cd4bd6e93a828df16f854fc7a6e95ae562b0d6e272dd3f0e48d811ac3205a0';
const ofBodyBefore = '6d4b4554daec93e95b848fdc41d6d802ac9aa6d481e0469944b3670eb53945a0';
/** Of <event id>.1766000000.<body>, with -binary | base64 */
const v1 = 'v1,u8pliGQNxuCaX0HfKpT3ywDTdkemNBgAyN1JTyjoZWQ=';
const v1Before = 'v1,Tfst4UBE1AuFSXx7bLBO/6DfZv6DrGoL4D03YJTKNVQ=';
/** Of the same, with: openssl pkeyutl -sign -inkey <key> -rawin | base64 */
const v1a = 'v1a,Ogzr6M8RuOSSB3aOpqhFBhjU8qsOW/74oZ+JmAF3UUuQLdQzTig7NRc1T86KlquQ8eh8czGslEGOadQg/yvjCw==';

test('every signature is what openssl computes from its definition', () => {
  expect(signedHeaders(message, [current])).toEqual({
    'Content-Type': 'application/json',
    'User-Agent': 'Selfsame-Webhook/1.0',
    'X-Signature': ofBody,
    'X-Signature-V2': ofBody,
    'X-Signature-Simple': ofIdentity,
    'X-Timestamp': '1766000000',
    'webhook-id': '0193d0a2-0000-7000-8000-00000000000e',
    'webhook-timestamp': '1766000000',
    'webhook-signature': v1,
  });
});

test('while two secrets overlap, both sign and the current one comes first', () => {
  const headers = signedHeaders(message, [current, previous]);
  expect(headers).toMatchObject({
    'X-Signature': ofBody,
    'X-Signature-V2': ofBody,
    'X-Signature-Simple': ofIdentity,
    'X-Signature-Previous': ofBodyBefore,
    'webhook-signature': `${v1} ${v1Before}`,
  });
});

test('where the destination asks for it, v1a stands beside v1', () => {
  const both = signedHeaders(message, [
    { ...current, ed25519 },
    { ...previous, ed25519 },
  ]);
  expect(both['webhook-signature']).toBe(`${v1} ${v1Before} ${v1a} ${v1a}`);
  const one = signedHeaders(message, [{ ...current, ed25519 }, previous]);
  expect(one['webhook-signature']).toBe(`${v1} ${v1Before} ${v1a}`);
});

test('only a test event is marked as one', () => {
  expect(signedHeaders(message, [current], { test: true })).toEqual({
    ...signedHeaders(message, [current]),
    'X-Didit-Test-Webhook': 'true',
  });
  expect(signedHeaders(message, [current], { test: false })).not.toHaveProperty('X-Didit-Test-Webhook');
});

test('the log of an attempt shows signatures and no secret', () => {
  const text = JSON.stringify(
    signedHeaders(message, [
      { ...current, ed25519 },
      { ...previous, ed25519 },
    ]),
  );
  for (const { secret } of [current, previous]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64'));
  }
});
