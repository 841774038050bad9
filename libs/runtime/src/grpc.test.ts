import { once } from 'node:events';
import {
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  SessionServiceDefinition,
  type SessionServiceImplementation,
} from '@selfsame/contracts/session/v1/service';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { silentSession } from '../test/silent-session.ts';
import { deadlineOf } from './deadline.ts';
import { Failure, type FailureKind } from './errors.ts';
import { connectGrpc, serveGrpc } from './grpc.ts';
import { createLog } from './log.ts';
import { exposeMetrics } from './metrics.ts';
import { inSpan, startTelemetry } from './telemetry.ts';

const lines: string[] = [];
const log = createLog('unit', 'info', { write: (line: string) => void lines.push(line) });

let collector: Awaited<ReturnType<typeof startSpanCollector>>;
let telemetry: ReturnType<typeof startTelemetry>;
beforeAll(async () => {
  collector = await startSpanCollector();
  telemetry = startTelemetry('unit', {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '10',
  });
});
afterAll(async () => {
  await telemetry.stop();
  await collector.close();
});

const closings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function serve(
  handlers: Partial<SessionServiceImplementation>,
  options: { port?: number; maxMessageBytes?: number; stopTimeoutMs?: number } = {},
) {
  const server = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services: (each) => each.add(SessionServiceDefinition, { ...silentSession, ...handlers }),
    ...options,
  });
  closings.push(server.stop);
  return server;
}

function connect(port: number, deadlineMs = 5_000) {
  const { client, close } = connectGrpc(SessionServiceDefinition, `127.0.0.1:${port}`, { deadlineMs });
  closings.push(close);
  return client;
}

const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error('no Failure was thrown', { cause: error });
  return error;
};

test.each<FailureKind>([
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'precondition',
  'exhausted',
  'unavailable',
  'deadline',
  'internal',
])('a Failure of kind %s is the same on the other side, without its cause', async (kind) => {
  const thrown = new Failure(kind, 'some_code', 'Für den Rufer "gedacht".', {
    cause: new Error('inner secret'),
    retryable: kind === 'conflict',
    ...(kind === 'exhausted' ? { retryAfterMs: 120 } : {}),
  });
  const { port } = await serve({ openSession: () => Promise.reject(thrown) });
  const received = await failureOf(connect(port).openSession({}));
  expect(received).toMatchObject({
    kind,
    code: 'some_code',
    message: 'Für den Rufer "gedacht".',
    retryable: kind === 'conflict',
    retryAfterMs: kind === 'exhausted' ? 120 : undefined,
  });
  expect(String((received.cause as Error).message)).not.toContain('inner secret');
});

test('an unexpected error stays in the log of the server, inside its trace', async () => {
  const { port } = await serve({ readSession: () => Promise.reject(new Error('column secret is missing')) });
  const received = await failureOf(connect(port).readSession({}));
  expect(received).toMatchObject({
    kind: 'internal',
    code: 'internal',
    message: 'The service failed to answer.',
  });
  const line = JSON.parse(lines.at(-1) ?? '');
  expect(line).toMatchObject({
    level: 'error',
    method: '/selfsame.session.v1.SessionService/ReadSession',
    err: { message: 'column secret is missing' },
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test.each([
  ['of its connection', 50, {}],
  ['of its own', 5_000, { deadline: 50 }],
])('a call ends at the deadline %s, and the server stops working', async (_name, deadlineMs, callOptions) => {
  const aborted = Promise.withResolvers<void>();
  const { port } = await serve({
    beginAttempt: (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.resolve();
          reject(signal.reason);
        });
      }),
  });
  const received = await failureOf(connect(port, deadlineMs).beginAttempt({}, callOptions));
  expect(received).toMatchObject({ kind: 'deadline', code: 'deadline_exceeded', retryable: true });
  await aborted.promise;
  expect(lines.filter((line) => line.includes('BeginAttempt'))).toEqual([]);
});

test('the server is told the deadline, should the news of a cancelled call not reach it', async () => {
  const told = Promise.withResolvers<string>();
  const peer = createHttp2Server().listen(0, '127.0.0.1');
  peer.on('stream', (stream: ServerHttp2Stream, headers) => {
    told.resolve(String(headers['grpc-timeout']));
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': 5 },
      { endStream: true },
    );
  });
  await once(peer, 'listening');
  closings.push(() => void peer.close());
  const client = connect((peer.address() as AddressInfo).port);
  expect(await failureOf(client.leaveSession({}, { deadline: 4_321 }))).toMatchObject({ kind: 'not_found' });
  expect(await told.promise).toBe('4321m');
});

