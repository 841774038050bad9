import { createLog } from '@selfsame/runtime/log';
import Type from 'typebox';
import { afterAll, expect, test } from 'vitest';
import { envelope, pageOf, pagingQuery } from './paging.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const health = { started: () => true, live: () => true, ready: () => true };
const log = createLog('unit', 'fatal');
const server = createHttpServer({ service: 'unit', log, health });
const Query = Type.Object({ ...pagingQuery(2), kind: Type.Optional(Type.String()) });
const numbers = Array.from({ length: 205 }, (_, at) => at);
void server.register(async (api: HttpServer) => {
  api.get('/numbers/', { schema: { querystring: Query } }, (request) => {
    const page = pageOf(request.query);
    const results = numbers.slice(page.offset, page.offset + page.limit);
    return envelope(request, page, { count: numbers.length, results });
  });
  api.get('/many/', { schema: { querystring: Query } }, (request) => {
    const page = pageOf(request.query);
    return envelope(request, page, { count: 2, results: [0, 1], hasMore: true });
  });
});
afterAll(() => server.close());

const get = async (url: string) => {
  const answer = await server.inject({ url, headers: { host: 'id.example' } });
  return { status: answer.statusCode, ...answer.json() };
};

test('a page says where the next and the previous one are, with the rest of the query', async () => {
  expect(await get('/numbers/?kind=odd')).toEqual({
    status: 200,
    count: 205,
    next: 'http://id.example/numbers/?kind=odd&limit=2&offset=2',
    previous: null,
    results: [0, 1],
  });
  const second = await get('/numbers/?limit=3&offset=2');
  expect(second.previous).toBe('http://id.example/numbers/?limit=3&offset=0');
  expect(second.results).toEqual([2, 3, 4]);
});

test('the last page has no next one', async () => {
  expect(await get('/numbers/?limit=5&offset=200')).toMatchObject({ next: null, results: { length: 5 } });
  expect(await get('/numbers/?limit=5&offset=199')).toMatchObject({
    next: 'http://id.example/numbers/?limit=5&offset=204',
  });
});

test('a list that is not counted to its end says itself whether there is more', async () => {
  expect((await get('/many/')).next).toBe('http://id.example/many/?limit=2&offset=2');
});

test('more than a hundred are given to nobody, and less than one is a mistake', async () => {
  expect((await get('/numbers/?limit=200')).results).toHaveLength(100);
  expect((await get('/numbers/?limit=0')).status).toBe(400);
});
