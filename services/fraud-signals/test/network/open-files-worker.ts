import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabaseSource } from '../../src/outbound/network/database-source.ts';

/** Opens files one after the other and tells what became of each. */
for (const path of workerData as string[]) {
  const told = await openDatabaseSource(path, readFileSync(path), AbortSignal.timeout(20_000)).then(
    () => ({ code: 'fine', message: '' }),
    (error) => ({ code: String(error.code), message: String(error.message) }),
  );
  parentPort?.postMessage({ path, ...told });
}
