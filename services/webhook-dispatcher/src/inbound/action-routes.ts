import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, FieldErrorBody, IsoTime, Page, Uuid } from '@selfsame/http/schemas';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { ByHand } from '../by-hand.ts';
import type { Context } from '../context.ts';
import { statusUpdated, webhookEvents } from '../domain/body.ts';
import { findOwned, readHistory } from '../owned-destinations.ts';
import { maxResent, resendFailed } from '../redrive.ts';
import { defaultOverlapSeconds, maxOverlapSeconds, rotateSecret } from '../rotation.ts';
import { sendTestEvent } from '../test-event.ts';
import { DeliveryDetail, toDeliveryDetail } from './delivery-shapes.ts';
import { DestinationDetail, toDestinationDetail } from './destination-shapes.ts';
import { found, notFound } from './found.ts';

const one = '/v3/webhook/destinations/:uuid/';
const One = Type.Object({ uuid: Uuid() });

/** What the owner of a destination can do with it, and what was done; beyond the /v3 contract. */
export function addActionRoutes(api: HttpServer, context: Context, byHand: ByHand): void {
  addRotation(api, context);
  addSending(api, context, byHand);
  addHistory(api, context);
}

function addRotation(api: HttpServer, context: Context): void {
  api.post(
    `${one}rotate-secret/`,
    {
      schema: {
        summary: 'Give a webhook destination a new secret',
        description:
          'Until the overlap has passed, deliveries are signed with both secrets: webhook-signature lists a signature of ' +
          'each, and X-Signature-Previous is that of the old one. A secret that was replaced before ends at once.',
        params: One,
        body: Type.Object({
          overlap_seconds: Type.Optional(
            Type.Integer({ minimum: 0, maximum: maxOverlapSeconds, default: defaultOverlapSeconds }),
          ),
        }),
        response: { 200: DestinationDetail, 400: FieldErrorBody },
      },
    },
    async (request) => {
      const { uuid } = request.params;
      const { overlap_seconds: overlapSeconds = defaultOverlapSeconds } = request.body;
      if (!(await rotateSecret(context, request.principal, uuid, overlapSeconds))) throw notFound();
      const { applicationId } = request.principal;
      return toDestinationDetail(context, found(await findOwned(context, applicationId, uuid)));
    },
  );
}

function addSending(api: HttpServer, context: Context, byHand: ByHand): void {
  api.post(
    `${one}test/`,
    {
      schema: {
        summary: 'Send a test event to a webhook destination',
        description:
          'Waits for the receiver and answers 200 with the attempt whatever it said, also where the destination is ' +
          'disabled or not subscribed. The body’s metadata.test_webhook is true.',
        params: One,
        body: Type.Object({ webhook_type: Type.Optional(Type.Enum(webhookEvents)) }),
        response: { 200: DeliveryDetail, 400: FieldErrorBody, 429: DetailBody },
      },
    },
    async (request) => {
      const test = {
        destinationId: request.params.uuid,
        webhookType: request.body.webhook_type ?? statusUpdated,
      };
      const entry = await sendTestEvent(context, byHand, request.principal, test);
      return toDeliveryDetail(context, found(entry));
    },
  );

  api.post(
    `${one}resend-failed/`,
    {
      schema: {
        summary: 'Send all failed deliveries to a destination again',
        description:
          'Deliveries of events since then whose retries have run out go out again, the oldest first, with the same ' +
          `event_id and the whole schedule before them; at most ${maxResent} in one call. An ordered destination gets ` +
          'them behind what it got meanwhile.',
        params: One,
        body: Type.Object({ since: IsoTime() }),
        response: {
          200: Type.Object({ resent: Type.Integer() }),
          400: Type.Union([FieldErrorBody, DetailBody]),
        },
      },
    },
    async (request) => {
      const since = new Date(request.body.since);
      const result = await resendFailed(context, request.principal, request.params.uuid, since);
      if (result.kind === 'unknown') throw notFound();
      if (result.kind === 'disabled') {
        throw new DetailError(400, 'The destination is disabled. Enable it first.');
      }
      return { resent: result.count };
    },
  );
}

const HistoryRow = Type.Object({
  event: Type.String({ description: 'created, changed, secret_rotated, disabled, enabled or deleted' }),
  actor: Type.String({ description: 'Id of the API key, or `system`' }),
  detail: Type.Record(Type.String(), Type.Unknown()),
  created_at: IsoTime(),
});

function addHistory(api: HttpServer, context: Context): void {
  api.get(
    `${one}history/`,
    {
      config: { audited: false },
      schema: {
        summary: 'List what happened to a webhook destination',
        params: One,
        querystring: Type.Object(pagingQuery(50)),
        response: { 200: Page(HistoryRow) },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const { applicationId } = request.principal;
      const history = found(await readHistory(context, applicationId, request.params.uuid, page));
      const results = history.entries.map(({ event, actor, detail, at }) => ({
        event,
        actor,
        detail,
        created_at: at.toISOString(),
      }));
      return envelope(request, page, { ...history, results });
    },
  );
}
