import { DetailError, FieldError, ListError, PictureError } from '@selfsame/http/server';
import type { FastifyRequest, RouteShorthandOptions } from 'fastify';
import type { TSchema } from 'typebox';
import type { Context } from '../../context.ts';
import { isUuid } from '../../domain/ids.ts';
import { wasDeleted } from '../../outbound/session-store.ts';
import type { Refused } from '../../refusal.ts';

/** The result of a use case, or the error answer that its refusal has in the contract. */
export function granted<Result extends object>(result: Result | Refused): Result {
  if (!('refused' in result)) return result;
  switch (result.refused) {
    case 'not_found':
      throw new DetailError(404, 'Not found.');
    case 'detail':
      throw new DetailError(400, result.detail);
    case 'list':
      throw new ListError(result.texts);
    case 'fields':
      throw new FieldError(result.errors);
    case 'picture':
      throw new PictureError(400, result.text);
    case 'unavailable':
      throw new DetailError(503, result.detail);
    case 'not_offered':
      throw new DetailError(404, result.detail);
  }
}

/** The same for what concerns one session: one that was deleted has its own words. */
export async function grantedSession<Result extends object>(
  context: Context,
  request: FastifyRequest,
  sessionId: string,
  run: () => Promise<Result | Refused>,
): Promise<Result> {
  if (!isUuid(sessionId)) throw new DetailError(404, 'Not found.');
  const result = await run();
  if ('refused' in result && result.refused === 'not_found') {
    const deleted = await wasDeleted(context.database.db, request.principal.applicationId, sessionId);
    throw new DetailError(404, deleted ? 'Session not found.' : 'Not found.');
  }
  return granted(result);
}

/**
 * A body that the schema describes and the use case reads: its words for mistakes, and when it looks, belong to the
 * contract. Mistakes in paths and queries are answered as ever.
 */
export function describedBody(body: TSchema): Pick<
  RouteShorthandOptions,
  'attachValidation' | 'preHandler'
> & {
  body: TSchema;
} {
  return {
    body,
    attachValidation: true,
    preHandler: async (request) => {
      const mistake = request.validationError;
      if (mistake && mistake.validationContext !== 'body') throw mistake;
    },
  };
}
