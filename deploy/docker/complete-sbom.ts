import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * node deploy/docker/complete-sbom.ts sbom.json
 * node deploy/docker/complete-sbom.ts --cuda-provider 1.30.0 --hash sha512:… sbom.json
 *
 * Adds what an image holds beside packages to a CycloneDX bill of materials of `pnpm sbom`: the Node that runs them, or the
 * libraries of onnxruntime for CUDA, with the hash of the package that fetch-cuda-provider.ts took them from.
 */
interface Bill {
  metadata: { component: { 'bom-ref': string } };
  components: object[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'cuda-provider': { type: 'string' }, hash: { type: 'string', default: '' } },
});
const [path = 'sbom.json'] = positionals;
const bill: Bill = JSON.parse(readFileSync(path, 'utf8'));
const provider = values['cuda-provider'];
add(provider === undefined ? nodeItself() : cudaProvider(provider, values.hash));
writeFileSync(path, `${JSON.stringify(bill, null, 2)}\n`);

function add(component: { purl: string; [field: string]: unknown }): void {
  const ref = component.purl;
  bill.components.push({ ...component, 'bom-ref': ref, licenses: [{ license: { id: 'MIT' } }] });
  const root = bill.dependencies.find((each) => each.ref === bill.metadata.component['bom-ref']);
  root?.dependsOn?.push(ref);
  bill.dependencies.push({ ref, dependsOn: [] });
}

function nodeItself() {
  const { node } = process.versions;
  return {
    type: 'platform',
    name: 'node',
    version: node,
    purl: `pkg:generic/node@${node}`,
    externalReferences: [{ type: 'website', url: 'https://nodejs.org/' }],
  };
}

function cudaProvider(version: string, hash: string) {
  const name = 'Microsoft.ML.OnnxRuntime.Gpu.Linux';
  const [, bits, digest = ''] = /^sha(256|512):(.+)$/.exec(hash) ?? [];
  if (bits === undefined) throw new Error('--hash is sha256:HEX or sha512:BASE64');
  const content = bits === '512' ? Buffer.from(digest, 'base64').toString('hex') : digest.toLowerCase();
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:nuget/${name}@${version}`,
    hashes: [{ alg: `SHA-${bits}`, content }],
    externalReferences: [{ type: 'website', url: 'https://onnxruntime.ai/' }],
  };
}
