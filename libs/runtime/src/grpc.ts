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
import { readStopTimeoutMs } from './config.ts';
import { withDeadline } from './deadline.ts';
import { errorCode } from './errors.ts';
import { deadlineFrom, tellDeadline } from './grpc-deadline.ts';
import { watchCallers } from './grpc-farewell.ts';
import { observeMade, observeServed } from './grpc-metrics.ts';
import {
  failureFromError,
  failureFromStatus,
  failureHeaders,
  statusFromFailure,
  tooLate,
} from './grpc-status.ts';
import { clientCredentials, type GrpcTls, readGrpcTls, serverCredentials } from './grpc-tls.ts';
import { createTurns, goRound, readPlaces } from './grpc-weights.ts';
import type { Log } from './log.ts';
import { inSpan } from './telemetry.ts';

// Whatever goes wrong is thrown to us; grpc-js would write it to stderr as well, in words of its own.
setLogVerbosity(logVerbosity.NONE);

const defaultMaxMessageBytes = 4 * 1024 * 1024;
/** Of the time that a process has for closing, so much is for calls under way: 5 s of 8 s. */
const drainShare = 5 / 8;
/** For calls that were on their way when the server said that it takes no more. */
const farewellMs = 200;

/** A neighbour that comes back is found within a second, wherever it comes back. */
const reconnection = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // nice-grpc reads this as the time one connection attempt may take.
  'grpc.min_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  // A peer that vanished without a word is noticed, even where calls are rarer than that: each would wait for its deadline.
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  // Behind a headless Service every replica gets its share.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/**
 * Serves unary gRPC calls with traces and deadlines. A handler throws `Failure` for what the caller should know;
 * anything else is logged with its cause and answered INTERNAL with a neutral message. The signal of a call knows the
 * caller's deadline: `deadlineOf(signal)`.
 * @param options.port 0 picks a free one
 * @param options.services adds the services to the server
 * @param options.tls what the environment says unless given, see `readGrpcTls`: then only callers with a certificate get in
 * @param options.stopTimeoutMs how long the process may take to close, what the environment says unless given
 */
export async function serveGrpc(options: {
  host: string;
  port: number;
  log: Log;
  services: (server: Server) => void;
  maxMessageBytes?: number;
  tls?: GrpcTls | undefined;
  stopTimeoutMs?: number;
}): Promise<{ port: number; stop(): Promise<void> }> {
  const { tls = readGrpcTls(process.env), stopTimeoutMs = readStopTimeoutMs(process.env) } = options;
  const server = createServer({
    ...messageLimits(options.maxMessageBytes),
    interceptors: [tellDeadline],
  }).use(serverMiddleware(options.log));
  options.services(server);
  const port = await server.listen(`${options.host}:${options.port}`, serverCredentials(tls));
  const farewell = watchCallers(port);
  return {
    port,
    /** Asks callers to go elsewhere, takes no new calls and waits for those under way, 5/8 of the time for closing at most. */
    async stop() {
      farewell.announce();
      await delay(farewellMs);
      farewell.forget();
      const waiting = new AbortController();
      const late = delay(stopTimeoutMs * drainShare, undefined, { signal: waiting.signal }).then(
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
    const ended = observeServed(path);
    try {
      return await inSpan(path.slice(1), methodAttributes(path), answer, {
        kind: SpanKind.SERVER,
        parent,
        ended,
      });
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
 * @param address `host:port`, or several with weights (see `readPlaces`): calls are shared out, refused ones go round
 * @param options.deadlineMs of every call that brings none of its own
 * @param options.tls what the environment says unless given: the server's certificate has to name the host of `address`
 */
export function connectGrpc<Definition extends CompatServiceDefinition>(
  definition: Definition,
  address: string,
  options: ConnectOptions,
): { client: GrpcClient<Definition>; close(): void } {
  const places = readPlaces(address);
  const connections = places.map((place) => connectPlace(definition, place.address, options));
  const [only] = connections;
  if (only !== undefined && connections.length === 1) return only;
  const clients = connections.map(({ client }) => client);
  return {
    client: goRound(definition, clients, createTurns(places), options),
    close() {
      for (const connection of connections) connection.close();
    },
  };
}

interface ConnectOptions {
  readonly deadlineMs: number;
  readonly maxMessageBytes?: number;
  readonly tls?: GrpcTls | undefined;
}

function connectPlace<Definition extends CompatServiceDefinition>(
  definition: Definition,
  address: string,
  options: ConnectOptions,
): { client: GrpcClient<Definition>; close(): void } {
  const { tls = readGrpcTls(process.env) } = options;
  const limits = messageLimits(options.maxMessageBytes);
  const channel = createChannel(address, clientCredentials(tls), { ...reconnection, ...limits });
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
    const ended = observeMade(path);
    return await inSpan(path.slice(1), methodAttributes(path), ask, { kind: SpanKind.CLIENT, ended });
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
