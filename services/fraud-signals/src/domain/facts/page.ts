/** What the script of the hosted page sees. */
export const pageFacts = {} as const;
