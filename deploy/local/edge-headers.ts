import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** The header in which this edge tells what it saw of a client's connection: JSON as base64url. */
export const clientHeader = 'x-selfsame-client';

// Headers that belong to one connection (RFC 9110, 7.6.1) and are never passed on.
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  // 100 Continue has been answered here.
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
]);

/** Where a request came by, as only a proxy can know; nothing that we trust stands before this edge. */
const forwarding =
  /^(forwarded|via|x-forwarded-.+|x-real-ip|x-client-ip|client-ip|true-client-ip|cf-connecting-ip|x-cluster-client-ip)$/;
const isMadeUp = (name: string) => forwarding.test(name) || name === clientHeader;

/** Headers as they came: names and values in turn, in the client's order and case. */
export type HeaderList = string[];

/** What of a request's headers goes on to a service, and whether the client claimed what it cannot know. */
export function requestHeaders(request: IncomingMessage): { headers: HeaderList; hasMadeUp: boolean } {
  const named = connectionNames(request.headers);
  const headers: HeaderList = [];
  let hasMadeUp = false;
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(at, at + 2);
    const key = name.toLowerCase();
    hasMadeUp ||= isMadeUp(key);
    if (!hopByHop.has(key) && !named.has(key) && !isMadeUp(key)) headers.push(name, value);
  }
  // HTTP/1.0 knows requests without one; what goes on is HTTP/1.1.
  if (request.headers.host === undefined) headers.push('host', '');
  return { headers, hasMadeUp };
}

/** What of an answer's headers goes on to the client. */
export function answerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = connectionNames(headers);
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.has(name)),
  );
}

/** Without a header, by its name in lower case. */
export function without(headers: HeaderList, name: string): HeaderList {
  return headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== name);
}

/** Headers that their sender binds to its connection. */
function connectionNames({ connection = '' }: IncomingHttpHeaders): ReadonlySet<string> {
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}
