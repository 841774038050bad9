/**
 * What the request looks like with which the page was opened or the picture was sent. All null where there was none, as at a
 * session's creation. The user agent is kept as it came; `agentOf` in user-agent.ts reads it. Headers that browsers send in
 * secure contexts only (client hints, fetch metadata) are missing elsewhere, and what proxies change is missing where one that
 * tells nothing of it stands between: header_names, http_version, connection_reused, forwarded_untrusted_present.
 */
export const httpFacts = {
  /** opening or upload. */
  'http.request': 'text',
  'http.user_agent': 'text',
  'http.accept': 'text',
  'http.accept_language': 'text',
  'http.accept_encoding': 'text',
  'http.sec_ch_ua': 'text',
  'http.sec_ch_ua_mobile': 'text',
  'http.sec_ch_ua_platform': 'text',
  'http.sec_ch_ua_platform_version': 'text',
  'http.sec_ch_ua_model': 'text',
  'http.sec_ch_ua_arch': 'text',
  'http.sec_ch_ua_bitness': 'text',
  'http.sec_ch_ua_full_version_list': 'text',
  'http.sec_fetch_site': 'text',
  'http.sec_fetch_mode': 'text',
  'http.sec_fetch_dest': 'text',
  'http.dnt': 'text',
  'http.sec_gpc': 'text',
  'http.priority': 'text',
  /** As the browser asked for it, port included. */
  'http.host': 'text',
  /** The browser spoke https to whoever it spoke to. */
  'http.is_secure': 'flag',
  /** The Origin header names the page's own origin; null: none came. */
  'http.origin_is_own': 'flag',
  /** A Referer came, which the page forbids. */
  'http.referer_sent': 'flag',
  /** The cookie that was set at the opening came back; null while there was nothing to come back. */
  'http.cookie_returned': 'flag',
  /** In the order and the case in which they came, without what proxies add. */
  'http.header_names': 'texts',
  /** 1.0, 1.1, 2.0 */
  'http.http_version': 'text',
  /** Earlier requests came over the same connection. */
  'http.connection_reused': 'flag',
  /** Trusted proxies between the client and us. */
  'http.forwarded_hops': 'number',
  /** The client came with forwarding headers of its own, which were dropped. */
  'http.forwarded_untrusted_present': 'flag',
  /** The whole body; null but with pictures. */
  'http.body_bytes': 'number',
  /** The picture that is compared; null but with pictures. */
  'http.picture_bytes': 'number',
} as const;
