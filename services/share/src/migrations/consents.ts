import type { Migration } from '@selfsame/database/migrate';

/** What people were asked and have answered. */
export const consentMigrations: Migration[] = [];
