const schemesThatRunOrReadHere = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'filesystem:',
  'view-source:',
  'ws:',
  'wss:',
  'ftp:',
  'intent:',
  'jar:',
  'chrome:',
  'chrome-extension:',
  'moz-extension:',
  'resource:',
  'shell:',
  'search-ms:',
  'ms-msdt:',
  'ms-officecmd:',
  'ms-appinstaller:',
  'itms-services:',
]);

/** The callback with `verificationSessionId` and `status` added, as `withAnswer` does. */
export function redirectTarget(callback: string, sessionId: string, status: string): string | null {
  return withAnswer(callback, 'verificationSessionId', sessionId, status);
}

/**
 * The callback with what it is about and `status` added; its own query and fragment survive and app schemes
 * (`acme://done`) work.
 * @param idName parameter that tells `id`
 * @returns null when there is no callback or it is no place to send a browser
 */
export function withAnswer(callback: string, idName: string, id: string, status: string): string | null {
  const target = parse(callback);
  if (target === null || schemesThatRunOrReadHere.has(target.protocol)) return null;
  // Appended as text: re-serialising the query would change how the application encoded (or signed) it.
  const added = `${idName}=${encodeURIComponent(id)}&status=${encodeURIComponent(status)}`;
  target.search = target.search === '' ? added : `${target.search}&${added}`;
  return target.href;
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
