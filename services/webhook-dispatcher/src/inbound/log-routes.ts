import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, Page, Uuid } from '@selfsame/http/schemas';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { ByHand } from '../by-hand.ts';
import type { Context } from '../context.ts';
import { readLogEntry, readLogPage, readSessionLog, resend } from '../delivery-log.ts';
import { webhookEvents } from '../domain/body.ts';
import type { AttemptFilter, LogEntry } from '../outbound/log-store.ts';
import { DeliveryDetail, DeliveryRow, toDeliveryDetail, toDeliveryRow } from './delivery-shapes.ts';
import { found, notFound } from './found.ts';

const session = '/v3/session/:session_id';
const deliveries = '/v3/webhook/destinations/:uuid/deliveries/';

const OfSession = Type.Object({ session_id: Uuid() });
const OneOfSession = Type.Object({ session_id: Uuid(), webhook_uuid: Uuid() });
const OfDestination = Type.Object({ uuid: Uuid() });
const OneOfDestination = Type.Object({ uuid: Uuid(), delivery_uuid: Uuid() });

const Filter = Type.Object({
  ...pagingQuery(50),
  date_from: Type.Optional(Type.String({ format: 'date', description: 'UTC day, inclusive' })),
  date_to: Type.Optional(Type.String({ format: 'date', description: 'UTC day, inclusive' })),
  result: Type.Optional(Type.Enum(['succeeded', 'failed'], { description: 'Succeeded: answered 2xx' })),
  webhook_type: Type.Optional(Type.Enum(webhookEvents)),
  session_id: Type.Optional(Uuid()),
});

/** The delivery log: every attempt, with what was sent, and resending. */
export function addLogRoutes(api: HttpServer, context: Context, byHand: ByHand): void {
  addSessionLogRoutes(api, context, byHand);
  addDestinationLogRoutes(api, context, byHand);
}

/** By session. Reading or resending one attempt has no trailing slash. */
function addSessionLogRoutes(api: HttpServer, context: Context, byHand: ByHand): void {
  api.get(
    `${session}/webhooks/`,
    {
      config: { audited: true },
      schema: {
        summary: 'List the webhook deliveries of a session',
        params: OfSession,
        response: { 200: Type.Array(DeliveryDetail) },
      },
    },
    async (request) => {
      const { applicationId } = request.principal;
      const log = await readSessionLog(context, applicationId, request.params.session_id);
      return found(log).map((attempt) => toDeliveryDetail(context, attempt));
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
    { config: { audited: true }, schema: { summary: 'Read a webhook delivery of a session', ...schema } },
    async (request) => toDeliveryDetail(context, found(await readLogEntry(context, filterOf(request)))),
  );
  api.post(
    `${session}/webhook/:webhook_uuid/resend`,
    { schema: { summary: 'Send a webhook of a session again', ...schema } },
    async (request) => toDeliveryDetail(context, await resendNow(context, byHand, filterOf(request))),
  );
}

/** By destination. */
function addDestinationLogRoutes(api: HttpServer, context: Context, byHand: ByHand): void {
  api.get(
    deliveries,
    {
      config: { audited: true },
      schema: {
        summary: 'List the deliveries to a destination',
        params: OfDestination,
        querystring: Filter,
        response: { 200: Page(DeliveryRow) },
      },
    },
    async (request) => {
      const { applicationId } = request.principal;
      const { uuid } = request.params;
      const { date_from, date_to, result, webhook_type, session_id } = request.query;
      const filter = {
        applicationId,
        destinationId: uuid,
        sessionId: session_id,
        webhookType: webhook_type,
        isTaken: result && result === 'succeeded',
        from: startOf(date_from),
        before: endOf(date_to),
      };
      const page = pageOf(request.query);
      const log = found(await readLogPage(context, filter, page));
      const results = log.attempts.map((attempt) => toDeliveryRow(context, attempt));
      return envelope(request, page, { ...log, results });
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
    { config: { audited: true }, schema: { summary: 'Read a delivery to a destination', ...schema } },
    async (request) => toDeliveryDetail(context, found(await readLogEntry(context, filterOf(request)))),
  );
  api.post(
    `${deliveries}:delivery_uuid/resend/`,
    { schema: { summary: 'Send a delivery to a destination again', ...schema } },
    async (request) => toDeliveryDetail(context, await resendNow(context, byHand, filterOf(request))),
  );
}

async function resendNow(
  context: Context,
  byHand: ByHand,
  filter: AttemptFilter & { id: string },
): Promise<LogEntry> {
  const result = await resend(context, byHand, filter);
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

function startOf(day: string | undefined): Date | undefined {
  return day === undefined ? undefined : new Date(`${day}T00:00:00Z`);
}

function endOf(day: string | undefined): Date | undefined {
  const start = startOf(day);
  return start && new Date(start.getTime() + 86_400_000);
}
