import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './run.ts';

/**
 * The folder with databases and lists of addresses: SELFSAME_IP_DATA, else `shared/ipdata` beside the checkout, where developers
 * have samples. Undefined when there is none: then nothing is known of addresses.
 */
export function findIpData(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.SELFSAME_IP_DATA) return environment.SELFSAME_IP_DATA;
  const samples = join(repository, '../shared/ipdata');
  return existsSync(samples) ? samples : undefined;
}
