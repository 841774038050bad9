import { setTimeout as delay } from 'node:timers/promises';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { context, propagation, SpanKind } from '@opentelemetry/api';
import {
  type Client,
  type CompatServiceDefinition,
  createChannel,
  createClientFactory,
  createServer,
  type Server,
} from 'nice-grpc';
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline';
import {
  type CallContext,
  type CallOptions,
  type ClientMiddlewareCall,
  Metadata,
  type ServerMiddlewareCall,
} from 'nice-grpc-common';
import { withDeadline } from './deadline.ts';
import { errorCode } from './errors.ts';
import { deadlineFrom, tellDeadline } from './grpc-deadline.ts';
import {
  failureFromError,
  failureFromStatus,
  failureHeaders,
  statusFromFailure,
  tooLate,
} from './grpc-status.ts';
import type { Log } from './log.ts';
import { inSpan } from './telemetry.ts';

// Whatever goes wrong is thrown to us; grpc-js would write it to stderr as well, in words of its own.
setLogVerbosity(logVerbosity.NONE);

const defaultMaxMessageBytes = 4 * 1024 * 1024;
const drainTimeoutMs = 5_000;

/** A neighbour that comes back is found within a second, wherever it comes back. */
const reconnection = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // nice-grpc reads this as the time one connection attempt may take.
  'grpc.min_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  // A peer that vanished without a word is noticed while calls wait for it.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3_000,
  // Behind a headless Service every replica gets its share.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/**
 * Serves unary gRPC calls with traces and deadlines. A handler throws `Failure` for what the caller should know;
 * anything else is logged with its cause and answered INTERNAL with a neutral message. The signal of a call knows the
 * caller's deadline: `deadlineOf(signal)`.
 * @param options.port 0 picks a free one
 * @param options.services adds the services to the server
 */
export async function serveGrpc(options: {
  host: string;
  port: number;
  log: Log;
  services: (server: Server) => void;
  maxMessageBytes?: number;
}): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer({
    ...messageLimits(options.maxMessageBytes),
    interceptors: [tellDeadline],
  }).use(serverMiddleware(options.log));
  options.services(server);
  const port = await server.listen(`${options.host}:${options.port}`);
  return {
    port,
    /** Takes no new calls and waits for those under way, 5 s at most. */
    async stop() {
      const waiting = new AbortController();
      const late = delay(drainTimeoutMs, undefined, { signal: waiting.signal }).then(
        () => server.forceShutdown(),
        () => undefined,
      );
      await Promise.race([server.shutdown(), late]);
      waiting.abort();
    },
  };
}

function serverMiddleware(log: Log) {
  return async function* <Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    callContext: CallContext,
  ) {
    if (call.responseStream) throw new Error(`${call.method.path} streams: only unary calls are served`);
    const { path } = call.method;
    const deadline = deadlineFrom(callContext.metadata);
    if (deadline) withDeadline(callContext.signal, deadline);
    const answer = async () => {
      // Cancelled, or past its deadline (grpc-timeout), before its turn came: nobody waits for the answer.
      callContext.signal.throwIfAborted();
      try {
        return await only(call.next(call.request, callContext));
      } catch (error) {
        if (callContext.signal.aborted && errorCode(error) === 'AbortError') throw callContext.signal.reason;
        const failure = failureFromError(error);
        if (failure.kind === 'internal') log.error({ err: error, method: path }, 'call failed');
        if (failure.kind === 'unavailable') log.warn({ err: error, method: path }, 'call failed');
        throw failure;
      }
    };
    const parent = propagation.extract(context.active(), callContext.metadata, metadataText);
    try {
      return await inSpan(path.slice(1), methodAttributes(path), answer, { kind: SpanKind.SERVER, parent });
    } catch (failure) {
      for (const [name, value] of failureHeaders(failure)) callContext.trailer.set(name, value);
      throw statusFromFailure(failure);
    }
  };
}

/** A client whose calls take `{ deadline }`: milliseconds from now, or a Date. */
export type GrpcClient<Definition extends CompatServiceDefinition> = Client<Definition, DeadlineOptions>;

/**
 * Connects lazily; a call while the neighbour is away fails at once as a retryable Failure `unavailable`. Every call
 * has a deadline, which the server learns too. What the server refused comes back as the Failure it threw.
 * @param address `host:port`
 * @param options.deadlineMs of every call that brings none of its own
 */
export function connectGrpc<Definition extends CompatServiceDefinition>(
  definition: Definition,
  address: string,
  options: { deadlineMs: number; maxMessageBytes?: number },
): { client: GrpcClient<Definition>; close(): void } {
  const limits = messageLimits(options.maxMessageBytes);
  const channel = createChannel(address, undefined, { ...reconnection, ...limits });
  const client = createClientFactory()
    .use(deadlineMiddleware)
    .use<DeadlineOptions>(clientMiddleware(options.deadlineMs))
    .create(definition, channel);
  return { client, close: () => channel.close() };
}

function clientMiddleware(defaultDeadlineMs: number) {
  return async function* <Request, Response>(
    call: ClientMiddlewareCall<Request, Response, DeadlineOptions>,
    options: CallOptions & Partial<DeadlineOptions>,
  ) {
    if (call.responseStream) throw new Error(`${call.method.path} streams: only unary calls are made`);
    const { path } = call.method;
    const { deadline = defaultDeadlineMs } = options;
    const ask = async () => {
      const metadata = Metadata(options.metadata);
      const leftMs = deadline instanceof Date ? deadline.getTime() - Date.now() : deadline;
      if (leftMs <= 0) throw tooLate();
      metadata.set('grpc-timeout', `${Math.ceil(leftMs)}m`);
      propagation.inject(context.active(), metadata, metadataText);
      let trailer = Metadata();
      const onTrailer = (received: Metadata) => {
        trailer = received;
        options.onTrailer?.(received);
      };
      try {
        return await only(call.next(call.request, { ...options, deadline, metadata, onTrailer }));
      } catch (error) {
        throw failureFromStatus(error, trailer);
      }
    };
    return await inSpan(path.slice(1), methodAttributes(path), ask, { kind: SpanKind.CLIENT });
  };
}

/** The one answer of a unary call, which nice-grpc hands on as a generator that yields nothing. */
async function only<Answer>(call: AsyncGenerator<never, Answer, undefined>): Promise<Answer> {
  const { value } = await call.next();
  return value;
}

/** Names from `/package.Service/Method`; messages never become attributes. */
function methodAttributes(path: string) {
  const [, service = '', method = ''] = path.split('/');
  return { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
}

const metadataText = {
  get: (metadata: Metadata, name: string) => metadata.get(name)?.toString(),
  keys: (metadata: Metadata) => Array.from(metadata, ([name]) => name),
  set: (metadata: Metadata, name: string, value: string) => void metadata.set(name, value),
};

function messageLimits(maxMessageBytes = defaultMaxMessageBytes) {
  return {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
  };
}
