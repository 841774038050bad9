/** What is known of subject, device and network from before. */
export const historyFacts = {} as const;
