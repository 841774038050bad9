import { randomBytes } from 'node:crypto';
import pg from 'pg';

/**
 * A fresh, empty database of its own for a suite, on the run's PostgreSQL. Roles are shared by the whole server.
 *
 * @returns the URL of a user who may do everything, and `drop`, which ends every connection to it
 */
export async function testDatabaseUrl(): Promise<{ url: string; drop(): Promise<void> }> {
  const serverUrl = process.env.SELFSAME_TEST_POSTGRES_URL ?? process.env.DATABASE_URL;
  if (!serverUrl) throw new Error('No PostgreSQL: run under vitest (global-setup.ts) or set DATABASE_URL');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
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
