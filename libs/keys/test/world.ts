import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import type { KeyTables } from '../src/key-table.ts';
import { type Keyring, openKeyring } from '../src/keyring.ts';
import { keyMigrations } from '../src/migrations.ts';
import type { KeySettings } from '../src/settings.ts';

/** One database with schemas that seal, and a folder for key files. */
export interface World {
  readonly url: string;
  readonly directory: string;
  /** A schema of its own, migrated. */
  database(service: string): Promise<Database<KeyTables>>;
  /** A keyring that is closed with the world. */
  keyring(
    database: Database<KeyTables>,
    settings: KeySettings,
    more?: Partial<Parameters<typeof openKeyring>[0]>,
  ): Promise<Keyring>;
  /** Writes a key file. @returns its path */
  keyFile(content: { current: string; keys: Record<string, string> }, name?: string): Promise<string>;
  close(): Promise<void>;
}

const log = createLog('keys-test', 'silent');

const environment: KeySettings = {
  keyProvider: 'environment',
  keyFile: undefined,
  kmsKeyId: undefined,
  kmsEndpoint: undefined,
  kmsRegion: 'eu-test-1',
  kmsAccessKeyId: undefined,
  kmsSecretAccessKey: undefined,
};

/** Settings as a service reads them. */
export function settingsOf(some: Partial<KeySettings> = {}): KeySettings {
  return { ...environment, ...some };
}

/** A key as key files hold it. */
export function newKey(): string {
  return randomBytes(32).toString('base64');
}

export async function openWorld(): Promise<World> {
  const server = await testDatabaseUrl();
  const directory = await mkdtemp(join(tmpdir(), 'selfsame-keys-'));
  const closings: (() => Promise<void> | void)[] = [];
  return {
    url: server.url,
    directory,
    async database(service) {
      await migrate({ service, url: server.url, migrations: keyMigrations, log });
      const database = await openDatabase<KeyTables>({ service, url: server.url, migrations: keyMigrations });
      closings.push(database.close);
      return database;
    },
    async keyring(database, settings, more = {}) {
      const keyring = await openKeyring({ purpose: 'test', database, settings, log, ...more });
      closings.push(keyring.close);
      return keyring;
    },
    async keyFile(content, name = 'keys.json') {
      const path = join(directory, name);
      // Whoever reads it meanwhile reads the one or the other, as from a mounted secret.
      await writeFile(`${path}.next`, JSON.stringify(content), { mode: 0o600 });
      await rename(`${path}.next`, path);
      return path;
    },
    async close() {
      for (const close of closings.reverse()) await close();
      await server.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
