import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { inSpan, startTelemetry } from '@selfsame/runtime/telemetry';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overloaded } from './admission.ts';
import { createHttpServer, DetailError, type HttpServer } from './server.ts';

const lines: string[] = [];
const log = createLog('unit', 'info', { write: (line: string) => void lines.push(line) });

const judged = Promise.withResolvers<void>();
let collector: Awaited<ReturnType<typeof startSpanCollector>>;
let telemetry: ReturnType<typeof startTelemetry>;
let server: HttpServer;
let baseUrl: string;
beforeAll(async () => {
  collector = await startSpanCollector();
  telemetry = startTelemetry('unit', {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '10',
  });
  server = createHttpServer({ service: 'unit', log, health: createLifecycle(log).health });
  server.post('/:language/session/:token', async (request) =>
    inSpan('handled', {}, async () => {
      request.log.info('in the handler');
      return {};
    }),
  );
  server.get('/broken/', async () => {
    throw new Error('secret-cause');
  });
  server.get('/crowded/', async () => {
    throw overloaded();
  });
  server.get('/too-soon/', async () => {
    throw new DetailError(429, 'Later.');
  });
  server.get('/slow/', async () => {
    await judged.promise;
    return {};
  });
  baseUrl = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await server.close();
  await telemetry.stop();
  await collector.close();
});

const exported = (name: string) =>
  waitFor(`span ${name}`, () => collector.spans().find((span) => span.name === name));

test('a request is one server span of the caller’s trace, named by its route, with no token from path or query', async () => {
  await inSpan('caller', {}, async () => {
    const answer = await fetch(`${baseUrl}/en/session/secret-token?key=secret-key`, {
      method: 'POST',
      body: '{"image":"secret-image"}',
      headers: { 'x-api-key': 'secret-api-key', 'user-agent': 'secret-agent' },
    });
    await answer.text();
  });
  const caller = await exported('caller');
  const client = await exported('POST');
  const served = await exported('POST /:language/session/:token');
  const handled = await exported('handled');

  expect([client, served, handled].map((span) => span.traceId)).toEqual(Array(3).fill(caller.traceId));
  expect(served).toMatchObject({ kind: 2, parentSpanId: client.spanId });
  expect(handled.parentSpanId).toBe(served.spanId);
  expect(served.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/:language/session/:token',
    'url.path': '/:language/session/:token',
    'url.scheme': 'http',
    'http.response.status_code': 200,
  });
  expect(JSON.stringify(served)).not.toContain('secret-');
  // The client's own user agent is its affair; the rest of its span is checked in libs/runtime.
});

test('a request is one measurement by its route and status, which leads to its trace and tells no more', async () => {
  const served = await exported('POST /:language/session/:token');
  await fetch(`${baseUrl}/secret-path/`).then((answer) => answer.text());
  const { text } = await waitFor('the request without a route', async () => {
    const exposed = await exposeMetrics();
    return exposed.text.includes('route="none",status="404"') && exposed;
  });
  const labels = 'method="POST",route="/:language/session/:token",status="200"';
  expect(text).toContain(`selfsame_http_request_seconds_count{${labels}} 1\n`);
  expect(text).toMatch(new RegExp(`_bucket{le="[\\d.]+",${labels}} 1 # {trace_id="${served.traceId}"}`));
  expect(text).not.toContain('secret-');
});

test('who waits for an answer is counted while they wait', async () => {
  const inFlight = async () =>
    /^selfsame_http_requests_in_flight (\d+)$/m.exec((await exposeMetrics()).text)?.[1];
  const waiting = fetch(`${baseUrl}/slow/`);
  await waitFor('one request in flight', async () => (await inFlight()) === '1');
  judged.resolve();
  await (await waiting).text();
  await waitFor('none in flight', async () => (await inFlight()) === '0');
});

test('lines of a request carry its trace', async () => {
  const served = await exported('POST /:language/session/:token');
  for (const msg of ['in the handler', 'answered']) {
    const line = await waitFor(msg, () => lines.find((each) => each.includes(msg)));
    expect(JSON.parse(line)).toMatchObject({ trace_id: served.traceId });
  }
});

test('a failed request marks its span and tells it no cause', async () => {
  await fetch(`${baseUrl}/broken/`).then((answer) => answer.text());
  const broken = await exported('GET /broken/');
  expect(broken).toMatchObject({ status: 2, attributes: { 'http.response.status_code': 500 } });
  expect(JSON.stringify(broken)).not.toContain('secret-');
});

test('probes leave no span and no line', async () => {
  lines.length = 0;
  await fetch(`${baseUrl}/healthz`).then((answer) => answer.text());
  await fetch(`${baseUrl}/marker`).then((answer) => answer.text());
  await waitFor('the line of the request after the probe', () => lines.length > 0);
  expect(lines).toHaveLength(1);
  expect(collector.spans().some((span) => span.attributes['http.route'] === '/healthz')).toBe(false);
});

test('what is refused for load or beyond its rate is no error to those who read traces, and no line', async () => {
  lines.length = 0;
  for (const path of ['/crowded/', '/too-soon/', '/broken/']) await (await fetch(`${baseUrl}${path}`)).text();
  const served = (route: string) =>
    waitFor(`the span of ${route}`, () => collector.spans().findLast(({ name }) => name === `GET ${route}`));
  expect((await served('/crowded/')).status).not.toEqual((await served('/broken/')).status);
  expect((await served('/crowded/')).status).toEqual((await served('/too-soon/')).status);
  await waitFor('the line of the error', () => lines.some((line) => line.includes('"route":"/broken/"')));
  expect(lines.filter((line) => /crowded|too-soon/.test(line))).toEqual([]);
});
