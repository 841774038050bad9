import { type Context, context, ROOT_CONTEXT } from '@opentelemetry/api';
import { ApiActor, type ApiCalled } from '@selfsame/contracts/audit/v1/events';
import { apiCalled, type EventType } from '@selfsame/contracts/catalog';
import type { Database, Transaction } from '@selfsame/database/database';
import type { FastifyRequest } from 'fastify';
import { DetailError } from './errors.ts';
import type { HttpServer } from './server.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Of a GET, which must say: whether its answer tells something about a person, or a secret, so that it is recorded who
     * has read it.
     */
    audited?: boolean;
  }
  interface FastifyRequest {
    isRecorded: boolean;
    /** The client's address, as long as there was a connection. */
    cameFrom: string;
  }
}

/** Stores calls, each with the trace that it belongs to; when it resolves, they are on disk. */
export type CallWriter = (calls: readonly ApiCalled[], traces: readonly Context[]) => Promise<void>;

/** More calls at once wait for the next transaction, */
const batchMax = 100;
/** and when so many wait, the database does not keep up. */
const waitingMax = 5_000;

/**
 * Records who changed something through the routes behind `requireApiKey` (added first), and who read something about a
 * person: every call but GET and HEAD, and those whose route is `audited`. The record is on disk before the answer goes
 * out; where that cannot be, the answer is 503, and what a change has changed stays changed. Answers of 429 are not
 * recorded: nothing was looked at.
 *
 * @param options.service in the record
 */
export function auditCalls(server: HttpServer, options: { service: string; write: CallWriter }): void {
  const write = inBatches(options.write);
  server.decorateRequest('isRecorded', false);
  server.decorateRequest('cameFrom', '');
  // At once: a body that was not read to its end takes the connection, and with it the address.
  server.addHook('onRequest', async (request) => {
    request.cameFrom = request.ip;
  });
  server.addHook('onRoute', ({ method, url, config }) => {
    if (method !== 'GET' || config?.public || config?.audited !== undefined) return;
    throw new Error(`GET ${url} must say in its config whether it is audited`);
  });
  server.addHook('onSend', async (request, reply, payload) => {
    if (request.isRecorded || !isOfInterest(request) || reply.statusCode === 429) return payload;
    request.isRecorded = true;
    try {
      await write(callOf(request, reply.statusCode, options.service));
    } catch (err) {
      request.log.error({ err }, 'a call could not be recorded');
      throw new DetailError(
        503,
        'The call could not be recorded. See what it has done before you repeat it.',
      );
    }
    return payload;
  });
}

/** For services other than the one that keeps the records. */
export function toOutbox(outbox: {
  database: Database;
  bus: { enqueue<Message>(tx: Transaction, event: EventType<Message>, message: Message): Promise<string> };
}): CallWriter {
  return (calls, traces) =>
    outbox.database.transaction(async (tx) => {
      for (const [at, call] of calls.entries()) {
        await context.with(traces[at] ?? ROOT_CONTEXT, () => outbox.bus.enqueue(tx, apiCalled, call));
      }
    });
}

function isOfInterest({ method, principal, routeOptions, is404 }: FastifyRequest): boolean {
  // Nobody without a key gets as far as changing or reading anything.
  if (!principal || is404) return false;
  return routeOptions.config.audited === true || (method !== 'GET' && method !== 'HEAD');
}

function callOf(request: FastifyRequest, status: number, service: string): ApiCalled {
  const { principal } = request;
  return {
    applicationId: principal.applicationId,
    service,
    actor: ApiActor.API_KEY,
    actorId: principal.keyId,
    method: request.method,
    path: pathOf(request),
    status,
    ipAddress: request.cameFrom,
    occurredAt: new Date(),
    requestId: request.id,
  };
}

/** Parameters that name people, whatever they look like: an application may call its users by numbers or UUIDs. */
const naming = new Set(['vendor_data']);
const tellsNobody = /^([0-9]{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** The route with the numbers and UUIDs of the request; what else stands in a path may name a person or be a secret. */
function pathOf({ routeOptions, params }: FastifyRequest): string {
  const given = (params ?? {}) as Record<string, unknown>;
  return (routeOptions.url ?? '').replace(/:(\w+)/g, (_, name: string) => {
    const value = naming.has(name) ? undefined : given[name];
    return typeof value === 'string' && tellsNobody.test(value) ? value.toLowerCase() : `{${name}}`;
  });
}

/** Calls that come while others are being written are written together, and none waits for more than two writes. */
function inBatches(write: CallWriter): (call: ApiCalled) => Promise<void> {
  const waiting: { call: ApiCalled; trace: Context; done: PromiseWithResolvers<void> }[] = [];
  let isWriting = false;

  async function drain(): Promise<void> {
    isWriting = true;
    for (let batch = waiting.splice(0, batchMax); batch.length > 0; batch = waiting.splice(0, batchMax)) {
      // The write itself is in no trace: the calls belong to different ones.
      const written = context.with(ROOT_CONTEXT, () =>
        write(
          batch.map(({ call }) => call),
          batch.map(({ trace }) => trace),
        ),
      );
      const failure = await written.then(
        () => undefined,
        (error: unknown) => error ?? new Error('not written'),
      );
      for (const { done } of batch) failure === undefined ? done.resolve() : done.reject(failure);
    }
    isWriting = false;
  }

  return async (call) => {
    if (waiting.length >= waitingMax) throw new Error('too many calls wait to be recorded');
    const done = Promise.withResolvers<void>();
    waiting.push({ call, trace: context.active(), done });
    if (!isWriting) void drain();
    return done.promise;
  };
}
