/** Schemes that run or read something in the browser that follows a link. */
export const refusedSchemes: ReadonlySet<string> = new Set(
  [
    'javascript',
    'data',
    'vbscript',
    'file',
    'blob',
    'about',
    'filesystem',
    'view-source',
    'ws',
    'wss',
    'ftp',
  ].map((scheme) => `${scheme}:`),
);

/** What no link needs, and what could end an attribute or a header. */
const oddCharacters = /[\s\p{Cc}\\<>"'`]/u;

/** Whether a text is a whole https URL without credentials. */
export function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === 'https:' && !hasCredentials(url) && !oddCharacters.test(text);
}

/** Whether a text is a link to go on with: https, an app's own scheme, or http on this computer. */
export function isFallbackLink(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || oddCharacters.test(text) || refusedSchemes.has(url.protocol)) return false;
  if (hasCredentials(url)) return false;
  return url.protocol !== 'http:' || isLoopback(url.hostname);
}

/**
 * Whether a text is an origin that may embed the page, as `frame-ancestors` takes it: `https://host[:port]`, with `*.` before
 * a host of at least two labels, or http on this computer. Exactly as browsers write it: lower case, no path.
 */
export function isEmbeddingOrigin(text: string): boolean {
  if (!/^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?$/.test(text)) return false;
  const oneOfThem = text.replace('*.', 'any.');
  const url = URL.parse(oneOfThem);
  if (url === null || url.origin !== oneOfThem) return false;
  const labels = url.hostname.split('.');
  if (labels.includes('') || (text.includes('*') && labels.length < 3)) return false;
  return url.protocol === 'https:' || isLoopback(url.hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function hasCredentials(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}
