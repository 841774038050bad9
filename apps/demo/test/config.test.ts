import { expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';

it('names every mistake at once', () => {
  const read = () => readConfig({ SELFSAME_BASE_URL: 'ftp://x', HTTP_PORT: 'eighty' });
  for (const name of ['SELFSAME_BASE_URL', 'HTTP_PORT', 'DEMO_API_KEY', 'DEMO_WEBHOOK_SECRET'])
    expect(read).toThrow(name);
});

it('needs three settings and finds its public address below the base URL', () => {
  const config = readConfig({
    SELFSAME_BASE_URL: 'https://id.example/',
    DEMO_API_KEY: 'key',
    DEMO_WEBHOOK_SECRET: 'secret',
  });
  expect(config).toMatchObject({
    port: 8085,
    baseUrl: 'https://id.example',
    publicUrl: 'https://id.example/demo',
    webhookSecrets: { demo: 'secret' },
  });
});
