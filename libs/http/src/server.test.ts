import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Failure } from '@selfsame/runtime/errors';
import { createLog } from '@selfsame/runtime/log';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpServer, DetailError, FieldError, type HttpServer, ListError } from './server.ts';

const lines: string[] = [];
const log = createLog('unit', 'info', { write: (line: string) => void lines.push(line) });
const health = {
  isLive: true,
  isReady: false,
  isStarted: false,
  started: () => health.isStarted,
  live: () => health.isLive,
  ready: () => health.isReady,
};
const sessionId = '0b6d6a4c-6f1a-4f61-8a65-0f1c6f6f6f6f';

const Session = Type.Object({
  vendor_data: Type.String({ minLength: 1, maxLength: 5 }),
  attempts: Type.Optional(Type.Integer({ minimum: 1 })),
  callback: Type.Optional(Type.Union([Type.String({ format: 'uri' }), Type.Null()])),
  method: Type.Optional(Type.Union([Type.Literal('PASSIVE'), Type.Literal('FLASHING')])),
  contact: Type.Optional(Type.Object({ email: Type.String({ format: 'email' }), name: Type.String() })),
  features: Type.Optional(Type.Array(Type.Object({ feature: Type.String() }), { maxItems: 2 })),
});

const thrown: Record<string, unknown> = {
  field: new FieldError({ workflow_id: 'Unknown workflow.', features: ['Choose one.'] }),
  list: new ListError(['The status is the same.']),
  detail: new DetailError(409, ['Only finished sessions can be shared.']),
  forbidden: new Failure('forbidden', 'no_access', 'You do not have permission to perform this action.'),
  precondition: new Failure('precondition', 'expired', 'The session has expired.'),
  exhausted: new Failure('exhausted', 'quota', 'No more sessions today.'),
  busy: new Failure('exhausted', 'queue_full', 'Too many looks at once.', { retryAfterMs: 1_200 }),
  unavailable: new Failure('unavailable', 'down', 'secret host is down', {
    cause: new Error('secret cause'),
  }),
  deadline: new Failure('deadline', 'late', 'secret host is slow'),
  internal: new Failure('internal', 'bug', 'secret bug'),
  unknown: new Error('secret table is missing'),
  nothing: null,
};

let server: HttpServer;
beforeAll(async () => {
  server = createHttpServer({
    service: 'unit',
    log,
    health,
    bodyLimitBytes: 2000,
    trustProxy: ['10.0.0.0/8', '127.0.0.1'],
    openapi: { title: 'Unit', description: 'A test' },
  });
  void server.register(async (api: HttpServer) => {
    api.post('/v3/session/', { schema: { body: Session, summary: 'Create' } }, async (request, reply) =>
      reply.code(201).send(request.body),
    );
    api.get(
      '/v3/session/:id/decision/',
      {
        schema: {
          params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
          querystring: Type.Object({ limit: Type.Integer({ default: 50, maximum: 100 }) }),
        },
      },
      async (request) => ({ id: request.params.id, limit: request.query.limit }),
    );
    api.get('/v3/session/:id/webhook/:webhook', async () => ({ slashed: false }));
    api.get('/v3/ip/', async (request) => ({ ip: request.ip }));
    api.get('/session/:token', async () => ({ page: true }));
    api.post('/throw/:what/', async (request) => {
      throw thrown[(request.params as { what: string }).what];
    });
  });
  await server.ready();
});
afterAll(() => server.close());

const post = (payload: string, type = 'application/json') =>
  server.inject({ method: 'POST', url: '/v3/session/', payload, headers: { 'content-type': type } });

