import { createLog } from '@selfsame/runtime/log';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formOrJsonBody, RemovableFileField } from './form-schema.ts';
import { acceptForms } from './forms.ts';
import { Nullable } from './schemas.ts';
import { createHttpServer, type HttpServer } from './server.ts';
import { defineFormat } from './validation.ts';

defineFormat('unit-colour', (text) => /^#[0-9a-f]{6}$/.test(text), 'Enter a colour such as #0a6c5d.');

const Look = Type.Object(
  {
    colour: Type.Optional(Nullable(Type.String({ format: 'unit-colour' }))),
    radius: Type.Optional(Nullable(Type.Integer({ maximum: 40 }))),
    hidden: Type.Optional(Nullable(Type.Boolean())),
    origins: Type.Optional(Nullable(Type.Array(Type.String(), { maxItems: 2 }))),
    logo: Type.Optional(RemovableFileField({ maxBytes: 2048, description: 'A picture' })),
    logo_url: Type.Optional(Type.String({ readOnly: true })),
  },
  { additionalProperties: false },
);

let server: HttpServer;
let url: string;

beforeAll(async () => {
  const log = createLog('unit', 'silent', { write: () => undefined });
  server = createHttpServer({
    service: 'unit',
    log,
    health: { started: () => true, live: () => true, ready: () => true },
    openapi: { title: 'Unit', description: 'A test' },
  });
  void server.register(async (api: HttpServer) => {
    acceptForms(api, { orJson: true });
    api.patch('/look/', { schema: formOrJsonBody(Look) }, async ({ body }) => {
      const { logo, ...fields } = body;
      return { ...fields, logo: logo === null || logo === undefined ? logo : logo.bytes.length };
    });
  });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());

async function patch(body: BodyInit, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/look/`, { method: 'PATCH', body, headers });
  return { status: response.status, body: await response.json() };
}
const json = (body: unknown) => patch(JSON.stringify(body), { 'content-type': 'application/json' });
function form(fields: Record<string, string | File>) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return patch(body);
}

describe('one schema reads a form and JSON alike', () => {
  test('values', async () => {
    const values = { colour: '#0a6c5d', radius: 12, hidden: true, origins: ['a', 'b'] };
    expect(await json(values)).toEqual({ status: 200, body: values });
    const texts = { colour: '#0a6c5d', radius: '12', hidden: 'on', origins: '["a","b"]' };
    expect(await form(texts)).toEqual({ status: 200, body: values });
  });

  test('an empty text is null where null may stand', async () => {
    const none = { colour: null, radius: null, hidden: null, origins: null, logo: null };
    expect(await json({ ...none, colour: '' })).toEqual({ status: 200, body: none });
    expect(await form({ colour: '', radius: '', hidden: '', origins: '', logo: '' })).toEqual({
      status: 200,
      body: none,
    });
  });

  test('mistakes', async () => {
    const mistakes = {
      colour: ['Enter a colour such as #0a6c5d.'],
      radius: ['Ensure this value is less than or equal to 40.'],
      hidden: ['Must be a valid boolean.'],
      origins: ['Ensure this field has no more than 2 elements.'],
      color: ['Unknown field.'],
    };
    const wrong = { colour: 'red', radius: 41, hidden: 'maybe', origins: ['a', 'b', 'c'], color: 'x' };
    expect(await json(wrong)).toEqual({ status: 400, body: mistakes });
    const asText = { ...wrong, radius: '41', origins: JSON.stringify(wrong.origins) };
    expect(await form(asText)).toEqual({ status: 400, body: mistakes });
    expect((await json([])).body).toEqual({ non_field_errors: ['Expected a JSON object.'] });
  });

  test('what is read-only may come along and changes nothing', async () => {
    expect(await json({ logo_url: 'x', radius: 1 })).toEqual({ status: 200, body: { radius: 1 } });
    expect(await form({ logo_url: 'x', radius: '1' })).toEqual({ status: 200, body: { radius: 1 } });
  });
});

describe('files', () => {
  const file = (size: number, name: string) => new File([new Uint8Array(size)], name);

  test('come in forms, under any name where the field asks for none', async () => {
    expect((await form({ logo: file(5, 'logo') })).body).toEqual({ logo: 5 });
    expect((await form({ logo: file(2049, 'logo.png') })).body).toEqual({
      logo: ['File size should not exceed 2 KB'],
    });
  });

  test('a file input that was left empty changes nothing', async () => {
    // As browsers send it; FormData of Node leaves the name out.
    const body = [
      '--xx',
      'Content-Disposition: form-data; name="logo"; filename=""',
      'Content-Type: application/octet-stream',
      '',
      '',
      '--xx--',
      '',
    ].join('\r\n');
    const headers = { 'content-type': 'multipart/form-data; boundary=xx' };
    expect(await patch(body, headers)).toEqual({ status: 200, body: {} });
  });

  test('do not come in JSON', async () => {
    expect((await json({ logo: 'iVBORw0KGgo=' })).body).toEqual({
      logo: ['Files are sent as multipart/form-data.'],
    });
  });
});

test('both media types are documented', async () => {
  const document = await (await fetch(`${url}/v3/openapi/unit.json`)).json();
  const { content } = document.paths['/look/'].patch.requestBody;
  expect(Object.keys(content)).toEqual(['multipart/form-data', 'application/json']);
});
