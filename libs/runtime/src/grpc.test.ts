import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  SessionServiceDefinition,
  type SessionServiceImplementation,
} from '@selfsame/contracts/session/v1/service';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { deadlineOf } from './deadline.ts';
import { Failure, type FailureKind } from './errors.ts';
import { connectGrpc, serveGrpc } from './grpc.ts';
import { createLog } from './log.ts';
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

const unused = () => Promise.reject(new Error('not called'));
const silent: SessionServiceImplementation = {
  authenticateKey: unused,
  readSession: unused,
  openSession: unused,
  beginChallenge: unused,
  beginAttempt: unused,
  leaveSession: unused,
  describeSession: unused,
  forgetDevice: unused,
  findApplication: unused,
  exportSession: unused,
  importSession: unused,
};

async function serve(
  handlers: Partial<SessionServiceImplementation>,
  options: { port?: number; maxMessageBytes?: number } = {},
) {
  const server = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services: (each) => each.add(SessionServiceDefinition, { ...silent, ...handlers }),
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
