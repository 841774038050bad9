/**
 * What databases and lists say of the client's address. Which of them are there depends on the files that the operator has
 * installed: what no file knows is missing. null: the files know nothing of this address, or it is a special one.
 */
export const networkFacts = {
  /** v4 or v6; IPv4 inside IPv6 is v4. */
  'net.ip_version': 'text',
  /** Private, loopback, link-local, shared (CGNAT), documentation and other addresses that nobody on the internet has. */
  'net.is_private': 'flag',

  /** ISO 3166-1 alpha-2 */
  'net.country_code': 'text',
  'net.is_in_eu': 'flag',
  /** Where the network is registered. */
  'net.registered_country_code': 'text',
  /** Whom it serves elsewhere: bases and missions abroad. */
  'net.represented_country_code': 'text',
  'net.region': 'text',
  'net.city': 'text',
  'net.latitude': 'number',
  'net.longitude': 'number',
  'net.accuracy_radius_km': 'number',
  /** IANA name. */
  'net.time_zone': 'text',
  /** The same address is announced in many places. */
  'net.is_anycast': 'flag',
  /** The place says little: a privacy relay, anycast, a satellite link or a very large radius. */
  'net.is_location_vague': 'flag',

  'net.asn': 'number',
  'net.as_org': 'text',
  'net.isp': 'text',
  'net.organization': 'text',
  /** Of the network's owner. */
  'net.domain': 'text',
  /** Of the narrowest record about place or network; of IPv4 addresses 0..32. */
  'net.prefix_length': 'number',
  /** cable_dsl, cellular, corporate, dialup or satellite */
  'net.connection_type': 'text',
  /** Such as residential, cellular, business, hosting, government. */
  'net.user_type': 'text',
  'net.is_mobile_carrier': 'flag',
  /** MCC, three digits. */
  'net.mobile_country_code': 'text',
  /** MNC, two or three digits. */
  'net.mobile_network_code': 'text',
  /** How long an address stays with one customer, 0..99.99. */
  'net.static_ip_score': 'number',
  /** How many people were behind the address on a day. */
  'net.user_count': 'number',

  'net.is_hosting': 'flag',
  'net.is_anonymous_vpn': 'flag',
  'net.is_public_proxy': 'flag',
  'net.is_residential_proxy': 'flag',
  'net.is_tor_exit': 'flag',
  /** Hours since the exit list saw the address; null when it is on none. */
  'net.tor_exit_age_hours': 'number',
  /** A privacy relay for consumers. */
  'net.is_relay': 'flag',
  /** A secure web gateway: a whole company leaves through it. */
  'net.is_enterprise_gateway': 'flag',
  /** 0..100, as its database counts. */
  'net.risk_score': 'number',
  /** How sure the database is that the address hides people, 0..100. */
  'net.anonymizer_confidence': 'number',
  /** Whose VPN or proxy it is. */
  'net.anonymizer_name': 'text',
  'net.proxy_last_seen_days': 'number',

  /** Days since the newest database of its kind was built. */
  'net.location_db_age_days': 'number',
  'net.asn_db_age_days': 'number',
  'net.reputation_db_age_days': 'number',
} as const;
