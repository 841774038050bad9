import { envelope, pageOf, pagingQuery } from '@selfsame/http/paging';
import { Page } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import { changeList, createList, listLists, maxLists, removeList } from '../../lists/lists.ts';
import { findList, listOrderings } from '../../outbound/list-store.ts';
import {
  ActiveEntryType,
  ContractEntryType,
  granted,
  ListBody,
  ListTypeOf,
  notFound,
  OneList,
  Refused,
  toListBody,
} from './list-shapes.ts';

const base = '/v3/lists/';

const Filter = Type.Object({
  list_type: Type.Optional(ListTypeOf),
  entry_type: Type.Optional(ActiveEntryType),
  ordering: Type.Enum([...listOrderings], { default: '-created_at' }),
  ...pagingQuery(),
});

const name = Type.String({ minLength: 1, maxLength: 255 });
const description = Type.String({ maxLength: 1_000 });

/** `/v3/lists/`: the application's blocklists, allowlists and custom lists. */
export function addListRoutes(api: HttpServer, { database }: Context): void {
  api.get(
    base,
    {
      config: { audited: false },
      schema: {
        summary: 'List the lists of the application',
        description: 'The blocklists are there from the start, one for each entry type.',
        querystring: Filter,
        response: { 200: Page(ListBody), 400: Refused },
      },
    },
    async (request) => {
      const { list_type: listType, entry_type: entryType, ordering } = request.query;
      const page = pageOf(request.query);
      const filter = { listType, entryType, ordering, ...page };
      const { count, lists } = await listLists({ database }, request.principal.applicationId, filter);
      return envelope(request, page, { count, results: lists.map(toListBody) });
    },
  );

  api.post(
    base,
    {
      schema: {
        summary: 'Create an allowlist or a custom list',
        description: `At most ${maxLists} in an application. Blocklists are made by the system.`,
        body: Type.Object({
          name,
          description: Type.Optional(description),
          list_type: ListTypeOf,
          entry_type: ContractEntryType,
        }),
        response: { 201: ListBody, 400: Refused },
      },
    },
    async (request, reply) => {
      const { list_type: listType, entry_type: entryType, ...words } = request.body;
      const input = { listType, entryType, description: '', ...words };
      const list = granted(await createList({ database }, request.principal.applicationId, input));
      return await reply.code(201).send(toListBody(list));
    },
  );

  api.get(
    `${base}:uuid/`,
    {
      config: { audited: false },
      schema: { summary: 'Read a list', params: OneList, response: { 200: ListBody } },
    },
    async (request) => {
      const list = await findList(database.db, request.principal.applicationId, request.params.uuid);
      if (list === undefined) throw notFound();
      return toListBody(list);
    },
  );

  api.patch(
    `${base}:uuid/`,
    {
      schema: {
        summary: 'Rename a list or describe it anew',
        params: OneList,
        body: Type.Object({ name: Type.Optional(name), description: Type.Optional(description) }),
        response: { 200: ListBody, 400: Refused, 403: Refused },
      },
    },
    async (request) => {
      const { name, description } = request.body;
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
      };
      const { applicationId } = request.principal;
      return toListBody(granted(await changeList({ database }, applicationId, request.params.uuid, change)));
    },
  );

  api.delete(
    `${base}:uuid/`,
    {
      schema: {
        summary: 'Delete a list with its entries',
        params: OneList,
        response: { 204: Type.Null(), 403: Refused },
      },
    },
    async (request, reply) => {
      granted(await removeList({ database }, request.principal.applicationId, request.params.uuid));
      return await reply.code(204).send(null);
    },
  );
}
