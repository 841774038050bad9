import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { assetPlaces, loadModelBytes } from '../assets.ts';
import { requireProvider } from './provider.ts';

const models = await loadModelBytes(assetPlaces(process.env));
const directory = mkdtempSync(join(tmpdir(), 'selfsame-provider-'));
afterAll(() => rmSync(directory, { recursive: true }));

const failureOf = (promise: Promise<void>) => promise.catch((error: unknown) => error as Error);

test('the CPU is always there', async () => {
  await expect(requireProvider('cpu', models, directory)).resolves.toBeUndefined();
});

describe.each(['cuda', 'tensorrt'] as const)('%s', (provider) => {
  test('that is not installed is refused in one line that says what to do', async () => {
    const failure = await failureOf(requireProvider(provider, models, directory));
    expect(failure).toMatchObject({ code: 'provider_missing', kind: 'precondition' });
    expect((failure as Error).message).toMatch(
      /^BIOMETRICS_PROVIDER=\w+ cannot be used: .* use BIOMETRICS_PROVIDER=cpu$/,
    );
  });

  test('whose library does not start is refused in one line that says what to check', async () => {
    // A library that is no library: what the driver's absence looks like to the runtime.
    const place = join(directory, 'bin/napi-v6', process.platform, process.arch);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `libonnxruntime_providers_${provider}.so`), '');
    const failure = await failureOf(requireProvider(provider, models, directory));
    expect(failure).toMatchObject({ code: expect.stringMatching(/^provider_(unusable|missing)$/) });
    expect((failure as Error).message).not.toContain('\n');
  });
});
