import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import websocket from '@fastify/websocket';
import { captureProgressed } from '@selfsame/contracts/catalog';
import type { HostedSession } from '@selfsame/contracts/session/v1/service';
import type { HttpServer } from '@selfsame/http/server';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import { createGauge } from '@selfsame/runtime/metrics';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Context } from '../context.ts';
import { clientOf, createRateLimit } from '../domain/rate-limit.ts';
import { isSameOrigin } from '../domain/same-origin.ts';
import { isVerdict, phaseOf } from '../domain/session-phase.ts';
import { createEyes } from '../live/eyes.ts';
import { createLine } from '../live/line.ts';
import { stageOnBus, type Visitor } from '../live/rooms.ts';
import { readSession } from '../sessions.ts';
import type { LiveMessage } from '../wire.ts';
import type { Admission } from './admission.ts';
import { createLiveSockets, type LiveSocket } from './live-sockets.ts';
import { answerRefusal, OtherOrigin, tooMany } from './refusals.ts';
import { tokenDigest, tokenParams } from './token.ts';

const channels = createGauge('selfsame_capture_live_channels', 'Pages that are connected by a live channel.');

/** A thumbnail of the page is at most half of it. */
const messageBytesMax = 16_384;
/** The page, the page on the other device, and connections of theirs that have died unnoticed. */
const perSession = 6;
/** A page asks eight times a second; where its session stands is asked for less often. */
const standingMs = 5_000;
/** News of one session that this replica puts on the bus: a visit has a few stages, and each of its tries has two. */
const progressOfSession = { perMinute: 30, burst: 20 } as const;
const livePath = /^\/session\/[A-Za-z0-9_-]{8,256}\/live(\?|$)/;

/** The only requests that leave HTTP. Whatever else wanted to would reach routes that know no sockets. */
export function isLiveUpgrade({ method, headers, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && livePath.test(url);
}

/**
 * `GET /session/{token}/live`: thumbnails in, what they show out, and news of the session's other page. Every bound is
 * checked before the upgrade; the path holds the token, so nothing here logs one.
 */
export async function liveRoute(api: HttpServer, context: Context, admission: Admission): Promise<void> {
  const { config, rooms } = context;
  const sockets = createLiveSockets({
    max: config.liveSockets,
    idleMs: config.liveIdleMs,
    lifeMs: config.liveLifeMs,
  });
  const hide = channels(() => [{ labels: {}, value: sockets.count() }]);
  api.addHook('onClose', async () => hide());
  const eyes = createEyes(context, config.concurrentGuidance);
  const sessions = new WeakMap<FastifyRequest, HostedSession>();
  const progress = createRateLimit(progressOfSession);

  await api.register(websocket, {
    options: { maxPayload: messageBytesMax },
    preClose: async () => sockets.drain(),
    // A page that breaks off or the rules; ws has closed its socket.
    errorHandler: (_error, socket) => socket.terminate(),
  });
  api.setErrorHandler((error, request, reply) => {
    if (error instanceof Failure && error.kind === 'not_found') admission.countUnknown(request);
    return answerRefusal(error, request, reply);
  });
  // A socket that stays open for minutes is no request to the tracing: it gets one line, when it has ended.
  api.addHook('onResponse', async ({ log, routeOptions }, reply) => {
    log.info(
      { route: routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });

  const hasRoom = ({ sessionId }: HostedSession, { ip }: FastifyRequest) =>
    rooms.count(sessionId) < perSession && sockets.hasRoomFor(clientOf(ip));

  /** Who may come in; what fastify throws here is answered over HTTP. */
  async function admit(request: FastifyRequest): Promise<void> {
    // Some proxies name the protocol of the socket.
    const isSecure = /^(https|wss)$/.test(request.protocol);
    if (!isSameOrigin(request.headers.origin, request.host, isSecure)) throw new OtherOrigin();
    if (context.stopping.aborted) throw new Failure('unavailable', 'stopping', 'The service is stopping.');
    const { token } = request.params as { token: string };
    const session = await context.knownSessions.find(tokenDigest(token));
    if (phaseOf(session, new Date()) === 'expired') {
      throw new Failure('precondition', 'session_expired', 'This link has expired.');
    }
    if (!hasRoom(session, request)) throw tooMany('overload', 5);
    sessions.set(request, session);
  }

  function attach(socket: LiveSocket, request: FastifyRequest): void {
    const session = sessions.get(request);
    const { token } = request.params as { token: string };
    // Those that came at the same time have all been let in.
    if (session === undefined || !hasRoom(session, request)) {
      socket.terminate();
      return;
    }
    const held = sockets.hold(socket, clientOf(request.ip));
    const tokenSha256 = tokenDigest(token);
    const say = (message: LiveMessage) => held.send(JSON.stringify(message));
    const visitor: Visitor = {
      sessionId: session.sessionId,
      visitId: (request.query as { visit: string }).visit.toLowerCase(),
      send: say,
      replaced: () => socket.close(1000, 'replaced'),
    };
    const takesPictures = standing(context, tokenSha256, session);
    const line = createLine(
      {
        see: async (thumbnail) => ((await takesPictures()) ? eyes.see(thumbnail) : null),
        stage: (stage) => {
          // Losing one does no harm.
          if (progress.take(session.sessionId, performance.now()) > 0) return;
          const { sessionId, applicationId } = session;
          const event = { sessionId, applicationId, visitId: visitor.visitId, stage: stageOnBus(stage) };
          context.bus
            .publish(captureProgressed, randomUUID(), { ...event, occurredAt: new Date() })
            .catch((error) => request.log.warn({ code: errorCode(error) }, 'progress could not be told'));
        },
        follow: async () => {
          const stage = rooms.lastOf(visitor);
          if (stage !== undefined) say({ is: 'progress', stage });
          // Asked anew: what is remembered may be older than the verdict, of which nobody would tell again.
          const { status, callback } = await readSession(context, tokenSha256).catch(() => session);
          if (isVerdict(status)) say({ is: 'finished', status, callback });
        },
      },
      say,
    );
    const leave = rooms.enter(visitor);
    socket.on('message', (data, isBinary) => {
      held.heard();
      const fault = line.receive(data, isBinary);
      if (fault !== null) held.end(fault.code, fault.reason);
    });
    socket.once('close', (code) => {
      leave();
      const { seen, busy } = line.counts;
      request.log.info(
        { route: request.routeOptions.url, code, ms: held.ageMs(), seen, busy },
        'live channel closed',
      );
    });
  }

  api.route({
    method: 'GET',
    url: '/session/:token/live',
    config: { probe: true },
    onRequest: [admission.limit('visit'), admit],
    schema: { params: tokenParams, querystring: Type.Object({ visit: Type.String({ format: 'uuid' }) }) },
    handler: (_request, reply: FastifyReply) =>
      reply.code(426).headers({ upgrade: 'websocket', connection: 'upgrade' }).send({
        code: 'upgrade_required',
        detail: 'This address speaks WebSocket.',
      }),
    wsHandler: (socket, request) => attach(socket as LiveSocket, request as FastifyRequest),
  });
}

/** Whether the session takes pictures, as it was seconds ago. A neighbour that is away changes nothing. */
function standing({ knownSessions }: Context, tokenSha256: Buffer, session: HostedSession) {
  let last = { session, atMs: performance.now() };
  return async (): Promise<boolean> => {
    if (performance.now() - last.atMs >= standingMs) {
      last = { session: last.session, atMs: performance.now() };
      last.session = await knownSessions.find(tokenSha256).catch(() => last.session);
    }
    return phaseOf(last.session, new Date()) === 'ready';
  };
}
