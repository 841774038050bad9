import { FieldErrorBody, Nullable } from '@selfsame/http/schemas';
import { FieldError, type HttpServer } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import {
  type ApplicationEndpoint,
  changeApplicationEndpoint,
  readApplicationEndpoint,
} from '../application-endpoint.ts';
import type { Context } from '../context.ts';
import { webhookVersions } from '../domain/body.ts';
import { defaultOverlapSeconds } from '../rotation.ts';

const path = '/v3/webhook/';

const fields = {
  webhook_url: Nullable(Type.String()),
  webhook_version: Type.Enum(webhookVersions),
  capture_method: Type.Enum(['mobile', 'desktop', 'both']),
  data_retention_months: Nullable(Type.Integer({ minimum: 1, maximum: 120 })),
};

/** Beyond the /v3 contract. */
const body_retention_days = Nullable(
  Type.Integer({
    minimum: 1,
    maximum: 3_650,
    description:
      'What was sent and answered is erased after so many days; the stricter of the two retentions holds',
  }),
);

const Endpoint = Type.Object({ ...fields, secret_shared_key: Type.String(), body_retention_days });
const Change = Type.Partial(
  Type.Object({
    ...fields,
    body_retention_days,
    rotate_secret_key: Type.Boolean({
      description: `The old secret signs as well for another ${defaultOverlapSeconds / 3_600} hours`,
    }),
  }),
);

/** `/v3/webhook/`: the application's own endpoint, older than destinations. */
export function addEndpointRoutes(api: HttpServer, context: Context): void {
  api.get(
    path,
    {
      config: { audited: true },
      schema: { summary: 'Read the application’s own webhook endpoint', response: { 200: Endpoint } },
    },
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
      const { webhook_url, webhook_version, rotate_secret_key, ...settings } = request.body;
      const { capture_method, data_retention_months, body_retention_days } = settings;
      const result = await changeApplicationEndpoint(context, request.principal, {
        ...(webhook_url === undefined ? {} : { url: webhook_url }),
        ...(webhook_version === undefined ? {} : { version: webhook_version }),
        rotateSecret: rotate_secret_key ?? false,
        settings: {
          ...(capture_method === undefined ? {} : { captureMethod: capture_method }),
          ...(data_retention_months === undefined ? {} : { dataRetentionMonths: data_retention_months }),
          ...(body_retention_days === undefined ? {} : { bodyRetentionDays: body_retention_days }),
        },
      });
      if (result.kind === 'refused') throw new FieldError({ [result.field]: [result.reason] });
      return toBody(await readApplicationEndpoint(context, request.principal.applicationId));
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
    body_retention_days: settings.bodyRetentionDays,
  };
}
