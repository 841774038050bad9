/** What databases and lists say of the client's address. */
export const networkFacts = {} as const;
