import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, FieldErrorBody, IsoTime, Nullable, Page, Uuid } from '@selfsame/http/schemas';
import { FieldError, type HttpServer } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import type { Context } from '../../context.ts';
import { readPurpose } from '../../domain/purpose.ts';
import { notFound } from '../../domain/refusal.ts';
import { importShared } from '../../imports/imports.ts';
import { findImport, type ListedImport, listImports } from '../../outbound/import-store.ts';
import { accepted } from './refusals.ts';

const tags = ['Imports'];

const ImportBody = Type.Object({
  share_token: Type.String({
    minLength: 1,
    maxLength: 8_192,
    description: 'What the sharing partner got from its share',
  }),
  workflow_id: Type.String({
    minLength: 1,
    maxLength: 256,
    description: 'A published workflow of yours, which the new session counts as one of',
  }),
  vendor_data: Type.Optional(
    Nullable(
      Type.String({
        maxLength: 256,
        description:
          'What you call the user. With it, their first selfie is compared with what they have enrolled at the sharing partner',
      }),
    ),
  ),
  trust_review: Type.Optional(
    Type.Boolean({ description: 'true keeps the verdict; false, the default, makes it In Review' }),
  ),
  purpose: Type.Optional(
    Nullable(Type.String({ maxLength: 240, description: 'Refused when the token is for another one' })),
  ),
});

const Import = Type.Object({
  import_id: Type.String({ description: 'Also the id of the new session' }),
  session_id: Type.String(),
  share_id: Nullable(Type.String({ description: 'null once the user was erased where it came from' })),
  from_application_id: Type.String(),
  from_session_id: Nullable(Type.String({ description: 'null once the user was erased there' })),
  purpose: Type.String(),
  scope: Type.String(),
  trust_review: Type.Boolean(),
  status: Type.Enum(['pending', 'imported']),
  reference_granted: Type.Boolean({
    description: 'The user’s first selfie is compared with what they have enrolled at the sharing partner',
  }),
  created_at: IsoTime(),
  imported_at: Nullable(IsoTime()),
});

/** Obtaining what a partner has shared. */
export function addImportRoutes(api: HttpServer, context: Context): void {
  const { db } = context.database;
  api.post(
    '/v3/session/import-shared/',
    {
      config: { rateBudget: 'session_create' },
      schema: {
        tags,
        summary: 'Import a shared session',
        description:
          'Once for each session. The new session is yours: with its own id, webhook and decision, which is answered.',
        body: ImportBody,
        response: {
          201: Type.Object(
            { session_id: Type.String(), status: Type.String() },
            { description: 'The decision' },
          ),
          400: Type.Union([DetailBody, FieldErrorBody]),
          403: DetailBody,
          404: DetailBody,
        },
      },
    },
    async ({ body, principal }, reply) => {
      const { decisionJson } = accepted(
        await importShared(context, principal, {
          token: body.share_token,
          workflowRef: body.workflow_id,
          vendorData: body.vendor_data ?? '',
          trustReview: body.trust_review ?? false,
          purpose: readGivenPurpose(body.purpose ?? undefined),
        }),
      );
      return reply.code(201).send(JSON.parse(decisionJson));
    },
  );
  api.get(
    '/v3/imports/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List imports',
        description: 'Newest first.',
        querystring: Type.Object(pagingQuery()),
        response: { 200: Page(Import) },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const { count, rows } = await listImports(db, request.principal.applicationId, page);
      return envelope(request, page, { count, results: rows.map(toImport) });
    },
  );
  api.get(
    '/v3/imports/:id/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'Retrieve an import',
        params: Type.Object({ id: Uuid('Import id') }),
        response: { 200: Import, 404: DetailBody },
      },
    },
    async ({ params, principal }) => {
      const found = await findImport(db, principal.applicationId, params.id);
      return toImport(accepted(found ?? notFound));
    },
  );
}

function readGivenPurpose(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const purpose = readPurpose(written);
  if (purpose === undefined) throw new FieldError({ purpose: ['This is no purpose.'] });
  return purpose;
}

function toImport(row: ListedImport): Static<typeof Import> {
  return {
    import_id: row.import_id,
    session_id: row.import_id,
    share_id: row.share_id,
    from_application_id: row.from_application_id,
    from_session_id: row.from_session_id,
    purpose: row.purpose,
    scope: row.scope,
    trust_review: row.trust_review,
    status: row.status === 'imported' ? 'imported' : 'pending',
    reference_granted: row.granted,
    created_at: row.reserved_at.toISOString(),
    imported_at: row.imported_at?.toISOString() ?? null,
  };
}
