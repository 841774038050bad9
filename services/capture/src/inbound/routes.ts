import { randomBytes } from 'node:crypto';
import type { HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { takeAttempt } from '../attempts.ts';
import { beginChallenge } from '../challenges.ts';
import type { Context } from '../context.ts';
import { deviceOf, namingHeader, originOf } from '../domain/device.ts';
import { looksLikeImage } from '../domain/image-bytes.ts';
import { demandSession, guide, leaveSession, openSession, readSession } from '../sessions.ts';
import {
  attemptAnswer,
  challengeRequest,
  challengeView,
  guidanceAnswer,
  refusal,
  sessionView,
} from '../wire.ts';
import type { Admission } from './admission.ts';
import { arrivesWithin } from './pace.ts';
import { answerRefusal } from './refusals.ts';
import { createSlots } from './slots.ts';
import { attemptParams, isTokenShaped, tokenDigest, tokenParams } from './token.ts';

/** A frame as biometrics takes it. */
const frameBytesMax = 5_000_000;
/** A thumbnail of the page is at most half of it. */
const thumbnailBytesMax = 16_384;
/** A body that asks for something in a few words. */
const smallBodyBytesMax = 1_024;
/** Time for a whole picture to arrive: 5 MB at 2 Mbit/s, or an ordinary frame on a poor link. */
const arrivalTimeoutMs = 20_000;

/** What the page calls. Every path holds the token, so nothing here logs a path. */
export async function pageRoutes(api: HttpServer, context: Context, admission: Admission): Promise<void> {
  const receivedAt = new WeakMap<FastifyRequest, Date>();
  const frames = createSlots(context.config.concurrentFrames);
  const thumbnails = createSlots(context.config.concurrentGuidance);
  const demand = (purpose: 'attempt' | 'guidance') => async (request: FastifyRequest) => {
    const { token } = request.params as { token: string };
    if (!isTokenShaped(token)) throw new Failure('not_found', 'session_not_found', 'No such session.');
    await demandSession(context, tokenDigest(token), purpose);
  };

  api.setErrorHandler((error, request, reply) => {
    if (error instanceof Failure && error.kind === 'not_found') admission.countUnknown(request);
    return answerRefusal(error, request, reply);
  });
  api.addHook('onRequest', async (request, reply) => {
    receivedAt.set(request, new Date());
    reply.header('cache-control', 'no-store');
  });
  // Fastify counts the bytes against the route's bodyLimit, announced ones before the first is read.
  api.addContentTypeParser(/^image\/(jpeg|png|webp)$/, { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  api.post(
    '/session/:token/open',
    {
      onRequest: admission.limit('visit'),
      schema: { params: tokenParams, response: { 200: sessionView, '4xx': refusal, '5xx': refusal } },
    },
    (request, reply) => {
      nameDevice(request, reply);
      return openSession(context, tokenDigest(request.params.token));
    },
  );

  api.get(
    '/session/:token/state',
    {
      onRequest: admission.limit('visit'),
      schema: { params: tokenParams, response: { 200: sessionView, '4xx': refusal, '5xx': refusal } },
    },
    (request) => readSession(context, tokenDigest(request.params.token)),
  );

  api.post(
    '/session/:token/leave',
    {
      onRequest: admission.limit('visit'),
      schema: { params: tokenParams, response: { 204: Type.Null(), '4xx': refusal, '5xx': refusal } },
    },
    async (request, reply) => {
      await leaveSession(context, tokenDigest(request.params.token));
      return reply.code(204).send(null);
    },
  );

  api.post(
    '/session/:token/attempts/:attempt_id/challenge',
    {
      onRequest: [admission.limit('challenge'), demand('attempt')],
      bodyLimit: smallBodyBytesMax,
      schema: {
        params: attemptParams,
        body: challengeRequest,
        response: { 200: challengeView, '4xx': refusal, '5xx': refusal },
      },
    },
    (request) =>
      beginChallenge(context, {
        tokenSha256: tokenDigest(request.params.token),
        attemptId: request.params.attempt_id.toLowerCase(),
        method: request.body.method,
        origin: originOf(request.headers.cookie, request.ip),
      }),
  );

  api.post(
    '/session/:token/attempts/:attempt_id',
    {
      onRequest: [admission.limit('attempt'), demand('attempt'), frames.enter],
      preParsing: arrivesWithin(arrivalTimeoutMs),
      bodyLimit: frameBytesMax,
      schema: { params: attemptParams, response: { 200: attemptAnswer, '4xx': refusal, '5xx': refusal } },
    },
    (request, reply) => {
      const arrived = receivedAt.get(request) ?? new Date();
      reply.header('x-frame-received-at', arrived.toISOString());
      const upload = {
        tokenSha256: tokenDigest(request.params.token),
        attemptId: request.params.attempt_id.toLowerCase(),
        image: imageOf(request.body),
        origin: originOf(request.headers.cookie, request.ip),
        receivedAt: arrived,
      };
      return frames.during(request, () => takeAttempt(context, upload));
    },
  );

  api.post(
    '/session/:token/guidance',
    {
      onRequest: [admission.limit('guidance'), demand('guidance'), thumbnails.enter],
      preParsing: arrivesWithin(arrivalTimeoutMs),
      bodyLimit: thumbnailBytesMax,
      schema: { params: tokenParams, response: { 200: guidanceAnswer, '4xx': refusal, '5xx': refusal } },
    },
    (request) => {
      const thumbnail = imageOf(request.body);
      return thumbnails.during(request, () => guide(context, thumbnail));
    },
  );
}

/** A browser that has no name gets one, so that its failures can be told from those of its neighbours. */
function nameDevice(request: FastifyRequest, reply: FastifyReply): void {
  if (deviceOf(request.headers.cookie) !== null) return;
  const device = randomBytes(24).toString('base64url');
  reply.header('set-cookie', namingHeader(device, request.protocol === 'https'));
}

/** @throws Failure `image_unusable` for anything that is no picture */
function imageOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body) && looksLikeImage(body)) return body;
  throw new Failure('invalid', 'image_unusable', 'The picture could not be read.');
}