test('a connection that breaks in the middle of a call is a neighbour that is unavailable, not a failure of ours', async () => {
  const peer = createHttp2Server().listen(0, '127.0.0.1');
  peer.on('stream', (stream: ServerHttp2Stream) =>
    stream.on('error', () => undefined).close(constants.NGHTTP2_INTERNAL_ERROR),
  );
  await once(peer, 'listening');
  closings.push(() => void peer.close());
  const client = connect((peer.address() as AddressInfo).port);
  expect(await failureOf(client.leaveSession({}))).toMatchObject({
    kind: 'unavailable',
    code: 'unavailable',
    retryable: true,
  });
});

test('a handler learns from its signal until when the caller waits', async () => {
  const deadlines: (Date | undefined)[] = [];
  const { port } = await serve({
    leaveSession: async (_request, { signal }) => {
      deadlines.push(deadlineOf(signal));
      return { status: 'left' };
    },
  });
  const promised = Date.now() + 4_000;
  await connect(port).leaveSession({}, { deadline: new Date(promised) });
  const told = deadlines[0]?.getTime() ?? 0;
  // The wire carries what is left, in whole milliseconds, from one clock to the other.
  expect(Math.abs(told - promised)).toBeLessThan(1_000);
});

test('a call whose deadline has passed is not worked on', async () => {
  let calls = 0;
  const { port } = await serve({
    leaveSession: async () => {
      calls += 1;
      return { status: 'late' };
    },
  });
  const received = await failureOf(connect(port).leaveSession({}, { deadline: new Date(Date.now() - 1) }));
  expect(received.kind).toBe('deadline');
  expect(calls).toBe(0);
});

test('a neighbour that is away is a retryable Failure that names no address, and is found again within seconds', async () => {
  const handlers = { leaveSession: async () => ({ status: 'In Progress' }) };
  const first = await serve(handlers);
  const client = connect(first.port);
  await client.leaveSession({});
  await first.stop();

  const away = await failureOf(client.leaveSession({}));
  expect(away).toMatchObject({ kind: 'unavailable', code: 'unavailable', retryable: true });
  expect(away.message).not.toContain('127.0.0.1');

  await serve(handlers, { port: first.port });
  const answer = await waitFor('the neighbour is back', () => client.leaveSession({}), { timeoutMs: 3_000 });
  expect(answer.status).toBe('In Progress');
});

