import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import swagger from '@fastify/swagger';
import { errorCode } from '@selfsame/runtime/errors';
import type { Health } from '@selfsame/runtime/lifecycle';
import type { Log } from '@selfsame/runtime/log';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { silentDependencies } from '@selfsame/runtime/readiness';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyTypeProvider,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import type { Static, TSchema } from 'typebox';
import { type Admission, admitRequests, overloadedCode } from './admission.ts';
import { answerOf, DetailError } from './errors.ts';
import { parseJsonBodies } from './json-body.ts';
import { answerUnknownRoutes } from './not-found.ts';
import { observeRequests } from './observation.ts';
import { countRefusal, noteRefusal } from './refusals.ts';
import { validatorCompiler } from './validation.ts';

// biome-ignore lint/performance/noBarrelFile: what routes throw comes through the same door as the server
export { DetailError, FieldError, ListError, PictureError } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no API key and counts against no budget. */
    public?: boolean;
    /** Leaves no span and no log line. */
    probe?: boolean;
  }
}

interface TypeBoxTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** Fastify whose routes take their types from TypeBox schemas. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypes
>;

const defaultBodyLimitBytes = 1024 * 1024;
/** Time for a whole request to arrive. */
const requestTimeoutMs = 30_000;

/**
 * The HTTP side of a service: contract error shapes, JSON bodies, redirects to slashed paths, `/startupz`, `/readyz`,
 * `/healthz`, `/metrics`, traces, one log line a request and, with `openapi`, its description under `/v3/openapi/<service>.json`. Add routes inside
 * `server.register(async (api: HttpServer) => …)`: only those are described. The caller listens.
 *
 * @param options.bodyLimitBytes 1 MiB unless given; larger bodies are 413
 * @param options.upgrades which requests may leave HTTP for another protocol; none unless given. All others are answered as if
 *   they had not asked to
 * @param options.trustProxy addresses whose X-Forwarded-For is believed, loopback unless given
 * @param options.admission how much it takes on; what is beyond is refused with 503 and Retry-After. No limits unless given
 */
export function createHttpServer(options: {
  service: string;
  log: Log;
  health: Health;
  bodyLimitBytes?: number;
  trustProxy?: string[];
  upgrades?: (request: IncomingMessage) => boolean;
  openapi?: { title: string; description: string };
  admission?: Admission;
}): HttpServer {
  const server: HttpServer = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes ?? defaultBodyLimitBytes,
    trustProxy: options.trustProxy ?? ['loopback'],
    requestTimeout: requestTimeoutMs,
    http: { shouldUpgradeCallback: options.upgrades ?? (() => false) },
    routerOptions: { maxParamLength: 500 },
    genReqId: requestId,
    frameworkErrors: (_error, request, reply) =>
      answerError(new DetailError(404, 'Not found.'), request, reply),
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(malformedRequestAnswer);
    },
  });
  server.setValidatorCompiler(validatorCompiler);
  // What a handler returns is what the caller gets; response schemas type and describe it.
  server.setSerializerCompiler(() => JSON.stringify);
  server.setErrorHandler(answerError);
  answerUnknownRoutes(server);
  observeRequests(server);
  if (options.admission) admitRequests(server, options.admission);
  refuseNulCharacters(server);
  parseJsonBodies(server);
  endConnectionsOnClose(server);
  addProbes(server, options.health);
  if (options.openapi) describeRoutes(server, options.service, options.openapi);
  return server;
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body, retryAfterSeconds } = answerOf(error);
  if (status === 413) countRefusal('too_large');
  if (errorCode(error) === overloadedCode) noteRefusal(request);
  else if (status === 500) request.log.error({ err: error }, 'request failed');
  else if (status > 500) request.log.warn({ err: error }, 'request failed');
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return reply.code(status).send(body);
}

/** The id that a gateway gave, if it is a plain word; else a new one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

const malformedRequestAnswer = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/json',
  'Content-Length: 25',
  'Connection: close',
  '',
  '{"detail":"Bad request."}',
].join('\r\n');

/** An answer given while closing ends its connection; else the client's keep-alive would hold up the stop. */
function endConnectionsOnClose(server: FastifyInstance): void {
  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
  });
  server.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/** Postgres holds no NUL characters, and no honest client sends them. */
function refuseNulCharacters(server: FastifyInstance): void {
  server.addHook('onRequest', async (request) => {
    if (request.url.includes('%00')) throw new DetailError(400, 'Null characters are not allowed.');
  });
}

function addProbes(server: FastifyInstance, health: Health): void {
  const probe = { config: { public: true, probe: true }, schema: { hide: true } };
  const answer = (reply: FastifyReply, good: boolean, why = {}) =>
    reply.code(good ? 200 : 503).send(good ? { status: 'ok' } : { status: 'unavailable', ...why });
  server.get('/startupz', probe, (_request, reply) => answer(reply, health.started()));
  server.get('/healthz', probe, (_request, reply) => answer(reply, health.live()));
  server.get('/readyz', probe, (_request, reply) =>
    answer(reply, health.ready(), { silent: silentDependencies() }),
  );
  server.get('/metrics', probe, async (_request, reply) => {
    const { contentType, text } = await exposeMetrics();
    return reply.type(contentType).serializer(String).send(text);
  });
}

/** The gateway serves the path too, so it names the service. */
function describeRoutes(
  server: FastifyInstance,
  service: string,
  info: { title: string; description: string },
): void {
  void server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...info, version: '3' },
      components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } } },
      security: [{ apiKey: [] }],
    },
  });
  const route = { config: { public: true }, schema: { hide: true } };
  server.get(`/v3/openapi/${service}.json`, route, () => server.swagger());
}
