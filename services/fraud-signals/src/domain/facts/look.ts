/** What a look at the face found, and how the picture came to be. */
export const lookFacts = {} as const;
