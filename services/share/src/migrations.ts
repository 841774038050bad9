import { busMigrations } from '@selfsame/bus/migrations';
import type { Migration } from '@selfsame/database/migrate';
import { httpMigrations } from '@selfsame/http/migrations';
import { keyMigrations } from '@selfsame/keys/migrations';
import { consentMigrations } from './migrations/consents.ts';
import { recordMigrations } from './migrations/records.ts';
import { shareMigrations } from './migrations/shares.ts';

/** The schema `share`: families of migrations, each of which grows at its own end. */
export const migrations: Migration[] = [
  ...busMigrations,
  ...httpMigrations,
  ...keyMigrations,
  ...consentMigrations,
  ...shareMigrations,
  ...recordMigrations,
];
