/** What the session service knows of the session, and how this visit of it fits the others and what the application said. */
export const sessionFacts = {
  /** Looks that were granted before this one. */
  'session.attempts': 'number',
  /** Since the session was created. */
  'session.age_ms': 'number',
  /** Since the look before this one was granted; null when there was none. */
  'session.since_attempt_ms': 'number',
  /** The address is the one that the application expects; null when it expects none. */
  'session.is_expected_address': 'flag',
  /** The address is the one that the application saw its user on; null when it told none. */
  'session.is_application_address': 'flag',
  /** Countries of the calling code of the user's phone number; null when the application gave none, or one without a code. */
  'session.phone_countries': 'texts',
  /** How often the page was opened, this time included; null before the first. */
  'session.openings': 'number',
  /** On how many addresses (of IPv6: networks of 64 bits) it was opened. */
  'session.opening_addresses': 'number',
  /** On how many devices that proved themselves it was opened. */
  'session.opening_devices': 'number',
  /** The page told something, now or at its latest opening; null before there is one. */
  'session.page_spoke': 'flag',
} as const;
