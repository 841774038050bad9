/** A fact as it was seen; null: it was looked for and is not there. */
export type FactValue = string | number | boolean | readonly string[] | null;

/** By name, such as http.user_agent. A fact that is missing could not be looked for. */
export type Facts = Readonly<Record<string, FactValue>>;
