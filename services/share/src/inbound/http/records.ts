import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { DetailBody, FieldErrorBody, IsoTime, Nullable, Page, Uuid } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import { DetailError, FieldError } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import { audienceFilter } from '../../audience.ts';
import type { Context } from '../../context.ts';
import { readPurpose } from '../../domain/purpose.ts';
import { recordKinds } from '../../domain/record.ts';
import { findConsentRecords } from '../../outbound/consent-record-store.ts';
import { findRecords, type RecordFilter, type StoredRecord } from '../../outbound/record-store.ts';
import { proveHead, proveRecord } from '../../records/proofs.ts';

const tags = ['Record of shares'];
const Hash = (description?: string) =>
  Type.String({ pattern: '^[0-9a-f]{64}$', ...(description === undefined ? {} : { description }) });

const Filter = Type.Object({
  user_pid: Type.Optional(Type.String({ maxLength: 64 })),
  audience: Type.Optional(
    Type.String({ maxLength: 200, description: 'The partner: id, slug or name of its application' }),
  ),
  purpose: Type.Optional(Type.String({ maxLength: 240 })),
  kind: Type.Optional(Type.Enum([...recordKinds])),
  share_id: Type.Optional(Uuid()),
  consent_id: Type.Optional(Uuid()),
  date_from: Type.Optional(IsoTime()),
  date_to: Type.Optional(IsoTime('Not included')),
  ...pagingQuery(),
});

const Entry = Type.Object({
  sequence: Type.Integer({ description: 'From 1 on, without gaps' }),
  at: Nullable(IsoTime()),
  kind: Nullable(Type.Enum([...recordKinds])),
  user_pid: Nullable(Type.String({ description: 'Pseudonym of the user; null where there is none' })),
  from_application_id: Nullable(Type.String({ description: 'Who shares' })),
  for_application_id: Nullable(Type.String({ description: 'Who obtains' })),
  audience: Nullable(Type.String({ description: 'The same, as the one that shares has called it' })),
  audience_name: Nullable(Type.String({ description: 'Its name at that time' })),
  purpose: Nullable(Type.String()),
  scope: Nullable(Type.String()),
  share_id: Nullable(Type.String({ description: 'Id of the token' })),
  consent_id: Nullable(Type.String()),
  expires_at: Nullable(IsoTime('Of the share, or of what was agreed to')),
  import_status: Nullable(Type.String()),
  note: Nullable(
    Type.String({ description: 'Evidence of a consent, who withdrew it, why something was refused' }),
  ),
  document_sha256: Nullable(Type.String({ description: 'Of consent_record, hex' })),
  consent_record: Nullable(Type.String({ description: 'Signed core of the consent or of its withdrawal' })),
  hash: Hash('Leaf of the tree. It stays when everything else is gone after years'),
});

const Head = Type.Object({
  tree_size: Type.Integer(),
  root_hash: Hash(),
  at: IsoTime(),
  head: Type.String({
    description: 'Signed, as JWS with ES256: keep it, and nobody can shorten or change the log unnoticed',
  }),
  consistency: Type.Optional(
    Type.Array(Hash(), { description: 'That this tree begins with the one of `since`' }),
  ),
});

const Proof = Type.Object({
  sequence: Type.Integer(),
  leaf_index: Type.Integer({ description: 'sequence - 1' }),
  leaf: Nullable(Type.String({ description: 'What was hashed; null when its years are over' })),
  leaf_hash: Hash('SHA-256 of a zero byte and the leaf'),
  tree_size: Type.Integer(),
  root_hash: Hash(),
  path: Type.Array(Hash(), { description: 'RFC 9162 section 2.1.3' }),
  head: Type.String({ description: 'The signed head of this tree' }),
});

