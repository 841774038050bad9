import { FieldErrorBody, Nullable } from '@selfsame/http/schemas';
import { FieldError, type HttpServer } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import type { Context } from '../context.ts';
import {
  type ApplicationEndpoint,
  changeApplicationEndpoint,
  readApplicationEndpoint,
} from '../destinations.ts';
import { webhookVersions } from '../domain/body.ts';

const path = '/v3/webhook/';

const fields = {
  webhook_url: Nullable(Type.String()),
  webhook_version: Type.Enum(webhookVersions),
  capture_method: Type.Enum(['mobile', 'desktop', 'both']),
  data_retention_months: Nullable(Type.Integer({ minimum: 1, maximum: 120 })),
};

const Endpoint = Type.Object({ ...fields, secret_shared_key: Type.String() });
const Change = Type.Partial(
  Type.Object({ ...fields, rotate_secret_key: Type.Boolean({ description: 'The old secret ends at once' }) }),
);

/** `/v3/webhook/`: the application's own endpoint, older than destinations. */
export function addEndpointRoutes(api: HttpServer, context: Context): void {
  api.get(
    path,
    { schema: { summary: 'Read the application’s own webhook endpoint', response: { 200: Endpoint } } },
    async (request) => toBody(await readApplicationEndpoint(context, request.principal.applicationId)),
  );

  api.patch(
    path,
    {
      schema: {
        summary: 'Change the application’s own webhook endpoint',
        body: Change,
        response: { 200: Endpoint, 400: FieldErrorBody },
      },
    },
    async (request) => {
      const { applicationId } = request.principal;
      const { webhook_url, webhook_version, rotate_secret_key, capture_method, data_retention_months } =
        request.body;
      const result = await changeApplicationEndpoint(context, applicationId, {
        ...(webhook_url === undefined ? {} : { url: webhook_url }),
        ...(webhook_version === undefined ? {} : { version: webhook_version }),
        rotateSecret: rotate_secret_key ?? false,
        settings: {
          ...(capture_method === undefined ? {} : { captureMethod: capture_method }),
          ...(data_retention_months === undefined ? {} : { dataRetentionMonths: data_retention_months }),
        },
      });
      if (result.kind === 'refused') throw new FieldError({ [result.field]: [result.reason] });
      return toBody(await readApplicationEndpoint(context, applicationId));
    },
  );
}

function toBody({ url, version, secret, settings }: ApplicationEndpoint): Static<typeof Endpoint> {
  return {
    webhook_url: url,
    webhook_version: version,
    secret_shared_key: secret,
    capture_method: settings.captureMethod,
    data_retention_months: settings.dataRetentionMonths,
  };
}
