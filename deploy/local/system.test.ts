import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetsDirectory } from '@selfsame/testing/assets';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { choosePort } from './ports.ts';
import { startSystem } from './system.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selfsame-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = { ...process.env, DATABASE_URL: undefined, NATS_URL: undefined };

test('a port in use is named, with the way out', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(startSystem({ dataDirectory: folder, port, environment })).rejects.toThrow(
    `Port ${port} is in use: stop the program that listens there, or choose another: SELFSAME_PORT=`,
  );
  server.close();
});

test('a database or NATS that does not answer stops the start, and nothing stays behind', async () => {
  const port = await choosePort(undefined, new Set());
  const noDatabase = { ...environment, DATABASE_URL: `postgres://127.0.0.1:${port}/x` };
  await expect(startSystem({ dataDirectory: folder, port: 0, environment: noDatabase })).rejects.toThrow(
    '(DATABASE_URL) does not answer (ECONNREFUSED)',
  );
  const noNats = { ...environment, NATS_URL: `nats://127.0.0.1:${port}` };
  await expect(startSystem({ dataDirectory: folder, port: 0, environment: noNats })).rejects.toThrow(
    '(NATS_URL) does not answer (ECONNREFUSED)',
  );
  expect(readdirSync(join(folder, 'run'))).toEqual([]);
});

test('an altered weight file stops the start in one line that names it', async () => {
  const name = 'face_embedding_reid0095_256.onnx';
  const altered = readFileSync(join(assetsDirectory(), 'models', name));
  altered[1000] = (altered[1000] ?? 0) ^ 1;
  const models = join(folder, 'models');
  mkdirSync(models);
  writeFileSync(join(models, name), altered);
  const start = startSystem({
    dataDirectory: join(folder, 'data'),
    port: 0,
    environment: { ...environment, SELFSAME_ASSETS: folder },
  });
  await expect(start).rejects.toThrow(new RegExp(`^biometrics: model file .*${name} is altered: .*\\.?$`));
});
