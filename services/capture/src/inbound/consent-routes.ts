import { FieldError, type HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyRequest } from 'fastify';
import { consentQuery, consentRequest, consentView } from '../consent-wire.ts';
import { answerConsent, consentViewOf, readConsent } from '../consents.ts';
import type { Context } from '../context.ts';
import { originOf } from '../domain/device.ts';
import { isSameOrigin } from '../domain/same-origin.ts';
import { refusal } from '../wire.ts';
import type { Admission } from './admission.ts';
import { wantedLanguages } from './consent-page.ts';
import { answerRefusal, OtherOrigin } from './refusals.ts';
import { tokenDigest, tokenParams } from './token.ts';

/**
 * What the consent page calls. Every path holds the token, so nothing here logs a path. No cookie is read or given: a name
 * that anybody can copy is no evidence of who was there.
 */
export async function consentRoutes(api: HttpServer, context: Context, admission: Admission): Promise<void> {
  api.setErrorHandler((error, request, reply) => {
    if (error instanceof Failure && error.kind === 'not_found') admission.countUnknown(request);
    return answerRefusal(ofConsent(error), request, reply);
  });
  api.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  api.get(
    '/consent/:token/state',
    {
      onRequest: admission.limit('consent'),
      schema: {
        params: tokenParams,
        querystring: consentQuery,
        response: { 200: consentView, '4xx': refusal, '5xx': refusal },
      },
    },
    async (request) => {
      const wanted = wantedLanguages(request, request.query.language ?? '');
      return consentViewOf(await readConsent(context, tokenDigest(request.params.token), wanted));
    },
  );

  api.post(
    '/consent/:token/answer',
    {
      onRequest: [admission.limit('consent'), demandOwnPage],
      bodyLimit: 2_048,
      schema: {
        params: tokenParams,
        body: consentRequest,
        response: { 200: consentView, '4xx': refusal, '5xx': refusal },
      },
    },
    (request) =>
      answerConsent(context, {
        tokenSha256: tokenDigest(request.params.token),
        request: request.body,
        networkSha256: originOf(undefined, request.ip).networkSha256,
      }),
  );
}

/** Whoever answers is our page, as far as its browser says: another one that knows the link does not press for its visitors. */
async function demandOwnPage({ headers, host, protocol }: FastifyRequest): Promise<void> {
  const site = headers['sec-fetch-site'];
  const { origin } = headers;
  const isForeign =
    origin !== undefined && origin !== 'null' && !isSameOrigin(origin, host, protocol === 'https');
  if ((site !== undefined && site !== 'same-origin') || isForeign) throw new OtherOrigin();
}

/** What share refuses, in words about consents; what it refuses for load stays as it is. */
function ofConsent(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  if (error.kind === 'invalid') return new FieldError({ answer: 'Unreadable.' });
  const code = error.kind === 'not_found' ? 'consent_unknown' : error.code;
  if (error.kind === 'not_found' || error.kind === 'precondition' || error.kind === 'conflict') {
    const known = codes.has(code) ? code : 'consent_closed';
    return new Failure('precondition', known, error.message, { cause: error });
  }
  return error;
}

const codes = new Set([
  'consent_unknown',
  'consent_expired',
  'consent_answered',
  'consent_text_changed',
  'presence_unproved',
]);
