import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './run.ts';

/** Of the samples, what is meant to be used: beside it lie files that are broken on purpose. */
const parts = ['mmdb', 'lists'];

/**
 * The folder with databases and lists of addresses: SELFSAME_IP_DATA, else one in the data directory that leads to the samples in
 * `shared/ipdata` beside the checkout, which developers have. Undefined when there is neither: then nothing is known of addresses.
 */
export function findIpData(environment: NodeJS.ProcessEnv, dataDirectory: string): string | undefined {
  if (environment.SELFSAME_IP_DATA) return environment.SELFSAME_IP_DATA;
  const samples = join(repository, '../shared/ipdata');
  const present = parts.filter((part) => existsSync(join(samples, part)));
  if (present.length === 0) return undefined;
  const folder = join(dataDirectory, 'ipdata');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of present) symlinkSync(join(samples, part), join(folder, part));
  return folder;
}
