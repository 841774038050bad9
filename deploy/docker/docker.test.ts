import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'selfsame-image-'));
const app = join(folder, 'app');

beforeAll(() => {
  const path = `${join(repository, 'node_modules/.bin')}:${process.env.PATH}`;
  const environment = { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1' };
  execFileSync('deploy/docker/assemble.sh', ['webhook-dispatcher', app], {
    cwd: repository,
    env: environment,
    stdio: 'pipe',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what an image holds is enough to start: only the configuration is missing', () => {
  const { status, stderr } = spawnSync(process.execPath, ['src/main.ts'], {
    cwd: join(app, 'services/webhook-dispatcher'),
    env: { PATH: process.env.PATH },
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(stderr).toContain('webhook-dispatcher: DATABASE_URL is not set');
  expect(stderr).toContain('webhook-dispatcher: WEBHOOK_SECRET_KEY is not set');
  expect(status).toBe(1);
});

test('an image holds no other service and no development tool', () => {
  expect(existsSync(join(app, 'services/session'))).toBe(false);
  expect(existsSync(join(app, 'libs/testing'))).toBe(false);
  expect(existsSync(join(app, 'node_modules/.pnpm/node_modules/vitest'))).toBe(false);
  expect(existsSync(join(app, 'node_modules/.bin/tsc'))).toBe(false);
});
