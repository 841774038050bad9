/**
 * Whether the visit is on a list of the application. Of what the visit does not have, such as an e-mail address, both are
 * null; the country of an address that could not be looked up is missing.
 */
export const listsFacts = {
  'lists.ip_blocked': 'flag',
  'lists.ip_allowed': 'flag',
  'lists.device_blocked': 'flag',
  'lists.device_allowed': 'flag',
  'lists.user_blocked': 'flag',
  'lists.user_allowed': 'flag',
  'lists.country_blocked': 'flag',
  'lists.country_allowed': 'flag',
  'lists.email_blocked': 'flag',
  'lists.email_allowed': 'flag',
  'lists.phone_blocked': 'flag',
  'lists.phone_allowed': 'flag',
  /** By any of its lists. */
  'lists.is_blocked': 'flag',
  /** Ids of the application's own lists that the visit is on; null: of none. */
  'lists.custom': 'texts',
} as const;
