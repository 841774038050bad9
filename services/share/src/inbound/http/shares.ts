import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, FieldErrorBody, IsoTime, Nullable, Page, Uuid } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import { audienceFilter } from '../../audience.ts';
import type { Context } from '../../context.ts';
import { notFound } from '../../domain/refusal.ts';
import { shareStatuses, statusOf } from '../../domain/share.ts';
import { findShare, type ListedShare, listShares } from '../../outbound/share-store.ts';
import { revokeShare } from '../../shares/revocation.ts';
import { createShare } from '../../shares/shares.ts';
import { accepted } from './refusals.ts';
import { audienceFields, closed, readAudience, readTerms } from './share-body.ts';

const tags = ['Shares'];
const OfSession = Type.Object({ id: Uuid('Session id') });
const OfShare = Type.Object({ id: Uuid('Share id') });

const seconds = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 60, maximum: 86_400, description }));
const defaultSeconds = { audience: 900, for_application_id: 3_600 };

const ShareBody = Type.Object(
  {
    ...audienceFields,
    expires_in: seconds('Seconds that the token lives; 900 unless given'),
    ttl_in_seconds: seconds('The same beside for_application_id; 3600 unless given'),
    consent_id: Type.Optional(Uuid('By this consent; unless given, by the one that lasts longest')),
    receipt: Type.Optional(
      Type.Boolean({
        description: 'Also a signed receipt, which anybody can check against /v3/share/jwks.json',
      }),
    ),
  },
  closed,
);

const Share = Type.Object({
  share_id: Type.String(),
  session_id: Type.String(),
  session_kind: Type.Enum(['kyc', 'user']),
  for_application_id: Type.String(),
  audience: Type.String({ description: 'The partner, as it was called when it was shared with' }),
  audience_name: Type.String(),
  purpose: Type.String(),
  scope: Type.String(),
  consent_id: Nullable(Type.String({ description: 'null where the application needs no consent' })),
  user_pid: Type.String({ description: 'Pseudonym of the user, as in the record of shares' }),
  status: Type.Enum([...shareStatuses]),
  created_at: IsoTime(),
  expires_at: IsoTime(),
  revoked_at: Nullable(IsoTime()),
  revoked_because: Nullable(Type.String()),
  imported_at: Nullable(IsoTime()),
});

const CreatedShare = Type.Object({
  share_token: Type.String({ description: 'For the partner, over your own channel; shown once' }),
  ...Type.Pick(Share, [
    'share_id',
    'session_kind',
    'for_application_id',
    'audience',
    'purpose',
    'scope',
    'consent_id',
    'expires_at',
  ]).properties,
  receipt: Type.Optional(Type.String({ description: 'JWS with ES256' })),
});

/** Sharing a finished session with a partner, and what became of it. */
export function addShareRoutes(api: HttpServer, context: Context): void {
  const { db } = context.database;
  api.post(
    '/v3/session/:id/share/',
    {
      schema: {
        tags,
        summary: 'Share a finished session',
        description:
          'With one partner, for one purpose and a short time. Needs the consent of the user, unless the share settings say otherwise. Two styles: audience and expires_in, or for_application_id and ttl_in_seconds.',
        params: OfSession,
        body: ShareBody,
        response: {
          200: CreatedShare,
          400: Type.Union([DetailBody, FieldErrorBody]),
          404: DetailBody,
        },
      },
    },
    async (request) => {
      const { body, params, principal } = request;
      const audience = readAudience(body);
      const { share, token, receipt } = accepted(
        await createShare(context, principal, {
          sessionId: params.id.toLowerCase(),
          sessionKind: audience.field === 'audience' ? 'kyc' : 'user',
          audience,
          ...readTerms(body),
          ttlSeconds: ttlOf(audience.field, body),
          consentId: body.consent_id?.toLowerCase(),
          wantsReceipt: body.receipt ?? false,
        }),
      );
      return {
        share_token: token,
        share_id: share.share_id,
        session_kind: share.session_kind,
        for_application_id: share.for_application_id,
        audience: share.audience,
        purpose: share.purpose,
        scope: share.scope,
        consent_id: share.consent_id,
        expires_at: share.expires_at.toISOString(),
        ...(receipt === undefined ? {} : { receipt }),
      };
    },
  );
  api.get(
    '/v3/shares/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List shares',
        description: 'Newest first.',
        querystring: Type.Object({
          ...pagingQuery(),
          session_id: Type.Optional(Uuid('Of this session')),
          status: Type.Optional(Type.Enum([...shareStatuses])),
          audience: Type.Optional(
            Type.String({ maxLength: 200, description: 'The partner: id, slug or name of its application' }),
          ),
        }),
        response: { 200: Page(Share), 400: FieldErrorBody },
      },
    },
    async (request) => {
      const { session_id: sessionId, status } = request.query;
      const audience = await audienceFilter(context, request.query.audience);
      const page = pageOf(request.query);
      const filter = { sessionId, status, audience };
      const { count, rows } = await listShares(db, request.principal.applicationId, filter, page);
      return envelope(request, page, { count, results: rows.map(toShare) });
    },
  );
  api.get(
    '/v3/shares/:id/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'Retrieve a share',
        params: OfShare,
        response: { 200: Share, 404: DetailBody },
      },
    },
    async ({ params, principal }) => {
      const found = await findShare(db, principal.applicationId, params.id);
      return toShare(accepted(found ?? notFound));
    },
  );
  api.post(
    '/v3/shares/:id/revoke/',
    {
      schema: {
        tags,
        summary: 'Revoke a share',
        description:
          'Its token obtains nothing any more. What was imported before stays where it is; only the comparison that may still come of it does not.',
        params: OfShare,
        response: { 200: Share, 404: DetailBody },
      },
    },
    async ({ params, principal }) => {
      const revoked = await revokeShare(context, principal.applicationId, params.id);
      return toShare(accepted(revoked ?? notFound));
    },
  );
}

/** The setting of the style that was used, or else that of the other. */
function ttlOf(
  field: 'audience' | 'for_application_id',
  { expires_in: expiresIn, ttl_in_seconds: ttl }: Static<typeof ShareBody>,
): number {
  const given = field === 'audience' ? (expiresIn ?? ttl) : (ttl ?? expiresIn);
  return given ?? defaultSeconds[field];
}

function toShare(row: ListedShare): Static<typeof Share> {
  return {
    share_id: row.share_id,
    session_id: row.session_id,
    session_kind: row.session_kind,
    for_application_id: row.for_application_id,
    audience: row.audience,
    audience_name: row.audience_name,
    purpose: row.purpose,
    scope: row.scope,
    consent_id: row.consent_id,
    user_pid: row.user_pid,
    status: statusOf(row, new Date()),
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    revoked_at: row.revoked_at?.toISOString() ?? null,
    revoked_because: row.revoked_because,
    imported_at: row.imported_at?.toISOString() ?? null,
  };
}
