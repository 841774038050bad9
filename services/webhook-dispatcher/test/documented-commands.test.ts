import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedHeaders } from '../src/domain/signature.ts';
import { ed25519KeyOf, publicKeyText } from '../src/outbound/secrets.ts';

/** The commands of docs/webhooks.md, as they stand there, against what is sent. */
const page = readFileSync(resolve(import.meta.dirname, '../../../docs/webhooks.md'), 'utf8');
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
const [hmacs, asymmetric] = blocks.filter((block) => block.includes('openssl'));

const secret = '-83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';
const ed25519 = ed25519KeyOf(Buffer.alloc(32, 1), secret, '0193d0a2-0000-7000-8000-00000000000a');
const message = {
  eventId: '0193d0a2-0000-7000-8000-00000000000e',
  body: '{"name":"Zoë $HOME `x` %s \\n","score":96}',
  timestamp: 1_766_000_000,
  sessionId: '0193d0a2-0000-7000-8000-000000000001',
  status: 'In Review',
  webhookType: 'status.updated',
};
const headers = signedHeaders(message, [{ secret, ed25519 }]);
const [v1, v1a] = (headers['webhook-signature'] ?? '').split(' ');
const variables = {
  SECRET: secret,
  PUBLIC_KEY: publicKeyText(ed25519),
  WEBHOOK_ID: headers['webhook-id'],
  WEBHOOK_TIMESTAMP: headers['webhook-timestamp'],
  X_TIMESTAMP: headers['X-Timestamp'],
  SESSION_ID: message.sessionId,
  STATUS: message.status,
  WEBHOOK_TYPE: message.webhookType,
  V1A: v1a,
};

const folder = mkdtempSync(join(tmpdir(), 'selfsame-documented-'));
beforeAll(() => writeFileSync(join(folder, 'body.json'), message.body));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(block: string | undefined, changes: Record<string, string> = {}): string {
  const env = { ...process.env, ...variables, ...changes };
  return execFileSync('sh', ['-ec', block ?? 'exit 9'], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

test('openssl computes every HMAC that is sent', () => {
  expect(run(hmacs).split('\n')).toEqual([
    headers['X-Signature'],
    headers['X-Signature-Simple'],
    v1?.slice('v1,'.length),
  ]);
  expect(headers['X-Signature-V2']).toBe(headers['X-Signature']);
});

test('openssl verifies v1a with the public key, and nothing else with it', () => {
  expect(run(asymmetric)).toContain('Signature Verified Successfully');
  expect(() => run(asymmetric, { WEBHOOK_ID: 'another' })).toThrow();
});
