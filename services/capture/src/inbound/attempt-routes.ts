import type { IncomingMessage } from 'node:http';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { takeAttempt } from '../attempts.ts';
import { beginChallenge } from '../challenges.ts';
import type { Context } from '../context.ts';
import { originOf } from '../domain/device.ts';
import { pictureFacts } from '../domain/http-facts.ts';
import { demandSession } from '../sessions.ts';
import { attemptAnswer, challengeRequest, challengeView, refusal } from '../wire.ts';
import type { Admission } from './admission.ts';
import { bytesAnnounced, captureOf, captureTypes, contentTypeOf } from './bodies.ts';
import { observe } from './observing.ts';
import { arrivesWithin } from './pace.ts';
import { placeOf, ReceivedBody, receiveBody } from './receiving.ts';
import { createSlots } from './slots.ts';
import { attemptParams, isTokenShaped, tokenDigest } from './token.ts';
import { noteAnswer, noteRefusal, showSlots } from './upload-metrics.ts';

/** Time for one delivery: 5 MB at 2 Mbit/s. What has come by then is kept for the next one. */
const arrivalTimeoutMs = 20_000;
const path = '/session/:token/attempts/:attempt_id';
/** Whoever has come as far as this is let in before others. */
const finishing = { work: 'finishing' } as const;

/** One look at a face: its challenge, its upload in one or more deliveries, its answer. */
export function attemptRoutes(api: HttpServer, context: Context, admission: Admission): void {
  const { config, keptUploads } = context;
  const slots = createSlots(config.concurrentFrames, {
    maxBytes: config.uploadMegabytes * 1_000_000,
    bytesOf: bytesAnnounced,
  });
  const hideSlots = showSlots(slots);
  api.addHook('onClose', async () => hideSlots());
  /** When a request began. */
  const begunAt = new WeakMap<FastifyRequest, Date>();
  const begin = async (request: FastifyRequest) => void begunAt.set(request, new Date());
  const refusals = { '4xx': refusal, '5xx': refusal };

  api.addContentTypeParser(captureTypes, (request: FastifyRequest, payload: IncomingMessage) =>
    receiveBody(request, payload, { kept: keptUploads, begunAt: begunAt.get(request) ?? new Date() }),
  );

  api.post(
    `${path}/challenge`,
    {
      config: finishing,
      onRequest: [admission.limit('challenge'), demand],
      schema: {
        params: attemptParams,
        body: challengeRequest,
        response: { 200: challengeView, ...refusals },
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
    path,
    {
      config: finishing,
      onRequest: [begin, admission.limit('attempt'), demandPicture, demand, slots.enter],
      preParsing: arrivesWithin(arrivalTimeoutMs),
      onResponse: noteRefusal,
      schema: { params: attemptParams, response: { 200: attemptAnswer, ...refusals } },
    },
    take,
  );

  api.patch(
    path,
    {
      config: finishing,
      onRequest: [begin, admission.limit('resume'), demandPicture, demand, slots.enter],
      preParsing: arrivesWithin(arrivalTimeoutMs),
      onResponse: noteRefusal,
      schema: { params: attemptParams, response: { 200: attemptAnswer, ...refusals } },
    },
    take,
  );

  api.head(
    path,
    {
      config: finishing,
      onRequest: [admission.limit('resume'), demand],
      schema: { params: attemptParams },
    },
    (request, reply) => {
      const upload = keptUploads.interrupt(placeOf(request));
      if (upload !== undefined) reply.header('content-digest', `sha-256=:${upload.digest}:`);
      return reply
        .code(204)
        .header('upload-offset', upload?.offset ?? 0)
        .send();
    },
  );

  async function demand(request: FastifyRequest): Promise<void> {
    const { token } = request.params as { token: string };
    if (!isTokenShaped(token)) throw new Failure('not_found', 'session_not_found', 'No such session.');
    await demandSession(context, tokenDigest(token));
  }

  function take(request: FastifyRequest, reply: FastifyReply) {
    if (!(request.body instanceof ReceivedBody)) {
      throw new Failure('invalid', 'image_unusable', 'The picture could not be read.');
    }
    const { bytes, arrival } = request.body;
    const { token, attempt_id } = request.params as { token: string; attempt_id: string };
    reply.header('x-frame-received-at', arrival.begunAt.toISOString());
    const capture = captureOf(bytes, contentTypeOf(request));
    const seen = observe(request, 'upload', config);
    const sizes = pictureFacts({ body: bytes.length, picture: capture.image.length });
    const upload = {
      tokenSha256: tokenDigest(token),
      attemptId: attempt_id.toLowerCase(),
      capture,
      origin: originOf(request.headers.cookie, request.ip),
      observed: { ...seen, facts: { ...capture.facts, ...seen.facts, ...sizes } },
      arrival,
    };
    return slots.during(request, async () => {
      const answer = await takeAttempt(context, upload);
      noteAnswer(request, answer, arrival);
      return answer;
    });
  }
}

/** Anything else would be read by other rules than those of pictures. */
async function demandPicture(request: FastifyRequest): Promise<void> {
  if (!captureTypes.test(contentTypeOf(request)))
    throw new DetailError(415, 'Send a picture, or a capture bundle.');
}
