/**
 * Whether a page of `host` opens this connection, as far as its browser says. Sockets know no other protection: a browser
 * opens them across origins, cookies and all. Where the connection is known to be secure, a page that came in the open is
 * another origin, since anybody on the way may have written it; TLS may also end before a proxy that does not tell.
 * @param origin the Origin header; nobody but browsers sends it, and browsers always do
 * @param host the Host header, or what a trusted proxy forwarded of it
 * @param isSecure whether a trusted proxy says that the browser speaks TLS
 */
export function isSameOrigin(origin: string | undefined, host: string, isSecure: boolean): boolean {
  const match = /^(https?):\/\/([^/]+)$/i.exec(origin ?? '');
  const [, scheme = '', from = ''] = match ?? [];
  if (isSecure && scheme.toLowerCase() !== 'https') return false;
  return match !== null && named(from) === named(host);
}

/** Browsers leave the default port out, some proxies put it in. */
function named(host: string): string {
  return host.toLowerCase().replace(/:(80|443)$/, '');
}