describe('bodies', () => {
  test('every mistake of a body is told at once, in the shape of the contract', async () => {
    const answer = await post(
      JSON.stringify({
        vendor_data: 'too long',
        attempts: 0,
        callback: 'no url',
        method: 'GUESS',
        contact: { email: 'nobody' },
        features: [{ feature: 'LIVENESS' }, { feature: 7 }],
      }),
    );
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({
      vendor_data: ['Ensure this field has no more than 5 characters.'],
      attempts: ['Ensure this value is greater than or equal to 1.'],
      callback: ['Enter a valid URL.'],
      method: ['Must be one of: PASSIVE, FLASHING.'],
      contact: ['name: This field is required.', 'email: Enter a valid email address.'],
      features: ['1.feature: Not a valid string.'],
    });
  });

  test.each([
    ['a missing field', '{}', { vendor_data: ['This field is required.'] }],
    ['no body', '', { vendor_data: ['This field is required.'] }],
    ['an empty text', '{"vendor_data":""}', { vendor_data: ['This field may not be blank.'] }],
    ['a number for a text', '{"vendor_data":1}', { vendor_data: ['Not a valid string.'] }],
    [
      'a text for a number',
      '{"vendor_data":"a","attempts":"1"}',
      { attempts: ['A valid integer is required.'] },
    ],
    ['null', '{"vendor_data":null}', { vendor_data: ['Not a valid string.'] }],
    ['a list', '[]', { non_field_errors: ['Expected a JSON object.'] }],
    ['a NUL character', '{"vendor_data":"a\\u0000"}', { vendor_data: ['Null characters are not allowed.'] }],
    ['broken JSON', '{"vendor', { detail: 'JSON parse error: the body is not valid JSON.' }],
    ['a poisoned prototype', '{"__proto__":{}}', { detail: 'JSON parse error: the body is not valid JSON.' }],
  ])('%s is answered 400', async (_name, payload, body) => {
    const answer = await post(payload);
    expect(answer.json()).toEqual(body);
    expect(answer.statusCode).toBe(400);
  });

  test('what is optional may be null where the schema says so, and unknown fields are ignored', async () => {
    const answer = await post('{"vendor_data":"a","callback":null,"surprise":1}');
    expect(answer.statusCode).toBe(201);
  });

  test('hundreds of mistakes make a short answer', async () => {
    const features = Array.from({ length: 200 }, () => ({}));
    const answer = await post(JSON.stringify({ vendor_data: 'a', features }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().features.length).toBeLessThanOrEqual(50);
  });

  test('JSON is read whatever the content type when it starts with a brace', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/merge-patch+json']) {
      expect((await post(' {"vendor_data":"a"}', type)).statusCode).toBe(201);
    }
    const untyped = await server.inject({
      method: 'POST',
      url: '/v3/session/',
      payload: Buffer.from('{"vendor_data":"a"}'),
    });
    expect(untyped.statusCode).toBe(201);
  });

  test('another media type is 415, also when it says so of nothing', async () => {
    const form = await post('vendor_data=a', 'application/x-www-form-urlencoded');
    expect(form.statusCode).toBe(415);
    expect(form.json()).toEqual({
      detail: 'Unsupported media type "application/x-www-form-urlencoded" in request.',
    });
    expect((await post('{}', 'nonsense')).json()).toEqual({ detail: 'Unsupported media type.' });
  });

  test('a body beyond the limit is 413', async () => {
    const answer = await post(JSON.stringify({ vendor_data: 'a'.repeat(3000) }));
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toEqual({ detail: 'Request body is too large.' });
  });

  test('half a surrogate pair, which Postgres cannot hold, becomes the replacement character', async () => {
    expect((await post('{"vendor_data":"\\ud83dx"}')).json()).toEqual({ vendor_data: '\ufffdx' });
    expect((await post('{"vendor_data":"\\ud83d\\ude00"}')).json()).toEqual({ vendor_data: '😀' });
  });
});

