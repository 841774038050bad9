import { DetailBody, FieldErrorBody, Uuid } from '@selfsame/http/schemas';
import { DetailError, FieldError, type HttpServer } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import type { Context } from '../context.ts';
import {
  changeDestination,
  createDestination,
  type DestinationInput,
  maxDestinations,
  removeDestination,
} from '../destinations.ts';
import { webhookVersions } from '../domain/body.ts';
import { findOwned, listOwned } from '../owned-destinations.ts';
import {
  DestinationDetail,
  DestinationRow,
  terms,
  toDestinationDetail,
  toDestinationRow,
} from './destination-shapes.ts';
import { found, notFound } from './found.ts';

const base = '/v3/webhook/destinations/';
const One = Type.Object({ uuid: Uuid() });

const fields = {
  label: Type.String({ minLength: 1, maxLength: 255 }),
  url: Type.String({ description: 'HTTPS, a public host; unique in the application' }),
  enabled: Type.Boolean(),
  webhook_version: Type.Enum(webhookVersions),
  subscribed_events: Type.Array(Type.String(), { description: 'At least one; there is no wildcard' }),
};

const Change = Type.Partial(Type.Object({ ...fields, ...terms }));
const Creation = Type.Object({
  ...Change.properties,
  label: fields.label,
  url: fields.url,
  subscribed_events: fields.subscribed_events,
});

/** `/v3/webhook/destinations/`: where the application's webhooks go. */
export function addDestinationRoutes(api: HttpServer, context: Context): void {
  async function detail(applicationId: string, id: string) {
    return toDestinationDetail(context, found(await findOwned(context, applicationId, id)));
  }

  api.get(
    base,
    {
      config: { audited: false },
      schema: { summary: 'List webhook destinations', response: { 200: Type.Array(DestinationRow) } },
    },
    async (request) => (await listOwned(context, request.principal.applicationId)).map(toDestinationRow),
  );

  api.post(
    base,
    {
      schema: {
        summary: 'Create a webhook destination',
        description: `Its secret is made by the server. At most ${maxDestinations} in an application.`,
        body: Creation,
        response: { 201: DestinationDetail, 400: Type.Union([FieldErrorBody, DetailBody]) },
      },
    },
    async (request, reply) => {
      const result = await createDestination(context, request.principal, toInput(request.body));
      if (result.kind === 'refused') throw new FieldError({ [result.field]: [result.reason] });
      if (result.kind === 'full') {
        throw new DetailError(
          400,
          `An application can have at most ${maxDestinations} webhook destinations.`,
        );
      }
      return await reply.code(201).send(await detail(request.principal.applicationId, result.id));
    },
  );

  api.get(
    `${base}:uuid/`,
    {
      config: { audited: true },
      schema: {
        summary: 'Read a webhook destination and its secret',
        params: One,
        response: { 200: DestinationDetail },
      },
    },
    (request) => detail(request.principal.applicationId, request.params.uuid),
  );

  api.patch(
    `${base}:uuid/`,
    {
      schema: {
        summary: 'Change a webhook destination',
        description:
          'Switched on again, it gets what was kept for it while the system had it switched off. Switched off by its ' +
          'owner, it gets nothing, and retries that were to come are dropped.',
        params: One,
        body: Change,
        response: { 200: DestinationDetail, 400: FieldErrorBody },
      },
    },
    async (request) => {
      const { uuid } = request.params;
      const result = await changeDestination(context, request.principal, uuid, toInput(request.body));
      if (result.kind === 'unknown') throw notFound();
      if (result.kind === 'refused') throw new FieldError({ [result.field]: [result.reason] });
      return await detail(request.principal.applicationId, uuid);
    },
  );

  api.delete(
    `${base}:uuid/`,
    {
      schema: { summary: 'Delete a webhook destination', params: One, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      if (!(await removeDestination(context, request.principal, request.params.uuid))) throw notFound();
      return await reply.code(204).send(null);
    },
  );
}

function toInput(body: Static<typeof Change>): DestinationInput {
  const input: DestinationInput = {};
  if (body.label !== undefined) input.label = body.label;
  if (body.url !== undefined) input.url = body.url;
  if (body.enabled !== undefined) input.enabled = body.enabled;
  if (body.webhook_version !== undefined) input.version = body.webhook_version;
  if (body.subscribed_events !== undefined) input.subscribedEvents = body.subscribed_events;
  if (body.ordered !== undefined) input.ordered = body.ordered;
  if (body.retry_schedule !== undefined) input.retrySchedule = body.retry_schedule;
  if (body.rate_per_second !== undefined) input.ratePerSecond = body.rate_per_second;
  if (body.max_in_flight !== undefined) input.maxInFlight = body.max_in_flight;
  if (body.asymmetric_signature !== undefined) input.asymmetricSignature = body.asymmetric_signature;
  return input;
}
