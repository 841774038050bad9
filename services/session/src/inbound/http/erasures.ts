import { IsoTime, Nullable, Uuid } from '@selfsame/http/schemas';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import { type ErasureView, readErasure, requestErasure } from '../../erasures.ts';
import { Open, refusals } from './schemas.ts';

const tags = ['erasure'];
const status = Type.Enum(['pending', 'erased']);

const Requested = Type.Object({ erasure_id: Uuid(), status });

const Erasure = Type.Object({
  erasure_id: Uuid(),
  status,
  user_pid: Type.String({ description: 'Pseudonym of the person, as in shares and certificates' }),
  instruction_id: Nullable(Type.String()),
  requested_at: IsoTime(),
  erased_at: Nullable(IsoTime()),
  confirmed: Type.Array(Type.Object({ service: Type.String(), confirmed_at: IsoTime() })),
  awaiting: Type.Array(Type.String(), { description: 'Services that have not confirmed yet' }),
  certificate: Nullable(Open('What was removed and what is kept, once the status is erased')),
  certificate_jws: Nullable(
    Type.String({ description: 'The same, signed: compact JWS, ES256, keys at /v3/erasures/jwks.json' }),
  ),
});

/** Routes of people who are erased. */
export function erasureRoutes(api: HttpServer, context: Context): void {
  api.delete(
    '/v3/users/:vendor_data/',
    {
      schema: {
        tags,
        summary: 'Erase a user',
        description:
          'Every session of the user, the enrolled face, and what is known of devices and addresses, in every part of the platform. Whoever comes under the same name afterwards is somebody new. Asked again while it is under way, the answer is the same, unless there are younger sessions: they get an erasure of their own. Users without a session may be known by their name alone (a face, a list): they are erased too, at most 10 in a minute.',
        params: Type.Object({
          vendor_data: Type.String({
            minLength: 1,
            maxLength: 1_000,
            description: 'The user, as in vendor_data of sessions',
          }),
        }),
        response: { 202: Requested, ...refusals },
      },
    },
    async (request, reply) => {
      const { vendor_data: vendorData } = request.params;
      if ([...vendorData].length > 256) throw new DetailError(404, 'Not found.');
      const person = { id: '', vendorData };
      const { erasureId } = await requestErasure(context, request.principal.applicationId, person, null);
      return reply.code(202).send({ erasure_id: erasureId, status: 'pending' });
    },
  );

  api.get(
    '/v3/erasures/:id/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'Read how far an erasure is, and its certificate',
        params: Type.Object({ id: Uuid() }),
        response: { 200: Erasure, ...refusals },
      },
    },
    async (request) => {
      const found = await readErasure(context, request.principal.applicationId, request.params.id);
      if (found === null) throw new DetailError(404, 'Not found.');
      return erasureBody(found);
    },
  );
}

/** For everybody: what certificates are verified with. */
export function erasureKeyRoutes(server: HttpServer, context: Context): void {
  server.get(
    '/v3/erasures/jwks.json',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Keys that certificates of erasure are verified with',
        security: [],
        response: { 200: Type.Object({ keys: Type.Array(Open('A JSON Web Key')) }) },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=300');
      return await context.signing.jwks();
    },
  );
}

function erasureBody({ erasure, confirmations, awaiting }: ErasureView) {
  const { certificate } = erasure;
  return {
    erasure_id: erasure.id,
    status: certificate === null ? ('pending' as const) : ('erased' as const),
    user_pid: erasure.user_pid,
    instruction_id: erasure.instruction_id,
    requested_at: erasure.requested_at.toISOString(),
    erased_at: erasure.erased_at?.toISOString() ?? null,
    confirmed: confirmations.map(({ service, confirmedAt }) => {
      return { service, confirmed_at: confirmedAt.toISOString() };
    }),
    awaiting: [...awaiting],
    certificate: certificate === null ? null : payloadOf(certificate),
    certificate_jws: certificate,
  };
}

function payloadOf(jws: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));
}