describe('paths', () => {
  const get = (url: string) => server.inject({ method: 'GET', url });

  test('a segment that is no UUID where one is wanted is no route', async () => {
    const answer = await get('/v3/session/nonsense/decision/');
    expect([answer.statusCode, answer.json()]).toEqual([404, { detail: 'Not found.' }]);
  });

  test('query parameters are converted, checked and have defaults', async () => {
    expect((await get(`/v3/session/${sessionId}/decision/`)).json()).toEqual({ id: sessionId, limit: 50 });
    expect((await get(`/v3/session/${sessionId}/decision/?limit=7`)).json().limit).toBe(7);
    const wrong = await get(`/v3/session/${sessionId}/decision/?limit=many`);
    expect([wrong.statusCode, wrong.json()]).toEqual([400, { limit: ['A valid integer is required.'] }]);
  });

  test('a GET without its trailing slash is sent there with its query', async () => {
    const answer = await get(`/v3/session/${sessionId}/decision?limit=7&a=b?c`);
    expect(answer.statusCode).toBe(301);
    expect(answer.headers.location).toBe(`/v3/session/${sessionId}/decision/?limit=7&a=b?c`);
    expect((await get(`/v3/session/${sessionId}/webhook/w`)).statusCode).toBe(200);
    expect((await get(`/v3/session/${sessionId}/webhook/w/`)).statusCode).toBe(404);
    expect((await get('//example.com')).statusCode).toBe(404);
  });

  test.each(['application/json', 'multipart/form-data; boundary=b', 'image/jpeg'])(
    'only a GET is redirected; a POST of %s is told of the slash, whatever its body is',
    async (type) => {
      const body = { headers: { 'content-type': type }, payload: 'not what it should be' };
      const answer = await server.inject({ method: 'POST', url: '/v3/session', ...body });
      expect([answer.statusCode, answer.json()]).toEqual([
        404,
        { detail: 'Not found. The path ends with a slash.' },
      ]);
      const unknown = await server.inject({ method: 'POST', url: '/v3/nothing', ...body });
      expect([unknown.statusCode, unknown.json()]).toEqual([404, { detail: 'Not found.' }]);
      expect((await server.inject({ method: 'PUT', url: '/v3/session/', ...body })).statusCode).toBe(405);
    },
  );

  test('a known path under an unknown method is 405', async () => {
    const answer = await server.inject({ method: 'DELETE', url: '/v3/session/' });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    expect(answer.json()).toEqual({ detail: 'Method "DELETE" not allowed.' });
  });

  test.each(['/', '/v3/nothing/', '/v3/%zz/', `/v3/session/${'x'.repeat(600)}/decision/`])(
    '%s is 404',
    async (url) => {
      const answer = await get(url);
      expect([answer.statusCode, answer.json()]).toEqual([404, { detail: 'Not found.' }]);
    },
  );

  test('NUL characters never reach a route', async () => {
    expect((await get('/session/a%00b')).statusCode).toBe(400);
    expect((await get('/session/ab?q=%00')).statusCode).toBe(400);
  });
});

describe('errors', () => {
  test.each([
    ['field', 400, { workflow_id: 'Unknown workflow.', features: ['Choose one.'] }],
    ['list', 400, ['The status is the same.']],
    ['detail', 409, { detail: ['Only finished sessions can be shared.'] }],
    ['forbidden', 403, { detail: 'You do not have permission to perform this action.' }],
    ['precondition', 400, { detail: 'The session has expired.' }],
    ['exhausted', 429, { detail: 'No more sessions today.' }],
    ['unavailable', 503, { detail: 'The service is temporarily unavailable. Try again shortly.' }],
    ['deadline', 504, { detail: 'The service did not answer in time. Try again shortly.' }],
    ['internal', 500, { detail: 'A server error occurred.' }],
    ['unknown', 500, { detail: 'A server error occurred.' }],
    ['nothing', 500, { detail: 'A server error occurred.' }],
  ])('a thrown %s is answered %i', async (what, status, body) => {
    const answer = await server.inject({ method: 'POST', url: `/throw/${what}/` });
    expect([answer.statusCode, answer.json()]).toEqual([status, body]);
  });

  test.each([
    ['busy', 429, '2'],
    ['unavailable', 503, '1'],
    ['exhausted', 429, undefined],
  ])('whoever is refused as %s reads when to try again, if that is known', async (what, status, seconds) => {
    const answer = await server.inject({ method: 'POST', url: `/throw/${what}/` });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([status, seconds]);
  });

  test('what the caller of a 5xx does not read stands in the log, with its cause', async () => {
    lines.length = 0;
    await server.inject({ method: 'POST', url: '/throw/unavailable/' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'request failed',
      err: { code: 'down', cause: { message: 'secret cause' } },
    });
  });

  test('bytes that are no HTTP are answered in the same shape', async () => {
    await server.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    const [head, body] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    expect(head).toContain('400 Bad Request');
    expect(head).toContain(`Content-Length: ${body?.length}`);
    expect(JSON.parse(body ?? '')).toEqual({ detail: 'Bad request.' });
  });
});

