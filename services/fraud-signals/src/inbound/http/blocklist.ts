import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { Page, Uuid } from '@selfsame/http/schemas';
import { FieldError, type HttpServer } from '@selfsame/http/server';
import Type, { type Static, type TSchema } from 'typebox';
import type { Context } from '../../context.ts';
import type { ListEntry } from '../../domain/lists/types.ts';
import {
  type Blockable,
  blockable,
  blockSession,
  findBlocked,
  unblockSession,
} from '../../lists/blocklist.ts';
import { ActiveEntryType, EntryBody, granted, Refused, toEntryBody } from './list-shapes.ts';

const base = '/v3/blocklist/';

const BlockedBody = Type.Object({ item_type: ActiveEntryType, ...EntryBody.properties });

const session = { session_id: Uuid() };
const flag = Type.Optional(Type.Boolean());
const document = Type.Optional(Type.Boolean({ description: 'Documents are not checked: true is refused' }));

const Blocking = Type.Object({
  ...session,
  blocklist_face: flag,
  blocklist_email: flag,
  blocklist_phone: flag,
  blocklist_document: document,
});
const Unblocking = Type.Object({
  ...session,
  unblock_face: flag,
  unblock_email: flag,
  unblock_phone: flag,
  unblock_document: document,
});

/** `/v3/blocklist/`: the older way to the blocklists, by naming a session. */
export function addBlocklistRoutes(api: HttpServer, context: Context): void {
  api.get(
    base,
    {
      config: { audited: true },
      schema: {
        summary: 'List what is on the blocklists, newest first',
        querystring: Type.Object({
          item_type: Type.Optional(ActiveEntryType),
          session_id: Type.Optional(Uuid()),
          ...pagingQuery(),
        }),
        response: { 200: Page(BlockedBody), 400: Refused },
      },
    },
    async (request) => {
      const { item_type: itemType, session_id: sessionId } = request.query;
      const page = pageOf(request.query);
      const wanted = { itemType, sessionId, ...page };
      const { count, entries } = await findBlocked(context, request.principal.applicationId, wanted);
      return envelope(request, page, { count, results: entries.map(toBlockedBody) });
    },
  );

  api.post(
    `${base}add/`,
    {
      schema: {
        summary: 'Block the face, the e-mail address or the phone number of a session',
        body: Blocking,
        response: answered({ entries: Type.Array(BlockedBody) }),
      },
    },
    async (request) => {
      const sessionId = request.body.session_id.toLowerCase();
      const items = itemsOf(request.body, 'blocklist');
      const blocked = granted(await blockSession(context, request.principal.applicationId, sessionId, items));
      return { session_id: sessionId, entries: blocked.entries.map(toBlockedBody) };
    },
  );

  api.post(
    `${base}remove/`,
    {
      schema: {
        summary: 'Take the face, the e-mail address or the phone number of a session off the blocklists',
        body: Unblocking,
        response: answered({ removed: Type.Integer() }),
      },
    },
    async (request) => {
      const sessionId = request.body.session_id.toLowerCase();
      const items = itemsOf(request.body, 'unblock');
      const { removed } = granted(
        await unblockSession(context, request.principal.applicationId, sessionId, items),
      );
      return { session_id: sessionId, removed };
    },
  );
}

function answered<Properties extends Record<string, TSchema>>(properties: Properties) {
  return { 200: Type.Object({ ...session, ...properties }), 400: Refused };
}

/** The items that are flagged. @throws FieldError for documents */
function itemsOf(
  flags: Readonly<Record<string, unknown>>,
  prefix: 'blocklist' | 'unblock',
): readonly Blockable[] {
  const field = `${prefix}_document`;
  if (flags[field] === true) {
    throw new FieldError({ [field]: ['Documents are not checked here, so there is no list of them.'] });
  }
  return blockable.filter((item) => flags[`${prefix}_${item}`] === true);
}

function toBlockedBody(entry: ListEntry): Static<typeof BlockedBody> {
  return { item_type: entry.entryType, ...toEntryBody(entry) };
}
