import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { deviceOf, originOf } from '../domain/device.ts';
import { type EdgeReport, edgeHeader, readEdgeReport } from '../domain/edge-report.ts';
import type { Facts } from '../domain/facts.ts';
import {
  hasForwarding,
  headerNamesOf,
  httpFacts,
  isThisMachine,
  type SeenConnection,
} from '../domain/http-facts.ts';
import { isSameOrigin } from '../domain/same-origin.ts';
import { ja4Facts, tlsFacts } from '../domain/tls-facts.ts';
import type { Observed } from '../observed.ts';

const requestsSoFar = new WeakMap<object, number>();

/**
 * What a request tells of its client, and what whoever it was spoken to tells of the connection. Only proxies that are
 * trusted are believed, and each in its own headers only.
 */
export function observe(
  request: FastifyRequest,
  kind: 'opening' | 'upload',
  config: Pick<Config, 'isBehindEdge' | 'ja4Header'>,
): Observed {
  const { headers } = request;
  // A proxy that is not trusted is the client: nothing that it forwards counts.
  const forwardedHops = (request.ips?.length ?? 1) - 1;
  const report = reportOf(request, forwardedHops, config.isBehindEdge);
  const isSecure = request.protocol === 'https';
  return {
    ipAddress: request.ip.replace(/^::ffff:(?=\d+\.)/i, ''),
    cookieSha256: originOf(headers.cookie, request.ip).deviceSha256,
    facts: {
      ...httpFacts({
        kind,
        headers,
        host: request.host,
        isSecure,
        originIsOwn: originIsOwn(request, isSecure),
        hasCookie: deviceOf(headers.cookie) !== null,
        forwardedHops,
        connection: connectionOf(request, forwardedHops, report),
      }),
      ...transportFacts(request, forwardedHops, report, config.ja4Header),
    },
  };
}

/** What our edge says, if it is ours and spoke with the client itself. */
function reportOf(request: FastifyRequest, forwardedHops: number, isBehindEdge: boolean): EdgeReport | null {
  if (forwardedHops === 0 || !isBehindEdge) return null;
  const report = readEdgeReport(request.headers[edgeHeader]);
  // No browser gives a camera to plain http of another machine: somebody else has ended TLS, such as a tunnel.
  return report?.tls === null && !isThisMachine(request.host) ? null : report;
}

/** Whether the origin that a browser tells is the page's own. Some tell none, as the page lets nobody know where it is. */
function originIsOwn({ headers, host }: FastifyRequest, isSecure: boolean): boolean | null {
  const { origin } = headers;
  return origin === undefined || origin === 'null' ? null : isSameOrigin(origin, host, isSecure);
}

/** Told by our edge, or seen here where nobody stands between. */
function connectionOf(
  request: FastifyRequest,
  forwardedHops: number,
  report: EdgeReport | null,
): SeenConnection | null {
  const { raw } = request;
  const headerNames = headerNamesOf(raw.rawHeaders);
  if (report !== null) {
    return {
      headerNames,
      httpVersion: report.http_version,
      isReused: report.connection_reused,
      hasForeignForwarding: report.forwarding_dropped,
    };
  }
  if (forwardedHops > 0) return null;
  return {
    headerNames,
    httpVersion: raw.httpVersion,
    isReused: (requestsSoFar.get(raw.socket) ?? 0) > 1,
    hasForeignForwarding: hasForwarding(Object.keys(request.headers)),
  };
}

function transportFacts(
  { headers }: FastifyRequest,
  forwardedHops: number,
  report: EdgeReport | null,
  ja4Header: string,
): Facts {
  if (report !== null) return tlsFacts(report);
  return forwardedHops > 0 && ja4Header !== '' ? ja4Facts(headers[ja4Header]) : {};
}

/** Hook: counts the requests of a connection. */
export async function countRequest({ raw }: FastifyRequest): Promise<void> {
  requestsSoFar.set(raw.socket, (requestsSoFar.get(raw.socket) ?? 0) + 1);
}