test('a server that stops says so first, and still takes calls that are on their way', async () => {
  const { port, stop } = await serve({ leaveSession: async () => ({ status: 'done' }) });
  const caller = connectHttp2(`http://127.0.0.1:${port}`);
  closings.push(() => caller.destroy());
  const call = () => {
    const stream = caller.request({
      ':method': 'POST',
      ':path': '/selfsame.session.v1.SessionService/LeaveSession',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.end(Buffer.alloc(5));
    return stream;
  };
  await once(call().resume(), 'trailers');
  const farewells: number[] = [];
  caller.on('goaway', (_code: number, lastStreamId: number) => void farewells.push(lastStreamId));
  // On the wire when the farewell is said.
  const crossing = call();
  await new Promise((resolve) => setImmediate(resolve));
  const stopped = stop();
  const [trailers] = await once(crossing.resume(), 'trailers');
  expect(trailers).toMatchObject({ 'grpc-status': '0' });
  await stopped;
  expect(farewells[0]).toBe(2 ** 31 - 1);
});

test('stopping lets a call under way finish', async () => {
  const entered = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const server = await serve({
    leaveSession: async () => {
      entered.resolve();
      await finish.promise;
      return { status: 'done' };
    },
  });
  const call = connect(server.port).leaveSession({});
  await entered.promise;
  const stopped = server.stop();
  finish.resolve();
  expect((await call).status).toBe('done');
  await stopped;
});

test('a call that outlasts the time for closing is cut, and the stop goes on', async () => {
  const entered = Promise.withResolvers<void>();
  const server = await serve(
    {
      leaveSession: async () => {
        entered.resolve();
        return await new Promise(() => {});
      },
    },
    { stopTimeoutMs: 80 },
  );
  const call = failureOf(connect(server.port).leaveSession({}));
  await entered.promise;
  await server.stop();
  expect((await call).kind).toBe('unavailable');
}, 4_000);

test('a message beyond the limit is refused', async () => {
  const { port } = await serve({}, { maxMessageBytes: 1024 });
  const received = await failureOf(connect(port).readSession({ tokenSha256: Buffer.alloc(4096) }));
  expect(received).toMatchObject({ kind: 'exhausted', code: 'message_too_large' });
});

test('a call is one trace: caller, client, server; spans hold the method and no message', async () => {
  const { port } = await serve({ leaveSession: async () => ({ status: 'secret answer' }) });
  const client = connect(port);
  await inSpan('asker', {}, () => client.leaveSession({ tokenSha256: Buffer.from('secret token') }));
  const name = 'selfsame.session.v1.SessionService/LeaveSession';
  const [asker, asking, answering] = await waitFor('three spans of one trace', () => {
    const spans = collector.spans();
    const root = spans.find((span) => span.name === 'asker');
    const ofTrace = spans.filter((span) => span.traceId === root?.traceId);
    const found = [
      root,
      ofTrace.find((span) => span.kind === 3),
      ofTrace.find((span) => span.kind === 2),
    ] as const;
    return found.every((span) => span !== undefined) && found;
  });
  expect([asking?.name, answering?.name]).toEqual([name, name]);
  expect([asking?.parentSpanId, answering?.parentSpanId]).toEqual([asker?.spanId, asking?.spanId]);
  expect(answering?.attributes).toEqual({
    'rpc.system': 'grpc',
    'rpc.service': 'selfsame.session.v1.SessionService',
    'rpc.method': 'LeaveSession',
  });
});

test('lines of a handler, and about a call that failed, carry the trace of the caller and the span that serves it', async () => {
  const { port } = await serve({
    readSession: async () => {
      log.info('in the call');
      throw new Error('broken');
    },
  });
  const client = connect(port);
  const traceId = await inSpan('caller', {}, async (span) => {
    await expect(client.readSession({ tokenSha256: Buffer.from('x') })).rejects.toThrow();
    return span.spanContext().traceId;
  });
  const served = await waitFor('the span', () =>
    collector.spans().find((span) => span.traceId === traceId && span.kind === 2),
  );
  const ofCall = lines.map((line) => JSON.parse(line)).filter((line) => line.trace_id === traceId);
  expect(ofCall.map(({ msg, span_id }) => [msg, span_id])).toEqual([
    ['in the call', served.spanId],
    ['call failed', served.spanId],
  ]);
});

test('calls are measured on both sides, by method and by how they ended', async () => {
  const secret = 'secret-token';
  const { port } = await serve({
    readSession: async () => {
      throw new Failure('not_found', 'no_session', secret);
    },
    findApplication: async () => {
      throw new Error(secret);
    },
    forgetDevice: async () => ({}),
  });
  const client = connect(port);
  await client.forgetDevice({ tokenSha256: Buffer.from(secret) });
  await expect(client.readSession({ tokenSha256: Buffer.from(secret) })).rejects.toThrow();
  await expect(client.findApplication({ reference: secret })).rejects.toThrow();
  const { text } = await exposeMetrics();
  for (const side of ['server', 'client']) {
    const counted = (labels: string) => text.includes(`selfsame_rpc_${side}_seconds_count{${labels}} `);
    expect(counted('method="SessionService/ForgetDevice",code="ok"'), side).toBe(true);
    expect(counted('method="SessionService/ReadSession",code="not_found"'), side).toBe(true);
    expect(counted('method="SessionService/FindApplication",code="internal"'), side).toBe(true);
  }
  expect(text).not.toContain(secret);
  expect(text).not.toContain(Buffer.from(secret).toString('base64'));
});
