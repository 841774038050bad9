/** See migrations/shares.ts. */
// biome-ignore lint/complexity/noBannedTypes: tables come with their queries
export type ShareTables = {};
