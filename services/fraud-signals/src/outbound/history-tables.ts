/** What is known of subjects, devices and networks. */
export type HistoryTables = Record<never, never>;
