import { httpFacts } from './http.ts';
import { networkFacts } from './network.ts';
import { tlsFacts } from './tls.ts';

/** Areas of which a later visit sees how they were at the opening. */
const compared = { ...httpFacts, ...tlsFacts, ...networkFacts };

type Opening<Kinds> = { readonly [Name in keyof Kinds & string as `opening.${Name}`]: Kinds[Name] };

/**
 * How requests, connection and network looked when the session was opened: opening.http.user_agent is http.user_agent of
 * then. Of a visit that is no look, they are null.
 */
export const openingFacts = Object.fromEntries(
  Object.entries(compared).map(([name, kind]) => [`opening.${name}`, kind]),
) as Opening<typeof compared>;
