import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, FieldErrorBody, Nullable, Page, Uuid } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import { DetailError } from '@selfsame/http/server';
import Type from 'typebox';
import { withdrawConsent } from '../../consents/answers.ts';
import { askConsent, declareConsent } from '../../consents/asking.ts';
import type { Context } from '../../context.ts';
import { type ConsentRow, findConsent, findConsents } from '../../outbound/consent-store.ts';
import { AskBody, readAsked, readCallback, readCaptured, readLinkEnd } from './consent-body.ts';
import { Consent, toConsents } from './consent-view.ts';
import { accepted } from './refusals.ts';

const tags = ['Consents'];
const OfSession = Type.Object({ id: Uuid('Session id') });
const OfConsent = Type.Object({ id: Uuid('Consent id') });
const Refused = Type.Union([DetailBody, FieldErrorBody]);

const AskedConsent = Type.Object({
  ...Consent.properties,
  consent_url: Nullable(
    Type.String({ description: 'For the user; shown once. null where you have asked yourself' }),
  ),
});

/** Asking a user whether a session may be shared, and what they have answered. */
export function addConsentRoutes(api: HttpServer, context: Context): void {
  const { db } = context.database;
  const shown = async (row: ConsentRow) => {
    const [consent] = await toConsents(context, [row]);
    if (consent === undefined) throw new Error('a consent was not shown');
    return consent;
  };
  const find = async (applicationId: string, id: string) => {
    const row = await findConsent(db, applicationId, id.toLowerCase());
    if (row === undefined) throw new DetailError(404, 'Not found.');
    return row;
  };

  api.post(
    '/v3/session/:id/consents/',
    {
      schema: {
        tags,
        summary: 'Ask a user whether a session may be shared',
        description:
          'Makes a link to the hosted page, which tells the user in their language who gets what, for which purpose and until when. With captured you say that you have asked yourself: the consent is given at once, and the record says that this is your word.',
        params: OfSession,
        body: AskBody,
        response: { 201: AskedConsent, 400: Refused, 404: DetailBody },
      },
    },
    async (request, reply) => {
      const { body, principal, params } = request;
      const now = new Date();
      const captured = readCaptured(body, now);
      const asked = { sessionId: params.id.toLowerCase(), ...readAsked(body, captured?.at ?? now, now) };
      if (captured !== undefined) {
        const row = accepted(await declareConsent(context, principal, asked, captured));
        return await reply.code(201).send({ ...(await shown(row)), consent_url: null });
      }
      const link = { callback: readCallback(body), answerBy: readLinkEnd(body, now) };
      const made = accepted(await askConsent(context, principal, { ...asked, ...link }));
      const consentUrl = new URL(`/consent/${made.token}`, context.config.publicBaseUrl).href;
      return await reply.code(201).send({ ...(await shown(made.row)), consent_url: consentUrl });
    },
  );

  api.get(
    '/v3/session/:id/consents/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List the consents of a session',
        params: OfSession,
        querystring: Type.Object(pagingQuery()),
        response: { 200: Page(Consent) },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const { applicationId } = request.principal;
      const { count, consents } = await findConsents(
        db,
        applicationId,
        request.params.id.toLowerCase(),
        page,
      );
      return envelope(request, page, { count, results: await toConsents(context, consents) });
    },
  );

  api.get(
    '/v3/consents/:id/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'Read a consent',
        params: OfConsent,
        response: { 200: Consent, 404: DetailBody },
      },
    },
    async ({ principal, params }) => await shown(await find(principal.applicationId, params.id)),
  );

  api.post(
    '/v3/consents/:id/withdraw/',
    {
      schema: {
        tags,
        summary: 'Withdraw a consent',
        description:
          'For a user who has told you so; on the page they do it themselves. Open shares that rest on it end at once. Repeated, the answer is the same.',
        params: OfConsent,
        response: { 200: Consent, 400: DetailBody, 404: DetailBody },
      },
    },
    async ({ principal, params }) => {
      const row = await find(principal.applicationId, params.id);
      return await shown(await withdrawConsent(context, row, 'application'));
    },
  );
}
