import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { Nullable, Page, Uuid } from '@selfsame/http/schemas';
import { FieldError, type HttpServer } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import type { Context } from '../../context.ts';
import { decodePicture } from '../../domain/lists/picture.ts';
import type { Added } from '../../lists/additions.ts';
import { addEntry, type EntryInput, findEntryOf, removeEntry, searchEntries } from '../../lists/entries.ts';
import { uploadFace } from '../../lists/faces.ts';
import { textLimits } from '../../lists/import.ts';
import type { ListRefusal } from '../../lists/refusal.ts';
import { EntryBody, granted, notFound, OneEntry, OneList, Refused, toEntryBody } from './list-shapes.ts';

const base = '/v3/lists/:uuid/entries/';

/** A picture of 5 MB in base64, and the words around it. */
const uploadBytesMax = 7 * 1024 * 1024;
/** Of metadata, as JSON text. */
const metadataCharactersMax = 4_096;

const words = {
  display_label: Type.Optional(Nullable(Type.String({ maxLength: textLimits.displayLabel }))),
  comment: Type.Optional(Nullable(Type.String({ maxLength: textLimits.comment }))),
};

const Entry = Type.Object({
  value: Type.Optional(
    Nullable(Type.String({ description: 'What the list’s entry type says; not given for faces' })),
  ),
  reference_session_id: Type.Optional(
    Nullable(Uuid('The session that gave reason for it; on lists of faces, the session whose face it is')),
  ),
  reference_object_uuid: Type.Optional(Nullable(Uuid('Whatever it is about, for the application'))),
  metadata: Type.Optional(Nullable(Type.Record(Type.String(), Type.Unknown()))),
  ...words,
});

/** 201 for an entry that was made now, 200 for one that was there. */
const added = { 200: EntryBody, 201: EntryBody, 400: Refused };

/** `/v3/lists/{uuid}/entries/`: who and what is on a list. */
export function addListEntryRoutes(api: HttpServer, context: Context): void {
  api.get(
    base,
    {
      config: { audited: true },
      schema: {
        summary: 'List the entries of a list, newest first',
        params: OneList,
        querystring: Type.Object({
          value: Type.Optional(Type.String({ description: 'The entry of this very value' })),
          ...pagingQuery(),
        }),
        response: { 200: Page(EntryBody), 400: Refused },
      },
    },
    async (request) => {
      const page = pageOf(request.query);
      const search = { value: request.query.value, ...page };
      const { applicationId } = request.principal;
      const found = granted(await searchEntries(context, applicationId, request.params.uuid, search));
      return envelope(request, page, { count: found.count, results: found.entries.map(toEntryBody) });
    },
  );

  api.post(
    base,
    {
      schema: {
        summary: 'Add an entry to a list',
        description: 'A value that is on the list already stays as it is, and is answered with 200.',
        params: OneList,
        body: Entry,
        response: added,
      },
    },
    async (request, reply) => {
      const { applicationId } = request.principal;
      const result = await addEntry(context, applicationId, request.params.uuid, toInput(request.body));
      const { status, body } = answerOf(result);
      return await reply.code(status).send(body);
    },
  );

  api.post(
    `${base}face-upload/`,
    {
      bodyLimit: uploadBytesMax,
      schema: {
        summary: 'Add the face in a picture to a list of faces',
        description: 'JPEG, PNG, WebP or TIFF of at most 5 MB in base64. Nothing of the picture is kept.',
        params: OneList,
        body: Type.Object({ image: Type.String(), ...words }),
        response: added,
      },
    },
    async (request, reply) => {
      const { image, comment = null, display_label: displayLabel = null } = request.body;
      const picture = decodePicture(image);
      if ('mistake' in picture) throw new FieldError({ image: [picture.mistake] });
      const { applicationId } = request.principal;
      const upload = { image: picture.image, comment, displayLabel };
      const { status, body } = answerOf(
        await uploadFace(context, applicationId, request.params.uuid, upload),
      );
      return await reply.code(status).send(body);
    },
  );

  api.get(
    `${base}:entry/`,
    {
      config: { audited: true },
      schema: { summary: 'Read an entry', params: OneEntry, response: { 200: EntryBody } },
    },
    async (request) => {
      const { uuid, entry } = request.params;
      return toEntryBody(granted(await findEntryOf(context, request.principal.applicationId, uuid, entry)));
    },
  );

  api.delete(
    `${base}:entry/`,
    { schema: { summary: 'Take an entry off a list', params: OneEntry, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { uuid, entry } = request.params;
      if (!(await removeEntry(context, request.principal.applicationId, uuid, entry))) throw notFound();
      return await reply.code(204).send(null);
    },
  );
}

function answerOf(result: Added | ListRefusal) {
  const { entry, isNew } = granted(result);
  return { status: isNew ? (201 as const) : (200 as const), body: toEntryBody(entry) };
}

function toInput(body: Static<typeof Entry>): EntryInput {
  const metadata = body.metadata ?? null;
  if (metadata !== null && JSON.stringify(metadata).length > metadataCharactersMax) {
    throw new FieldError({
      metadata: [`Ensure this field has no more than ${metadataCharactersMax} characters.`],
    });
  }
  return {
    value: body.value ?? '',
    displayLabel: body.display_label ?? null,
    comment: body.comment ?? null,
    metadata,
    referenceSessionId: body.reference_session_id?.toLowerCase() ?? null,
    referenceObjectUuid: body.reference_object_uuid ?? null,
  };
}
