import { execFileSync } from 'node:child_process';
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

function opensslHmac(text: string): string {
  const output = execFileSync('openssl', ['dgst', '-sha256', '-hmac', secret, '-r'], {
    input: text,
  }).toString();
  return output.slice(0, 64);
}

test('all three signatures are what openssl computes from the contract’s definition', () => {
  const headers = signedHeaders(message, secret);
  expect(headers['X-Signature-V2']).toBe(opensslHmac(message.body));
  expect(headers['X-Signature']).toBe(headers['X-Signature-V2']);
  expect(headers['X-Signature-Simple']).toBe(
    opensslHmac(`1766000000:${message.sessionId}:In Review:status.updated`),
  );
  expect(headers['X-Timestamp']).toBe('1766000000');
  expect(headers['Content-Type']).toBe('application/json');
});

test('the log of an attempt shows signatures and no secret', () => {
  expect(JSON.stringify(signedHeaders(message, secret))).not.toContain(secret);
  expect(Object.keys(signedHeaders(message, secret)).sort()).toEqual([
    'Content-Type',
    'User-Agent',
    'X-Signature',
    'X-Signature-Simple',
    'X-Signature-V2',
    'X-Timestamp',
  ]);
});
