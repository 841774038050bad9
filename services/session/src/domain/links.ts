/**
 * Schemes that run, read or install something where a link is followed, or that hide where they lead. The hosted page
 * refuses the same ones when it redirects.
 */
export const refusedSchemes: ReadonlySet<string> = new Set(
  [
    ...[
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
    ],
    ...['intent', 'jar', 'chrome', 'chrome-extension', 'moz-extension', 'resource', 'shell', 'search-ms'],
    ...['ms-msdt', 'ms-officecmd', 'ms-appinstaller', 'itms-services'],
  ].map((scheme) => `${scheme}:`),
);

/** What no link needs, and what could end an attribute or a header. */
const oddCharacters = /[\s\p{Cc}\\<>"'`]/u;

/** Whether a text is a whole https URL without credentials. */
export function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && isFallbackLink(text);
}

/** Whether a text is a link to go on with: https, an app's own scheme, or http on this computer. */
export function isFallbackLink(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || oddCharacters.test(text) || refusedSchemes.has(url.protocol)) return false;
  // `https:host` is whatever the reader makes of it.
  if (hasCredentials(url) || /^https?:(?!\/\/[^/])/i.test(text)) return false;
  return url.protocol !== 'http:' || isLoopback(url.hostname);
}

/**
 * Whether a text is an origin that may embed the page, as `frame-ancestors` takes it: `https://host[:port]`, with `*.` before
 * a host of at least two labels that is not for everyone, or http on this computer. Exactly as browsers write it: lower case, no path.
 */
export function isEmbeddingOrigin(text: string): boolean {
  if (!/^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?$/.test(text)) return false;
  const oneOfThem = text.replace('*.', 'any.');
  const url = URL.parse(oneOfThem);
  if (url === null || url.origin !== oneOfThem) return false;
  const labels = url.hostname.split('.');
  if (labels.includes('')) return false;
  if (text.includes('*') && (labels.length < 3 || isOpenToAll(labels.slice(1).join('.')))) return false;
  return url.protocol === 'https:' || isLoopback(url.hostname);
}

/** Where anybody gets a name below: what is well known, never all there are. */
function isOpenToAll(host: string): boolean {
  return /^(ac|co|com|edu|gov|net|or|org)\.[a-z]{2}$/.test(host) || sharedHosts.has(host);
}

const sharedHosts: ReadonlySet<string> = new Set([
  ...[
    'github.io',
    'gitlab.io',
    'pages.dev',
    'workers.dev',
    'netlify.app',
    'vercel.app',
    'web.app',
    'fly.dev',
  ],
  ...['firebaseapp.com', 'herokuapp.com', 'azurewebsites.net', 'cloudfront.net', 'appspot.com', 'ngrok.app'],
]);

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function hasCredentials(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}
