import { DetailBody, Page, Uuid } from '@selfsame/http/schemas';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Context } from '../context.ts';
import { readLogEntry, readLogPage, readSessionLog, resend } from '../delivery-log.ts';
import { findOwned } from '../destinations.ts';
import type { LoggedAttempt } from '../domain/delivery.ts';
import type { AttemptFilter } from '../outbound/log-store.ts';
import { DeliveryDetail, DeliveryRow, toDeliveryDetail, toDeliveryRow } from './shapes.ts';

const session = '/v3/session/:session_id';
const deliveries = '/v3/webhook/destinations/:uuid/deliveries/';

const OfSession = Type.Object({ session_id: Uuid() });
const OneOfSession = Type.Object({ session_id: Uuid(), webhook_uuid: Uuid() });
const OfDestination = Type.Object({ uuid: Uuid() });
const OneOfDestination = Type.Object({ uuid: Uuid(), delivery_uuid: Uuid() });

const maxPage = 100;
const Paging = Type.Object({
  limit: Type.Integer({ minimum: 1, default: 50, description: `At most ${maxPage} are given` }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
  date_from: Type.Optional(Type.String({ format: 'date', description: 'UTC day, inclusive' })),
  date_to: Type.Optional(Type.String({ format: 'date', description: 'UTC day, inclusive' })),
});

/** The delivery log: every attempt, with what was sent, and resending. */
export function addLogRoutes(api: HttpServer, context: Context): void {
  addSessionLogRoutes(api, context);
  addDestinationLogRoutes(api, context);
}

/** By session. Reading or resending one attempt has no trailing slash. */
function addSessionLogRoutes(api: HttpServer, context: Context): void {
  api.get(
    `${session}/webhooks/`,
    {
      schema: {
        summary: 'List the webhook deliveries of a session',
        params: OfSession,
        response: { 200: Type.Array(DeliveryDetail) },
      },
    },
    async (request) => {
      const { applicationId } = request.principal;
      const log = await readSessionLog(context, applicationId, request.params.session_id);
      return found(log).map(toDeliveryDetail);
    },
  );

  const schema = { params: OneOfSession, response: { 200: DeliveryDetail, 400: DetailBody } };
  const filterOf = (
    request: FastifyRequest<{ Params: { session_id: string; webhook_uuid: string } }>,
  ): AttemptFilter & { id: string } => ({
    applicationId: request.principal.applicationId,
    sessionId: request.params.session_id,
    id: request.params.webhook_uuid,
  });
  api.get(
    `${session}/webhook/:webhook_uuid`,
    { schema: { summary: 'Read a webhook delivery of a session', ...schema } },
    async (request) => toDeliveryDetail(found(await readLogEntry(context, filterOf(request)))),
  );
  api.post(
    `${session}/webhook/:webhook_uuid/resend`,
    { schema: { summary: 'Send a webhook of a session again', ...schema } },
    async (request) => toDeliveryDetail(await resendNow(context, filterOf(request))),
  );
}

/** By destination. */
function addDestinationLogRoutes(api: HttpServer, context: Context): void {
  api.get(
    deliveries,
    {
      schema: {
        summary: 'List the deliveries to a destination',
        params: OfDestination,
        querystring: Paging,
        response: { 200: Page(DeliveryRow) },
      },
    },
    async (request) => {
      const { applicationId } = request.principal;
      const { uuid } = request.params;
      const { offset, date_from, date_to } = request.query;
      const limit = Math.min(request.query.limit, maxPage);
      found(await findOwned(context, applicationId, uuid));
      const filter = { applicationId, destinationId: uuid, from: startOf(date_from), before: endOf(date_to) };
      const page = await readLogPage(context, filter, { limit, offset });
      return {
        count: page.count,
        next: page.hasMore ? pageUrl(request, limit, offset + limit) : null,
        previous: offset > 0 ? pageUrl(request, limit, Math.max(0, offset - limit)) : null,
        results: page.attempts.map(toDeliveryRow),
      };
    },
  );

  const schema = { params: OneOfDestination, response: { 200: DeliveryDetail, 400: DetailBody } };
  const filterOf = (
    request: FastifyRequest<{ Params: { uuid: string; delivery_uuid: string } }>,
  ): AttemptFilter & { id: string } => ({
    applicationId: request.principal.applicationId,
    destinationId: request.params.uuid,
    id: request.params.delivery_uuid,
  });
  api.get(
    `${deliveries}:delivery_uuid/`,
    { schema: { summary: 'Read a delivery to a destination', ...schema } },
    async (request) => toDeliveryDetail(found(await readLogEntry(context, filterOf(request)))),
  );
  api.post(
    `${deliveries}:delivery_uuid/resend/`,
    { schema: { summary: 'Send a delivery to a destination again', ...schema } },
    async (request) => toDeliveryDetail(await resendNow(context, filterOf(request))),
  );
}

async function resendNow(context: Context, filter: AttemptFilter & { id: string }): Promise<LoggedAttempt> {
  const result = await resend(context, filter);
  switch (result.kind) {
    case 'made':
      return result.entry;
    case 'unknown':
      throw notFound();
    case 'impossible':
      throw new DetailError(400, result.reason);
    default:
      return result satisfies never;
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw notFound();
  return value;
}

function notFound(): Failure {
  return new Failure('not_found', 'delivery_not_found', 'Not found.');
}

function startOf(day: string | undefined): Date | undefined {
  return day === undefined ? undefined : new Date(`${day}T00:00:00Z`);
}

function endOf(day: string | undefined): Date | undefined {
  const start = startOf(day);
  return start && new Date(start.getTime() + 86_400_000);
}

/** The same list at another offset, as a whole URL. */
function pageUrl(request: FastifyRequest, limit: number, offset: number): string {
  const url = new URL(request.url, `${request.protocol}://${request.host}`);
  url.searchParams.set('limit', String(limit));
  url.searchParams.set('offset', String(offset));
  return url.href;
}
