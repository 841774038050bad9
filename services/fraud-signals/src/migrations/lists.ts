import type { Migration } from '@selfsame/database/migrate';

export const listMigrations: Migration[] = [];