/** The append-only record of consents, shares and imports. */
export function addRecordRoutes(api: HttpServer, context: Context): void {
  const { db } = context.database;

  api.get(
    '/v3/share/records/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'List the record of shares',
        description:
          'Newest first. Entries whose years are over keep their place and hash, and fit no filter.',
        querystring: Filter,
        response: { 200: Page(Entry), 400: FieldErrorBody },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const { applicationId } = request.principal;
      const { count, records } = await findRecords(db, applicationId, {
        ...readFilter(request.query),
        audience: await audienceFilter(context, request.query.audience),
        ...page,
      });
      return envelope(request, page, { count, results: await toEntries(context, applicationId, records) });
    },
  );

  api.get(
    '/v3/share/records/head/',
    {
      config: { audited: false },
      schema: {
        tags,
        summary: 'Read the signed head of the record',
        querystring: Type.Object({
          since: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: Number.MAX_SAFE_INTEGER,
              description: 'tree_size of a head that you kept',
            }),
          ),
        }),
        response: { 200: Head, 400: FieldErrorBody },
      },
    },
    async ({ principal, query }) => {
      const found = await proveHead(context, principal.applicationId, query.since);
      if (found === undefined) throw new FieldError({ since: ['The record has never been that long.'] });
      const { size, root, at, jws, consistency } = found;
      return {
        tree_size: size,
        root_hash: root.toString('hex'),
        at: at.toISOString(),
        head: jws,
        ...(consistency === undefined
          ? {}
          : { consistency: consistency.map((hash) => hash.toString('hex')) }),
      };
    },
  );

  api.get(
    '/v3/share/records/:sequence/proof/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'Prove that an entry is in the record',
        params: Type.Object({ sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: { 200: Proof, 404: DetailBody },
      },
    },
    async ({ principal, params }) => {
      const proof = await proveRecord(context, principal.applicationId, params.sequence);
      if (proof === undefined) throw new DetailError(404, 'Not found.');
      return {
        sequence: proof.sequence,
        leaf_index: proof.sequence - 1,
        leaf: proof.leaf,
        leaf_hash: proof.leafHash.toString('hex'),
        tree_size: proof.size,
        root_hash: proof.root.toString('hex'),
        path: proof.path.map((hash) => hash.toString('hex')),
        head: proof.head,
      };
    },
  );
}

function readFilter(query: Static<typeof Filter>): RecordFilter {
  const { purpose, date_from: from, date_to: to } = query;
  return {
    userPid: query.user_pid,
    kind: query.kind,
    shareId: query.share_id,
    consentId: query.consent_id,
    purpose: purpose === undefined ? undefined : (readPurpose(purpose) ?? purpose),
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}

async function toEntries(
  { database }: Context,
  applicationId: string,
  records: readonly StoredRecord[],
): Promise<Static<typeof Entry>[]> {
  const consentIds = records.flatMap(({ record }) => record?.consentId ?? []);
  const signed = await findConsentRecords(database.db, applicationId, consentIds);
  return records.map(({ sequence, hash, record }) => {
    const core = record?.consentId == null ? undefined : signed.get(record.consentId);
    return {
      sequence,
      at: record?.at.toISOString() ?? null,
      kind: record?.kind ?? null,
      user_pid: record?.userPid ?? null,
      from_application_id: record?.fromApplicationId ?? null,
      for_application_id: record?.audienceId ?? null,
      audience: record?.audience ?? null,
      audience_name: record?.audienceName ?? null,
      purpose: record?.purpose ?? null,
      scope: record?.scope ?? null,
      share_id: record?.shareId ?? null,
      consent_id: record?.consentId ?? null,
      expires_at: record?.expiresAt?.toISOString() ?? null,
      import_status: record?.importStatus ?? null,
      note: record?.note ?? null,
      document_sha256: record?.documentSha256?.toString('hex') ?? null,
      consent_record: coreFor(record?.kind, core),
      hash: hash.toString('hex'),
    };
  });
}

function coreFor(
  kind: string | undefined,
  core: { given: string | null; withdrawn: string | null } | undefined,
) {
  if (kind === 'consent_given') return core?.given ?? null;
  return kind === 'consent_withdrawn' ? (core?.withdrawn ?? null) : null;
}
