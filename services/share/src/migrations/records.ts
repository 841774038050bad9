import type { Migration } from '@selfsame/database/migrate';

/** The log of shares that nobody can change. */
export const recordMigrations: Migration[] = [];
