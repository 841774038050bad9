import { createInterface } from 'node:readline';
import { openDatabase } from '@selfsame/database/database';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { createVault } from '../src/outbound/vault.ts';
import { openFaceSearch } from '../src/search/face-search.ts';
import { madeFace } from './made-faces.ts';

/**
 * A process with nothing but the search in it, to be killed. Says `ready`; then for every line, names of faces as a JSON
 * array, it catches up and prints what it finds for each.
 */
const { DATABASE_URL: url = '', BIOMETRIC_KEY: key = '', APPLICATION_ID: applicationId = '' } = process.env;
const database = await openDatabase<BiometricsTables>({ service: 'biometrics', url, migrations });
const faces = openFaceSearch({
  database,
  vault: createVault(Buffer.from(key, 'base64')),
  log: createLog('biometrics', 'error'),
  maxBytes: 2 ** 24,
  threads: 1,
  intervalMs: 1_000,
});
await faces.built;
process.stdout.write('ready\n');
for await (const line of createInterface(process.stdin)) {
  await faces.caughtUp();
  const found = [];
  for (const name of JSON.parse(line) as string[]) found.push(await search(madeFace(name)));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

/** On a busy machine a search may be late. */
function search(embedding: Float32Array) {
  return waitFor('a search', async () => {
    const searched = await faces.search({ applicationId, subject: undefined }, embedding, 'everyone');
    return searched.searchOutcome === 'searched' && searched.searchMatches;
  });
}
