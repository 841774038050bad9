import { join } from 'node:path';
import { startPostgresServer } from './postgres-server.ts';

/** Where suites find the run's PostgreSQL; workers inherit it from the runner. */
const variable = 'SELFSAME_TEST_POSTGRES_URL';

/** One PostgreSQL for the whole run; DATABASE_URL replaces it. Vitest calls this once per project, hence the guard. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Suites start the same commands over and over: they are compiled once, as in a local run, and kept at the same place.
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../../node_modules/.cache/selfsame');
  if (process.env[variable]) return undefined;
  if (process.env.DATABASE_URL) {
    process.env[variable] = process.env.DATABASE_URL;
    return undefined;
  }
  const server = await startPostgresServer();
  process.env[variable] = server.url;
  return async () => {
    delete process.env[variable];
    await server.stop();
  };
}
