import { expect, test } from 'vitest';
import { signedHeaders } from './signature.ts';

const message = {
  body: '{"name":"Zoë","score":96}',
  timestamp: 1_766_000_000,
  sessionId: '0193d0a2-0000-7000-8000-000000000001',
  status: 'In Review',
  webhookType: 'status.updated',
};
const secret = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';

// Made with: printf '%s' "<message>" | openssl dgst -sha256 -hmac "<secret>" -r
const ofBody = '44148bb8397fc8d4f0cece8df691ecd42d5a68c753d3fb607773c94c92764d28';
/** Of 1766000000:0193d0a2-0000-7000-8000-000000000001:In Review:status.updated */
const ofIdentity = 'e2cd4bd6e93a828df16f854fc7a6e95ae562b0d6e272dd3f0e48d811ac3205a0';

test('all three signatures are what openssl computes from the contract’s definition', () => {
  expect(signedHeaders(message, secret)).toEqual({
    'Content-Type': 'application/json',
    'User-Agent': 'Selfsame-Webhook/1.0',
    'X-Signature': ofBody,
    'X-Signature-V2': ofBody,
    'X-Signature-Simple': ofIdentity,
    'X-Timestamp': '1766000000',
  });
});

test('the log of an attempt shows signatures and no secret', () => {
  expect(JSON.stringify(signedHeaders(message, secret))).not.toContain(secret);
});
