/** What the client offered when it connected. */
export const tlsFacts = {} as const;
