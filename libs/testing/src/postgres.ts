import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** Of a user who may do everything. */
  readonly url: string;
  /** An outage: ends every connection and refuses new ones. */
  suspend(): Promise<void>;
  resume(): Promise<void>;
  /** Ends every connection and removes the database. */
  drop(): Promise<void>;
}

/** A fresh, empty database of its own for a suite, on the run's PostgreSQL. Roles are shared by the whole server. */
export async function testDatabaseUrl(): Promise<TestDatabase> {
  const serverUrl = process.env.SELFSAME_TEST_POSTGRES_URL ?? process.env.DATABASE_URL;
  if (!serverUrl) throw new Error('No PostgreSQL: run under vitest (global-setup.ts) or set DATABASE_URL');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async suspend() {
      await administer(serverUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await administer(
        serverUrl,
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${name}'`,
      );
    },
    resume: () => administer(serverUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`),
    drop: () => administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function administer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
