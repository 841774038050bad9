import type { EdgeReport } from './edge-report.ts';
import type { Facts } from './facts.ts';

/** Part a of a JA4, by its places, and two digests. */
const ja4Form = /^[tqd](\d\d|s\d|00)[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;

/** What another gateway tells in the header that is configured: a JA4 and nothing else. Anything else is no fact. */
export function ja4Facts(header: string | readonly string[] | undefined): Facts {
  return typeof header === 'string' && ja4Form.test(header) ? { 'tls.ja4': header } : {};
}

/** What our edge saw of the connection; all of it null where the client spoke plain http. */
export function tlsFacts({ tls }: EdgeReport): Facts {
  return {
    'tls.version': tls?.version ?? null,
    'tls.cipher': tls?.cipher ?? null,
    'tls.alpn': tls?.alpn ?? null,
    'tls.alpn_offered': tls?.alpn_offered ?? null,
    'tls.ja4': tls?.ja4 ?? null,
    'tls.ja3': tls?.ja3 ?? null,
    'tls.grease': tls?.grease ?? null,
    'tls.cipher_count': tls?.cipher_count ?? null,
    'tls.extension_count': tls?.extension_count ?? null,
    'tls.has_server_name': tls === null ? null : tls.server_name !== null,
    'tls.server_name': tls?.server_name ?? null,
    'tls.groups': tls?.groups ?? null,
    'tls.versions_offered': tls?.versions_offered ?? null,
    'tls.post_quantum_share': tls?.post_quantum_share ?? null,
    'tls.ech': tls?.ech ?? null,
    'tls.resumed': tls?.resumed ?? null,
  };
}
