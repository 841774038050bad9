import { busMigrations } from '@selfsame/bus/migrations';
import type { Migration } from '@selfsame/database/migrate';
import { httpMigrations } from '@selfsame/http/migrations';
import { keyMigrations } from '@selfsame/keys/migrations';
import { assessmentMigrations } from './migrations/assessments.ts';
import { historyMigrations } from './migrations/history.ts';
import { listMigrations } from './migrations/lists.ts';

/** The schema `fraud_signals`: families of migrations, each of which grows at its own end. */
export const migrations: Migration[] = [
  ...busMigrations,
  ...httpMigrations,
  ...keyMigrations,
  ...assessmentMigrations,
  ...historyMigrations,
  ...listMigrations,
];
