/** See migrations/records.ts. */
// biome-ignore lint/complexity/noBannedTypes: tables come with their queries
export type RecordTables = {};
