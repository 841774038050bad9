/** What the requests of the page look like. */
export const httpFacts = {} as const;
