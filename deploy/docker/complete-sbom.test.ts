import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'selfsame-sbom-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'sbom.json');

/** The bill of something without packages, after each of these was added. */
function completed(...runs: string[][]) {
  const component = { 'bom-ref': 'pkg:npm/biometrics@1.0.0' };
  const dependencies = [{ ref: component['bom-ref'], dependsOn: [] }];
  writeFileSync(path, JSON.stringify({ metadata: { component }, components: [], dependencies }));
  for (const args of runs) {
    const script = join(import.meta.dirname, 'complete-sbom.ts');
    const { status, stderr } = spawnSync(process.execPath, [script, ...args, path], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

test('the bill of the image with CUDA names the provider, its version and the hash that was compared', () => {
  const digest = createHash('sha512').update('package').digest();
  const bill = completed([], ['--cuda-provider', '1.30.0', '--hash', `sha512:${digest.toString('base64')}`]);
  const [node, provider] = bill.components;
  expect(node).toMatchObject({ name: 'node', version: process.versions.node });
  expect(provider).toMatchObject({
    type: 'library',
    name: 'Microsoft.ML.OnnxRuntime.Gpu.Linux',
    version: '1.30.0',
    hashes: [{ alg: 'SHA-512', content: digest.toString('hex') }],
  });
  expect(bill.dependencies[0].dependsOn).toEqual([node['bom-ref'], provider['bom-ref']]);
});

test('whatever the GPU image takes from the provider is in its bill', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, 'gpu.Dockerfile'), 'utf8');
  const [, , build = ''] = dockerfile.split(/^FROM /m);
  expect(build).toContain('--from=provider');
  expect(build).toMatch(
    /complete-sbom\.ts --cuda-provider "\$\{CUDA_PROVIDER_VERSION\}" --hash "\$\{CUDA_PROVIDER_HASH\}" \\\n {2}\/image\/app\/sbom\.json/,
  );
  const versions = new Set(dockerfile.match(/^ARG CUDA_PROVIDER_VERSION=.*$/gm));
  expect(versions.size).toBe(1);
  expect(build).toMatch(/^ARG CUDA_PROVIDER_HASH$/m);
});
