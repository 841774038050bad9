import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, IsoTime, Nullable, Page } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import Type, { type Static } from 'typebox';
import type { Context } from '../../context.ts';
import { forgetDevices, knownOf, spellKnownName } from '../../knowledge.ts';

type Known = Awaited<ReturnType<typeof knownOf>>['rows'][number];

const tags = ['Known devices'];
const path = '/v3/users/:vendor_data/devices/';
const vendorData = Type.String({
  minLength: 1,
  maxLength: 1_000,
  description: 'The user, as in vendor_data of sessions',
});
const OfUser = Type.Object({ vendor_data: vendorData });
const OneOfUser = Type.Object({
  vendor_data: vendorData,
  fingerprint: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'device_fingerprint or network_fingerprint',
  }),
});

const seen = (description: string) => Nullable(Type.String({ description }));

const KnownDevice = Type.Object({
  type: Type.Enum(['device', 'network']),
  device_fingerprint: seen('Name of the device within the application; null for a network'),
  network_fingerprint: seen('Name of the address (of IPv6: its network of 64 bits); null for a device'),
  source: Type.Enum(['browser', 'application'], {
    description:
      'browser: the selfie was taken there; application: named by metadata.device_id, and metadata.from_ip is where the selfie was taken',
  }),
  device_brand: seen('As last seen; null where it was not told'),
  device_model: seen('As last seen'),
  browser_family: seen('As last seen'),
  os_family: seen('As last seen'),
  platform: seen('mobile, tablet, desktop or other'),
  ip_country_code: seen('Country of the last visit, ISO 3166-1 alpha-2'),
  first_approved_at: IsoTime('When a selfie was first approved there'),
  last_approved_at: IsoTime('When a selfie was last approved there'),
  last_seen_at: IsoTime('When the user was last seen there, whatever came of it'),
  expires_at: IsoTime('When it is not known any more, unless a selfie is approved there before'),
});

/** The devices and networks that are known as a user's: reading them, and forgetting them. */
export function addDeviceRoutes(api: HttpServer, context: Context): void {
  api.get(
    path,
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List the known devices of a user',
        description:
          'Devices and networks on which a selfie of this user was approved, approved last first. They may let a workflow skip the selfie.',
        params: OfUser,
        querystring: Type.Object(pagingQuery()),
        response: { 200: Page(KnownDevice) },
      },
    },
    async (request) => {
      const { applicationId } = request.principal;
      const page = pageOf(request.query);
      const subject = { applicationId, vendorData: request.params.vendor_data };
      const { count, rows } = await knownOf(context, subject, page);
      return envelope(request, page, { count, results: rows.map(toKnownDevice) });
    },
  );
  api.delete(
    path,
    {
      schema: {
        tags,
        summary: 'Forget all known devices of a user',
        description: 'The user’s next session asks for a selfie, wherever it is opened.',
        params: OfUser,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await forget(request.principal.applicationId, request.params.vendor_data, '');
      return reply.code(204).send(null);
    },
  );
  api.delete(
    `${path}:fingerprint/`,
    {
      schema: {
        tags,
        summary: 'Forget a known device of a user',
        description: 'Or a network. The user’s next session there asks for a selfie.',
        params: OneOfUser,
        response: { 204: Type.Null(), 404: DetailBody },
      },
    },
    async (request, reply) => {
      const { vendor_data, fingerprint } = request.params;
      const forgotten = await forget(request.principal.applicationId, vendor_data, fingerprint);
      if (forgotten === 0) throw new Failure('not_found', 'not_found', 'Not found.');
      return reply.code(204).send(null);
    },
  );

  const forget = (applicationId: string, user: string, fingerprint: string) =>
    forgetDevices(context, { applicationId, vendorData: user, fingerprint, sessionId: '' });
}

function toKnownDevice(row: Known): Static<typeof KnownDevice> {
  const name = spellKnownName(row);
  return {
    type: row.type,
    device_fingerprint: row.type === 'device' ? name : null,
    network_fingerprint: row.type === 'network' ? name : null,
    source: row.source,
    device_brand: row.brand || null,
    device_model: row.model || null,
    browser_family: row.browser_family || null,
    os_family: row.os_family || null,
    platform: row.platform || null,
    ip_country_code: row.country,
    first_approved_at: row.first_approved_at.toISOString(),
    last_approved_at: row.last_approved_at.toISOString(),
    last_seen_at: (row.seen_at ?? row.last_approved_at).toISOString(),
    expires_at: row.expires_at.toISOString(),
  };
}
