import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgresServer } from './postgres-server.ts';
import { runDirectoryVariable } from './shared-directory.ts';

/** Where suites find the run's PostgreSQL; workers inherit it from the runner. */
const variable = 'SELFSAME_TEST_POSTGRES_URL';

/** One PostgreSQL for the whole run, which DATABASE_URL replaces, and a directory for what suites share. Vitest calls this once per project, hence the guard. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Suites start the same commands over and over: they are compiled once, as in a local run, and kept at the same place.
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../../node_modules/.cache/selfsame');
  if (process.env[runDirectoryVariable]) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'selfsame-tests-'));
  process.env[runDirectoryVariable] = directory;
  const server = process.env.DATABASE_URL ? undefined : await startPostgresServer();
  process.env[variable] = server?.url ?? process.env.DATABASE_URL;
  return async () => {
    delete process.env[variable];
    delete process.env[runDirectoryVariable];
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  };
}
