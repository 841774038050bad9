import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { body, event, secret, standardHeaders } from './sent.ts';

const repository = resolve(import.meta.dirname, '../../..');
const binaries = join(repository, 'node_modules/.bin');
const folder = mkdtempSync(join(tmpdir(), 'selfsame-webhooks-'));
const receiver = join(folder, 'receiver');
const installed = join(receiver, 'node_modules/@selfsame/webhooks');

function run(command: string, args: readonly string[], cwd = receiver): string {
  const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}`, CI: 'true' };
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: 'pipe', timeout: 60_000 });
}

/** Another Node on this computer that is old enough to be worth asking. */
function olderNode(): string | undefined {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const node = join(directory, 'node');
    if (directory === binaries || !existsSync(node)) continue;
    const major = Number(/^v(\d+)/.exec(run(node, ['--version'], folder))?.[1]);
    if (major >= 20 && major < 26) return node;
  }
  return undefined;
}

beforeAll(() => {
  mkdirSync(receiver);
  run('pnpm', ['pack', '--pack-destination', folder], join(import.meta.dirname, '..'));
  writeFileSync(join(receiver, 'package.json'), '{"name":"receiver","private":true,"type":"module"}');
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'no tarball';
  run('pnpm', ['add', '--offline', join(folder, tarball)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the published package holds plain JavaScript with types, and depends on nothing', () => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({ name: '@selfsame/webhooks', exports: { default: './dist/index.js' } });
  expect(manifest).not.toHaveProperty('dependencies');
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  const kinds = readdirSync(join(installed, 'dist')).map((name) => name.slice(name.indexOf('.')));
  expect(new Set(kinds)).toEqual(new Set(['.js', '.d.ts']));
});

const script = `
import { verifyWebhook, WebhookError } from '@selfsame/webhooks';
const { body, headers, secret, nowMs } = JSON.parse(process.argv[2]);
const event = verifyWebhook(body, headers, secret, { now: () => nowMs });
try {
  verifyWebhook(body.replace('Approved', 'Declined'), headers, secret, { now: () => nowMs });
} catch (error) {
  console.log(event.session_id, error instanceof WebhookError, error.code);
}
`;
const request = JSON.stringify({
  body,
  secret,
  headers: standardHeaders(),
  nowMs: event.timestamp * 1000,
});

function expectItToVerify(node: string): void {
  writeFileSync(join(receiver, 'check.mjs'), script);
  expect(run(node, ['check.mjs', request])).toBe(`${event.session_id} true signature_mismatch\n`);
}

test('it verifies from plain JavaScript', () => expectItToVerify(process.execPath));

const older = olderNode();
test.skipIf(older === undefined)(
  'it verifies on an older Node (20 to 25), when this computer has one',
  () => {
    if (older !== undefined) expectItToVerify(older);
  },
);

test('its types need neither Node’s nor the browser’s', () => {
  writeFileSync(
    join(receiver, 'check.ts'),
    `import { verifyWebhook, WebhookError, type WebhookErrorCode, type WebhookKey } from '@selfsame/webhooks';
     const keys: readonly WebhookKey[] = ['one', { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '' }] }];
     const event = verifyWebhook('{}', { 'webhook-id': '1' }, keys, { toleranceSeconds: 60 });
     if (event.webhook_type === 'status.updated') {
       const sequence: number = event.sequence;
       const isIn: boolean = event.status === 'Approved' && sequence > 0;
       // @ts-expect-error there is no such status
       event.status === 'Passed' || isIn;
     }
     export const code: WebhookErrorCode = new WebhookError('key_invalid', '').code;`,
  );
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022', '--types', ''];
  expect(run('tsc', [...options, '--module', 'nodenext', '--skipLibCheck', 'false', 'check.ts'])).toBe('');
});
