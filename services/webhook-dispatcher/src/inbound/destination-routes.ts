import { FieldErrorBody, Uuid } from '@selfsame/http/schemas';
import { FieldError, type HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import Type, { type Static } from 'typebox';
import type { Context } from '../context.ts';
import {
  changeDestination,
  createDestination,
  type DestinationInput,
  findOwned,
  listOwned,
  removeDestination,
  secretOf,
} from '../destinations.ts';
import { webhookVersions } from '../domain/body.ts';
import { DestinationDetail, DestinationRow, toDestinationDetail, toDestinationRow } from './shapes.ts';

const base = '/v3/webhook/destinations/';
const One = Type.Object({ uuid: Uuid() });

const fields = {
  label: Type.String({ minLength: 1, maxLength: 255 }),
  url: Type.String({ description: 'HTTPS, a public host; unique in the application' }),
  enabled: Type.Boolean(),
  webhook_version: Type.Enum(webhookVersions),
  subscribed_events: Type.Array(Type.String(), { description: 'At least one; there is no wildcard' }),
};

const Creation = Type.Object({
  ...fields,
  enabled: Type.Boolean({ default: true }),
  webhook_version: Type.Enum(webhookVersions, { default: 'v3' }),
});
const Change = Type.Partial(Type.Object(fields));

/** `/v3/webhook/destinations/`: where the application's webhooks go. */
export function addDestinationRoutes(api: HttpServer, context: Context): void {
  async function detail(applicationId: string, id: string) {
    const owned = await findOwned(context, applicationId, id);
    if (owned === undefined) throw notFound();
    return toDestinationDetail(owned, secretOf(context, owned.destination));
  }

  api.get(
    base,
    { schema: { summary: 'List webhook destinations', response: { 200: Type.Array(DestinationRow) } } },
    async (request) => (await listOwned(context, request.principal.applicationId)).map(toDestinationRow),
  );

  api.post(
    base,
    {
      schema: {
        summary: 'Create a webhook destination',
        body: Creation,
        response: { 201: DestinationDetail, 400: FieldErrorBody },
      },
    },
    async (request, reply) => {
      const { applicationId } = request.principal;
      const { label, url, enabled, webhook_version: version, subscribed_events } = request.body;
      const input = { label, url, enabled, version, subscribedEvents: subscribed_events };
      const result = await createDestination(context, applicationId, input);
      if (result.kind === 'refused') throw new FieldError({ [result.field]: [result.reason] });
      return await reply.code(201).send(await detail(applicationId, result.id));
    },
  );

  api.get(
    `${base}:uuid/`,
    {
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
        params: One,
        body: Change,
        response: { 200: DestinationDetail, 400: FieldErrorBody },
      },
    },
    async (request) => {
      const { applicationId } = request.principal;
      const { uuid } = request.params;
      const result = await changeDestination(context, applicationId, uuid, toInput(request.body));
      if (result.kind === 'unknown') throw notFound();
      if (result.kind === 'refused') throw new FieldError({ [result.field]: [result.reason] });
      return await detail(applicationId, uuid);
    },
  );

  api.delete(
    `${base}:uuid/`,
    {
      schema: { summary: 'Delete a webhook destination', params: One, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const found = await removeDestination(context, request.principal.applicationId, request.params.uuid);
      if (!found) throw notFound();
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
  return input;
}

function notFound(): Failure {
  return new Failure('not_found', 'destination_not_found', 'Not found.');
}
