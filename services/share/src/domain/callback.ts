/** Schemes that run, read or install something where a link is followed; the hosted page refuses the same ones. */
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

export const maxCallbackLength = 2_048;

/** Whether a browser may be sent there; apps have schemes of their own. */
export function isCallback(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && !refusedSchemes.has(url.protocol) && !/[\s\\<>"]/.test(text);
}
