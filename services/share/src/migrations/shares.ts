import type { Migration } from '@selfsame/database/migrate';

/** What was offered to whom, and what was made of it. */
export const shareMigrations: Migration[] = [];
