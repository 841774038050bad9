import { isIP } from 'node:net';
import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { IsoTime, Nullable, Page } from '@selfsame/http/schemas';
import { FieldError, type HttpServer } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import type { Context } from '../../context.ts';
import { type AuditRow, listCalls } from '../../outbound/audit-store.ts';
import { refusals } from './schemas.ts';

const AuditLog = Type.Object({
  id: Type.String(),
  timestamp: IsoTime('When it was answered'),
  user: Type.String({ description: 'Id of the API key, or the login of an operator' }),
  user_type: Type.Enum(['API_KEY', 'OPERATOR']),
  method: Type.String({ description: 'HTTP method; RUN of a command' }),
  path: Type.String({ description: 'The route, or the command, with ids in it; never names of people' }),
  status: Nullable(Type.Integer({ description: 'HTTP status; null of a command' })),
  ip: Nullable(Type.String()),
  application: Type.String({ description: 'Application id' }),
  service: Type.String({ description: 'Which part of the platform has answered' }),
  request_id: Type.String({ description: 'x-request-id of the answer' }),
});

const filters = {
  date_from: Type.Optional(Type.String({ format: 'date', description: 'YYYY-MM-DD, UTC' })),
  date_to: Type.Optional(Type.String({ format: 'date', description: 'YYYY-MM-DD, UTC, that day included' })),
  method: Type.Optional(Type.String({ maxLength: 10 })),
  path: Type.Optional(Type.String({ maxLength: 200, description: 'A part of the path' })),
  status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
  ip: Type.Optional(
    Type.String({ maxLength: 50, description: 'An address, or a range such as 203.0.113.0/24' }),
  ),
  user: Type.Optional(Type.String({ maxLength: 100 })),
  service: Type.Optional(Type.String({ maxLength: 50 })),
};

const dayMs = 24 * 60 * 60 * 1000;

/** Who has changed something through the API, and who has read something about a person. */
export function auditLogRoutes(api: HttpServer, context: Context): void {
  api.get(
    '/v3/audit-logs/',
    {
      config: { audited: true },
      schema: {
        tags: ['audit log'],
        summary: 'List the calls that changed something or read something personal, newest first',
        description:
          'Kept for 365 days. A call is in it before it is answered; those of other services follow within moments.',
        querystring: Type.Object({ ...filters, ...pagingQuery(50) }),
        response: { 200: Page(AuditLog), ...refusals },
      },
    },
    async (request) => {
      const { date_from, date_to, ip, ...query } = request.query;
      const page = pageOf(query);
      const found = await listCalls(
        context.database.db,
        request.principal.applicationId,
        {
          from: day(date_from),
          before: date_to === undefined ? undefined : new Date((day(date_to)?.getTime() ?? 0) + dayMs),
          method: query.method?.toUpperCase(),
          path: query.path,
          status: query.status,
          ipAddress: ip === undefined ? undefined : addresses(ip),
          actor: query.user,
          service: query.service,
        },
        page,
      );
      return envelope(request, page, { count: found.count, results: found.rows.map(shown) });
    },
  );
}

const day = (text: string | undefined) => (text === undefined ? undefined : new Date(`${text}T00:00:00Z`));

/** What Postgres reads as an address or a range. @throws FieldError */
function addresses(text: string): string {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  const isRange =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  if (version !== 0 && isRange && more.length === 0) return text;
  throw new FieldError({ ip: ['Enter an IP address, or a range such as 203.0.113.0/24.'] });
}

function shown(row: AuditRow): Static<typeof AuditLog> {
  return {
    id: row.id,
    timestamp: row.occurred_at.toISOString(),
    user: row.actor,
    user_type: row.actor_type,
    method: row.method,
    path: row.path,
    status: row.status,
    ip: row.ip_address,
    application: row.application_id,
    service: row.service,
    request_id: row.request_id,
  };
}
