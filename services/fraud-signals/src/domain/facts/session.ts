/** What the session service knows of the session. */
export const sessionFacts = {} as const;
