import { randomBytes } from 'node:crypto';
import type { HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Context } from '../context.ts';
import { deviceOf, forgettingHeader, namingHeader } from '../domain/device.ts';
import { forgetDevice, leaveSession, openSession, readSession } from '../sessions.ts';
import { refusal, sessionView, visitBytesMax, visitRequest } from '../wire.ts';
import type { Admission } from './admission.ts';
import { attemptRoutes } from './attempt-routes.ts';
import { countRequest, observe } from './observing.ts';
import { answerRefusal } from './refusals.ts';
import { tokenDigest, tokenParams } from './token.ts';

/** What the page calls. Every path holds the token, so nothing here logs a path. */
export async function pageRoutes(api: HttpServer, context: Context, admission: Admission): Promise<void> {
  api.setErrorHandler((error, request, reply) => {
    if (error instanceof Failure && error.kind === 'not_found') admission.countUnknown(request);
    return answerRefusal(error, request, reply);
  });
  api.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  api.addHook('onRequest', countRequest);

  api.post(
    '/session/:token/open',
    {
      onRequest: admission.limit('visit'),
      bodyLimit: visitBytesMax,
      schema: {
        params: tokenParams,
        body: visitRequest,
        response: { 200: sessionView, '4xx': refusal, '5xx': refusal },
      },
    },
    (request, reply) => {
      nameDevice(request, reply);
      const { visit_nonce: visitNonce = '', proof, continues = false, facts = {} } = request.body;
      const seen = observe(request, 'opening', context.config);
      return openSession(context, {
        tokenSha256: tokenDigest(request.params.token),
        visitNonce,
        proof,
        continues,
        observed: { ...seen, facts: { ...facts, ...seen.facts } },
      });
    },
  );

  api.post(
    '/session/:token/forget-device',
    {
      onRequest: admission.limit('visit'),
      schema: { params: tokenParams, response: { 204: Type.Null(), '4xx': refusal, '5xx': refusal } },
    },
    async (request, reply) => {
      await forgetDevice(context, tokenDigest(request.params.token));
      reply.header('set-cookie', forgettingHeader(request.protocol === 'https'));
      return reply.code(204).send(null);
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

  attemptRoutes(api, context, admission);
}

/**
 * A browser that has no name gets one, so that its failures can be told from those of its neighbours; one that has keeps it
 * for as long again.
 */
function nameDevice(request: FastifyRequest, reply: FastifyReply): void {
  const device = deviceOf(request.headers.cookie) ?? randomBytes(24).toString('base64url');
  reply.header('set-cookie', namingHeader(device, request.protocol === 'https'));
}
