import { finished } from 'node:stream';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { createGauge, createHistogram } from '@selfsame/runtime/metrics';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { wasRefused } from './refusals.ts';

/** The number that others gave to a client that has not waited for its answer. */
const clientGone = 499;

const seconds = createHistogram('selfsame_http_request_seconds', 'HTTP requests that were answered.', {
  labels: ['method', 'route', 'status'],
});
const readInFlight = createGauge(
  'selfsame_http_requests_in_flight',
  'HTTP requests that wait for their answer.',
);

/**
 * One server span, one log line and one measurement for each request that is no probe. What is refused for load or beyond its
 * rate is many: it is measured, but leaves no line, and no error in its trace. All name the route's pattern, never
 * the path or the query, which may hold tokens.
 */
export function observeRequests(server: FastifyInstance): void {
  let inFlight = 0;
  const forget = readInFlight(() => [{ labels: {}, value: inFlight }]);
  server.addHook('onClose', async () => forget());

  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (request.routeOptions.config.probe) return done();

    const route = request.routeOptions.url;
    const parent = propagation.extract(context.active(), request.headers);
    const span = trace
      .getTracer('selfsame')
      .startSpan(spanName(request), { kind: SpanKind.SERVER, attributes: spanAttributes(request) }, parent);
    const active = trace.setSpan(parent, span);

    inFlight += 1;
    finished(reply.raw, (failure) => {
      inFlight -= 1;
      const status = reply.raw.statusCode;
      span.setAttribute('http.response.status_code', status);
      const isRefused = status === 429 || wasRefused(request);
      if (status >= 500 && !isRefused) span.setStatus({ code: SpanStatusCode.ERROR });
      if (failure) span.setAttribute('error.type', 'client_gone');
      span.end();
      const line = { method: request.method, route, status, ms: Math.round(reply.elapsedTime) };
      context.with(active, () => {
        const told = failure ? clientGone : status;
        const labels = { method: request.method, route: route ?? 'none', status: told };
        seconds.observe(labels, reply.elapsedTime / 1_000);
        if (!isRefused) request.log.info(line, failure ? 'client gone' : 'answered');
      });
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
