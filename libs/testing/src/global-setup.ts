import { startPostgresServer } from './postgres-server.ts';

/** Where suites find the run's PostgreSQL; workers inherit it from the runner. */
const variable = 'SELFSAME_TEST_POSTGRES_URL';

/** One PostgreSQL for the whole run; DATABASE_URL replaces it. Vitest calls this once per project, hence the guard. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
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
