/**
 * What the client offered when it connected, and what came of it. All null where it spoke plain http to us; missing where TLS
 * ended before somebody who tells nothing of it. A gateway that tells no more than a JA4 leaves the others missing.
 */
export const tlsFacts = {
  /** As negotiated: TLSv1.3, TLSv1.2. */
  'tls.version': 'text',
  /** As negotiated, by its IANA name. */
  'tls.cipher': 'text',
  /** As negotiated; none where nothing was. */
  'tls.alpn': 'text',
  /** In the client's order. */
  'tls.alpn_offered': 'texts',
  'tls.ja4': 'text',
  /** MD5, hex. */
  'tls.ja3': 'text',
  /** Values that mean nothing, as browsers mix in. */
  'tls.grease': 'flag',
  /** Without GREASE. */
  'tls.cipher_count': 'number',
  /** Without GREASE. */
  'tls.extension_count': 'number',
  'tls.has_server_name': 'flag',
  /** Null where none was named. */
  'tls.server_name': 'text',
  /** Key-exchange groups by number, in the client's order, without GREASE. */
  'tls.groups': 'texts',
  /** Versions by number, in the client's order, without GREASE. */
  'tls.versions_offered': 'texts',
  /** A key share of X25519MLKEM768 or another hybrid. */
  'tls.post_quantum_share': 'flag',
  /** Encrypted ClientHello, real or GREASE. */
  'tls.ech': 'flag',
  /** The session of an earlier connection was taken up. */
  'tls.resumed': 'flag',
} as const;
