/**
 * How requests, connection and network looked when the page was opened last: opening.http.user_agent is http.user_agent of
 * then. Null but for a look.
 */
export const openingFacts = {
  /** From that opening to this look, by our own clock. */
  'opening.since_ms': 'number',
  /** Same address (of IPv6: same network of 64 bits); null when either has none. */
  'opening.is_same_address': 'flag',
  /** The same key was proved; null when either proved none. */
  'opening.is_same_device': 'flag',
  'opening.http.user_agent': 'text',
  'opening.http.accept_language': 'text',
  'opening.http.sec_ch_ua_platform': 'text',
  'opening.tls.ja4': 'text',
  'opening.net.country_code': 'text',
  'opening.net.asn': 'number',
  'opening.net.ip_version': 'text',
} as const;
