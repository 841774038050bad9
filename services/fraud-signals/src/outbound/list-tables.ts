/** The lists of applications. */
export type ListTables = Record<never, never>;
