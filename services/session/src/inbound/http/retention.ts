import { IsoTime, Nullable } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import { monthsOfDays } from '../../domain/retention.ts';
import { changeRetention, type RetentionView, readRetentionOf } from '../../retention.ts';
import { describedBody, granted } from './answers.ts';
import { refusals } from './schemas.ts';

const tags = ['data retention'];
const path = '/v3/data-retention/';

const Settings = {
  retention_days: Nullable(
    Type.Integer({
      minimum: 30,
      maximum: 3650,
      description: 'Sessions are deleted so long after their last change of status; null: never',
    }),
  ),
  data_retention_months: Nullable(
    Type.Integer({ minimum: 1, maximum: 120, description: 'The same in months of 30.4375 days, rounded' }),
  ),
  retain_images: Type.Boolean({
    description: 'Pictures of faces are kept, sealed, as long as their sessions',
  }),
};

const Retention = Type.Object({
  ...Settings,
  last_deletion: Nullable(
    Type.Object(
      {
        day: Type.String({ description: 'YYYY-MM-DD, UTC' }),
        hosted: Type.Integer(),
        api: Type.Integer(),
        imported: Type.Integer(),
        oldest: IsoTime('When the oldest of them was created'),
      },
      { description: 'The latest day on which sessions were too old; null: there was none' },
    ),
  ),
});

/** How long the data of an application stays. */
export function retentionRoutes(api: HttpServer, context: Context): void {
  api.get(
    path,
    {
      config: { audited: false },
      schema: { tags, summary: 'Read how long data stays', response: { 200: Retention, ...refusals } },
    },
    async (request) => retentionBody(await readRetentionOf(context, request.principal)),
  );

  const { body, ...readBody } = describedBody(Type.Partial(Type.Object(Settings)));
  api.patch(
    path,
    {
      ...readBody,
      schema: {
        tags,
        summary: 'Change how long data stays',
        description: 'Days or months; what is absent stays as it is. Shorter takes effect within the hour.',
        body,
        response: { 200: Retention, ...refusals },
      },
    },
    async (request) =>
      retentionBody(granted(await changeRetention(context, request.principal, request.body))),
  );
}

function retentionBody({ retention, lastRun }: RetentionView) {
  const { days, retainsImages } = retention;
  return {
    retention_days: days,
    data_retention_months: days === null ? null : monthsOfDays(days),
    retain_images: retainsImages,
    last_deletion: lastRun === null ? null : { ...lastRun, oldest: lastRun.oldest.toISOString() },
  };
}
