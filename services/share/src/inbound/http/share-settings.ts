import { FieldErrorBody } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import { changeShareSettings, shareSettings } from '../../shares/settings.ts';
import { closed } from './share-body.ts';

const tags = ['Share settings'];
const path = '/v3/share/settings/';

const Settings = Type.Object({
  requires_consent: Type.Boolean({
    description: 'Nothing is shared unless the user has agreed to it; true by default',
  }),
});

const KeySet = Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) });

/** How an application shares, and what everybody checks signatures with. */
export function addShareSettingRoutes(api: HttpServer, context: Context): void {
  const { database } = context;
  api.get(
    path,
    {
      config: { audited: false },
      schema: { tags, summary: 'Retrieve the share settings', response: { 200: Settings } },
    },
    async ({ principal }) => {
      const { requiresConsent } = await shareSettings(database.db, principal.applicationId);
      return { requires_consent: requiresConsent };
    },
  );
  api.patch(
    path,
    {
      schema: {
        tags,
        summary: 'Change the share settings',
        body: Type.Partial(Settings, closed),
        response: { 200: Settings, 400: FieldErrorBody },
      },
    },
    async ({ body, principal }) => {
      const { requires_consent: requiresConsent } = body;
      const change = requiresConsent === undefined ? {} : { requiresConsent };
      const changed = await changeShareSettings(context, principal.applicationId, change);
      return { requires_consent: changed.requiresConsent };
    },
  );
  api.get(
    '/v3/share/jwks.json',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Keys that signatures are checked with',
        description:
          'Of receipts, consents and heads of the record: the current key, and former ones for as long as what they have signed is kept. RFC 7517.',
        security: [],
        response: { 200: KeySet },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300');
      return await context.signing.jwks();
    },
  );
}
