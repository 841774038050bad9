import { DetailBody, IsoTime, Nullable, Uuid } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import type { BatchResult, DeletedSession } from '../../deletions.ts';
import { deleteBatch, deleteSession, deleteSessionAs } from '../../deletions.ts';
import { maxBatch } from '../../domain/deletion-request.ts';
import { describedBody, granted, grantedSession } from './answers.ts';
import { refusals, SessionPath } from './schemas.ts';

const tags = ['sessions'];

const DeletionBody = Type.Object({
  retain_face_embeddings: Type.Optional(
    Type.Boolean({
      description: 'Whether the enrolled face of the user stays; true unless it is an erasure',
    }),
  ),
  face_retention_days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3650, description: 'The face is forgotten after so many days' }),
  ),
  face_retention_deadline: Type.Optional(
    Type.String({ description: 'The same as a time: ISO 8601 with its zone' }),
  ),
  deletion_instruction: Type.Optional(
    Type.Enum(['operational_session_delete', 'privacy_erasure'], {
      description: 'privacy_erasure: the user is erased everywhere, as by DELETE /v3/users/{vendor_data}/',
    }),
  ),
  instruction_id: Type.Optional(
    Type.String({ maxLength: 128, description: 'Your own name for this instruction; comes back' }),
  ),
});

const Deleted = Type.Object({
  session_id: Uuid(),
  session_number: Type.Integer(),
  face_retention_outcome: Type.Enum(['retained_with_user', 'deleted', 'none', 'ineligible_no_vendor_user'], {
    description: 'What became of the enrolled face of the user',
  }),
  biometric_template_uuid: Type.Null({ description: 'Templates are named by their user here' }),
  face_retention_deadline: Nullable(IsoTime('When the face is forgotten')),
  instruction_id: Nullable(Type.String()),
  erasure_id: Nullable(Type.String({ description: 'Of a privacy_erasure: see GET /v3/erasures/{id}/' })),
});

const BatchBody = Type.Object({
  session_numbers: Type.Optional(
    Type.Array(Type.Union([Type.String(), Type.Integer()]), {
      maxItems: maxBatch,
      description: 'Numbers, as digits or as numbers',
    }),
  ),
  delete_all: Type.Optional(
    Type.Boolean({ description: 'Every session that there is at this moment, instead of numbers' }),
  ),
});

const BatchAnswer = Type.Object({
  results: Type.Array(
    Type.Object({
      session_number: Type.Integer(),
      session_id: Nullable(Type.String({ description: 'null: you have no such session' })),
      status: Type.Enum(['deleted', 'not_found']),
    }),
  ),
});

/** Routes that delete sessions. */
export function deletionRoutes(api: HttpServer, context: Context): void {
  const { body, ...readBody } = describedBody(Type.Optional(DeletionBody));
  // Validation makes an object of nothing, and here nothing asks for another answer than an empty object does.
  const withoutBody = new WeakSet<object>();
  api.delete(
    '/v3/session/:id/delete/',
    {
      ...readBody,
      preValidation: async (request) => {
        if (request.body === undefined) withoutBody.add(request);
      },
      schema: {
        tags,
        summary: 'Delete a session',
        description:
          'Without a body the answer is 204, and the enrolled face of the user stays. With one it says what became of the face.',
        params: SessionPath,
        body,
        response: { 200: Deleted, 204: Type.Null(), ...refusals, 503: DetailBody },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { principal, body: given } = request;
      if (withoutBody.has(request)) {
        await grantedSession(context, request, id, () => deleteSession(context, principal, id));
        return reply.code(204).send(null);
      }
      const deleted = await grantedSession(context, request, id, () =>
        deleteSessionAs(context, principal, id, given),
      );
      return reply.send(deletedBody(deleted));
    },
  );

  const { body: batchBody, ...readBatch } = describedBody(BatchBody);
  api.post(
    '/v3/sessions/delete/',
    {
      ...readBatch,
      schema: {
        tags,
        summary: 'Delete several sessions, or all',
        description:
          'Numbers are answered with 200 and a result each; delete_all with 204: the first 2000 are gone by then, the rest follows at once.',
        body: batchBody,
        response: { 200: BatchAnswer, 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const { results } = granted(await deleteBatch(context, request.principal, request.body));
      if (results === null) return reply.code(204).send(null);
      return reply.send({ results: results.map(resultBody) });
    },
  );
}

function deletedBody(deleted: DeletedSession) {
  return {
    session_id: deleted.sessionId,
    session_number: deleted.number,
    face_retention_outcome: deleted.face,
    biometric_template_uuid: null,
    face_retention_deadline: deleted.faceUntil?.toISOString() ?? null,
    instruction_id: deleted.instructionId,
    erasure_id: deleted.erasureId,
  };
}

function resultBody({ number, sessionId }: BatchResult) {
  const status = sessionId === null ? ('not_found' as const) : ('deleted' as const);
  return { session_number: number, session_id: sessionId, status };
}