describe('around the routes', () => {
  test('the log names the route and neither path, query nor body', async () => {
    lines.length = 0;
    await server.inject({ method: 'GET', url: '/session/secret-token?key=secret-key' });
    await server.inject({ method: 'GET', url: '/nothing/secret-token' });
    await post('{"vendor_data":"secret-data"}');
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain('secret-');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      method: 'GET',
      route: '/session/:token',
      status: 200,
    });
  });

  test('a gateway may give the request id, when it is a plain word', async () => {
    const ask = async (id?: string) =>
      (await server.inject({ method: 'GET', url: '/v3/ip/', headers: id ? { 'x-request-id': id } : {} }))
        .headers['x-request-id'];
    expect(await ask('gateway-12345678')).toBe('gateway-12345678');
    expect(await ask('with spaces and more')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask()).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('X-Forwarded-For is believed from configured proxies alone', async () => {
    const ask = async (remoteAddress: string) =>
      (
        await server.inject({
          method: 'GET',
          url: '/v3/ip/',
          remoteAddress,
          headers: { 'x-forwarded-for': '9.9.9.9, 8.8.8.8, 10.0.0.7' },
        })
      ).json().ip;
    expect(await ask('127.0.0.1')).toBe('8.8.8.8');
    expect(await ask('7.7.7.7')).toBe('7.7.7.7');
  });

  test('probes follow the health of the service', async () => {
    const ask = async (url: string) => (await server.inject({ method: 'GET', url })).statusCode;
    expect([await ask('/healthz'), await ask('/readyz'), await ask('/startupz')]).toEqual([200, 503, 503]);
    health.isStarted = true;
    expect(await ask('/startupz')).toBe(200);
    health.isReady = true;
    expect(await ask('/readyz')).toBe(200);
    health.isLive = false;
    expect(await ask('/healthz')).toBe(503);
  });

  test('the description holds the registered routes with their schemas, and no probes', async () => {
    const { paths, openapi } = (await server.inject({ method: 'GET', url: '/v3/openapi/unit.json' })).json();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toContain('/v3/session/{id}/decision/');
    expect(Object.keys(paths)).not.toContain('/healthz');
    const schema = paths['/v3/session/'].post.requestBody.content['application/json'].schema;
    expect(schema.properties.vendor_data).toEqual({ type: 'string', minLength: 1, maxLength: 5 });
  });
});

test('a stop waits for a body that is still arriving, and answers it', async () => {
  const stopping = createHttpServer({ service: 'stopping', log, health });
  const arriving = Promise.withResolvers<void>();
  const closing = Promise.withResolvers<void>();
  stopping.post('/upload', async ({ body }) => body);
  stopping.addHook('onRequest', async () => arriving.resolve());
  stopping.addHook('preClose', async () => closing.resolve());
  const url = await stopping.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  const received = text(socket);
  socket.write(
    'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a"',
  );
  await arriving.promise;
  const closed = stopping.close();
  await closing.promise;
  socket.write(':1}');
  const answer = await received;
  expect([answer.split('\r\n')[0], answer.split('\r\n\r\n')[1]]).toEqual(['HTTP/1.1 200 OK', '{"a":1}']);
  await closed;
});

test('a stop answers the request under way and is not held up by its keep-alive', async () => {
  const stopping = createHttpServer({ service: 'stopping', log, health });
  const arrived = Promise.withResolvers<void>();
  const judged = Promise.withResolvers<void>();
  stopping.get('/slow', async () => {
    arrived.resolve();
    await judged.promise;
    return { done: true };
  });
  stopping.addHook('preClose', async () => judged.resolve());
  const url = await stopping.listen({ host: '127.0.0.1', port: 0 });
  const answer = fetch(`${url}/slow`);
  await arrived.promise;
  const closed = stopping.close();
  const response = await answer;
  expect(response.headers.get('connection')).toBe('close');
  expect(await response.json()).toEqual({ done: true });
  await closed;
});
