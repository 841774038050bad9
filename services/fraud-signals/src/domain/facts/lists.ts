/** Whether the visit is on a list of the application. */
export const listsFacts = {} as const;
