/**
 * Whether a page of `host` opens this connection, as far as its browser says. Sockets know no other protection: a browser
 * opens them across origins, cookies and all. Schemes are not compared, since TLS may end before a proxy that does not tell.
 * @param origin the Origin header; nobody but browsers sends it, and browsers always do
 * @param host the Host header, or what a trusted proxy forwarded of it
 */
export function isSameOrigin(origin: string | undefined, host: string): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin ?? '');
  return match?.[1] !== undefined && named(match[1]) === named(host);
}

/** Browsers leave the default port out, some proxies put it in. */
function named(host: string): string {
  return host.toLowerCase().replace(/:(80|443)$/, '');
}
