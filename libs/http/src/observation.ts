import { finished } from 'node:stream';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * One server span and one log line for each request that is no probe. Both name the route's pattern, never the path or the
 * query, which may hold tokens.
 */
export function observeRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (request.routeOptions.config.probe) return done();

    const route = request.routeOptions.url;
    const parent = propagation.extract(context.active(), request.headers);
    const span = trace
      .getTracer('selfsame')
      .startSpan(spanName(request), { kind: SpanKind.SERVER, attributes: spanAttributes(request) }, parent);
    const active = trace.setSpan(parent, span);

    finished(reply.raw, (failure) => {
      const status = reply.raw.statusCode;
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      if (failure) span.setAttribute('error.type', 'client_gone');
      span.end();
      const line = { method: request.method, route, status, ms: Math.round(reply.elapsedTime) };
      context.with(active, () => request.log.info(line, failure ? 'client gone' : 'answered'));
    });
    context.with(active, done);
  });
}

function spanName({ method, routeOptions }: FastifyRequest): string {
  return routeOptions.url ? `${method} ${routeOptions.url}` : method;
}

function spanAttributes({ method, protocol, routeOptions }: FastifyRequest) {
  const { url } = routeOptions;
  return {
    'http.request.method': method,
    'url.scheme': protocol,
    ...(url ? { 'http.route': url, 'url.path': url } : {}),
  };
}
