/** What was seen when the session was opened, to compare with now. */
export const openingFacts = {} as const;
