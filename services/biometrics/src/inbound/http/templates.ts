import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, IsoTime, Nullable, Page, Uuid } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import Type, { type Static } from 'typebox';
import type { Context } from '../../context.ts';
import {
  countTemplates,
  deleteEnrolled,
  findEnrolled,
  historyOf,
  listEnrolled,
  type NamedTemplate,
  revertEnrolled,
} from '../../enrolled-templates.ts';
import type { EnrolledRow } from '../../outbound/enrolled-store.ts';
import type { HistoryRow } from '../../outbound/history-store.ts';

const tags = ['Biometric templates'];
const base = '/v3/biometric-templates/';
const one = `${base}:template_uuid/`;

const Named = Type.Object({ template_uuid: Uuid() });
const filter = {
  vendor_data: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'Of this user only. Names are not kept: the answer does not repeat it',
    }),
  ),
};

const Template = Type.Object({
  template_uuid: Uuid('Stays the same when the user enrols again'),
  created_at: IsoTime('When a verified session enrolled the user last'),
  adapted_at: Nullable(
    IsoTime('When an approved sign-in was blended into it last; null while it is what was enrolled'),
  ),
  key_version: Type.Integer({ description: 'Of the application’s template keys' }),
  session_id: Nullable(Type.String({ description: 'The session that enrolled the user' })),
  revoked: Type.Boolean({
    description: 'Its key was revoked: nothing compares with it, and the user enrols again',
  }),
});

const score = (description: string) => Nullable(Type.Number({ minimum: 0, maximum: 100, description }));

const Change = Type.Object({
  at: IsoTime(),
  kind: Type.Enum(['enrolled', 'granted', 'renewed', 'adapted', 'reverted'], {
    description:
      'enrolled: by a verified session; granted: by the first look that was compared by a share; renewed: under a new key ' +
      'version; adapted: a look was blended into it; reverted: back to what was enrolled',
  }),
  session_id: Nullable(Type.String({ description: 'Null when somebody reverted it by hand' })),
  look_similarity: score('The look and the template before'),
  previous_similarity: score('The template after and the one before'),
  anchor_similarity: score('The template after and what was enrolled'),
});

const notFound = () => new Failure('not_found', 'not_found', 'Not found.');

/** `/v3/biometric-templates/`: who is enrolled, since when, and how their template came to be what it is. */
export function addTemplateRoutes(api: HttpServer, context: Context): void {
  api.get(
    base,
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List enrolled templates, newest enrolment first',
        querystring: Type.Object({ ...filter, ...pagingQuery() }),
        response: { 200: Page(Template) },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const { count, rows } = await listEnrolled(context, queryOf(request), page);
      return envelope(request, page, { count, results: rows.map(toTemplate) });
    },
  );

  api.get(
    `${base}count/`,
    {
      config: { audited: false },
      schema: {
        tags,
        summary: 'Count enrolled templates',
        querystring: Type.Object(filter),
        response: { 200: Type.Object({ count: Type.Integer() }) },
      },
    },
    async (request) => ({ count: await countTemplates(context, queryOf(request)) }),
  );

  api.get(
    one,
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'Read what is known of a template',
        params: Named,
        response: { 200: Template, 404: DetailBody },
      },
    },
    async (request) => toTemplate(await find(namedBy(request))),
  );

  api.get(
    `${one}history/`,
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List the changes of a template, newest first',
        description: 'Scores only, of the last hundred changes at most. They go with the template.',
        params: Named,
        querystring: Type.Object(pagingQuery()),
        response: { 200: Page(Change), 404: DetailBody },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const history = await historyOf(context, namedBy(request));
      if (history === undefined) throw notFound();
      const results = history.slice(page.offset, page.offset + page.limit).map(toChange);
      return envelope(request, page, { count: history.length, results });
    },
  );

  api.post(
    `${one}revert/`,
    {
      schema: {
        tags,
        summary: 'Put a template back to what was enrolled',
        description: 'At once. Where it is that already, nothing changes.',
        params: Named,
        response: { 200: Type.Object({ reverted: Type.Boolean(), ...Template.properties }), 404: DetailBody },
      },
    },
    async (request) => {
      const named = namedBy(request);
      const reverted = await revertEnrolled(context, named);
      return { reverted: reverted === 'reverted', ...toTemplate(await find(named)) };
    },
  );

  api.delete(
    one,
    {
      schema: {
        tags,
        summary: 'Delete a template with everything else that is stored of the user’s face',
        description: 'The user enrols again before they can sign in with a selfie. Faces on lists stay.',
        params: Named,
        response: { 204: Type.Null(), 404: DetailBody },
      },
    },
    async (request, reply) => {
      if (!(await deleteEnrolled(context, namedBy(request)))) throw notFound();
      return reply.code(204).send(null);
    },
  );

  async function find(named: NamedTemplate): Promise<EnrolledRow> {
    const row = await findEnrolled(context, named);
    if (row === undefined) throw notFound();
    return row;
  }
}

interface Asked {
  readonly principal: { readonly applicationId: string };
}

function queryOf({ principal, query }: Asked & { readonly query: { vendor_data?: string } }) {
  return { applicationId: principal.applicationId, vendorData: query.vendor_data };
}

function namedBy({ principal, params }: Asked & { readonly params: Static<typeof Named> }): NamedTemplate {
  return { applicationId: principal.applicationId, templateUuid: params.template_uuid };
}

function toTemplate(row: EnrolledRow): Static<typeof Template> {
  return {
    template_uuid: row.templateUuid,
    created_at: row.enrolledAt.toISOString(),
    adapted_at: row.adaptedAt?.toISOString() ?? null,
    key_version: row.keyVersion,
    session_id: row.sessionId,
    revoked: row.revoked,
  };
}

function toChange(row: HistoryRow): Static<typeof Change> {
  const { at, kind, session_id, look_similarity, previous_similarity, anchor_similarity } = row;
  return { at: at.toISOString(), kind, session_id, look_similarity, previous_similarity, anchor_similarity };
}
