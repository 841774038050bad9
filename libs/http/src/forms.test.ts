import { once } from 'node:events';
import { connect } from 'node:net';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileField, formBody, JsonField } from './form-schema.ts';
import { acceptForms } from './forms.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const maxBytes = 1024 * 1024;
const file = { maxBytes, extensions: ['png', 'jpg'], description: 'A picture' };
const Picture = Type.Object({
  picture: FileField(file),
  other: Type.Optional(FileField(file)),
  threshold: Type.Integer({ minimum: 0, maximum: 100, default: 30 }),
  rotate: Type.Boolean({ default: false }),
  name: Type.Optional(Type.String({ maxLength: 5 })),
  metadata: Type.Optional(JsonField({ description: 'Anything', maxBytes: 100 })),
});

const lines: string[] = [];
const log = createLog('unit', 'trace', { write: (line: string) => void lines.push(line) });
let server: HttpServer;
let url: string;
/** Forms are held until this resolves. */
let held = Promise.resolve();
let working = 0;
/** Requests wait for this before their form is counted, as they do for their key to be looked up. */
let gate = Promise.resolve();
let arrived = 0;

beforeAll(async () => {
  server = createHttpServer({
    service: 'unit',
    log,
    health: { started: () => true, live: () => true, ready: () => true },
    openapi: { title: 'Unit', description: 'A test' },
  });
  void server.register(async (api: HttpServer) => {
    api.decorateRequest('principal');
    api.addHook('onRequest', async (request) => {
      arrived += 1;
      await gate;
      request.principal = { applicationId: request.headers['x-application'] } as never;
    });
    // Two forms of the largest kind.
    acceptForms(api, { formsMaxBytes: 8 * maxBytes });
    const schema = { summary: 'Look', ...formBody(Picture) };
    api.post('/look/', { schema }, async ({ body }) => {
      working += 1;
      await held.finally(() => {
        working -= 1;
      });
      const { picture, other, ...fields } = body;
      return { ...fields, bytes: picture.bytes.length, named: picture.filename, other: other?.bytes.length };
    });
  });
  void server.register(async (api: HttpServer) => {
    acceptForms(api, { timeoutMs: 200 });
    api.post('/impatient/', { schema: formBody(Picture) }, async () => 'in time');
  });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => server.close());

const png = (bytes = 10, name = 'face.png') => new File([new Uint8Array(bytes)], name);

async function send(parts: [string, string | File][], headers = {}) {
  const form = new FormData();
  for (const [name, value] of parts) form.append(name, value);
  const response = await fetch(`${url}/look/`, { method: 'POST', body: form, headers });
  return { status: response.status, body: await response.json() };
}

/** Bytes as they are, and what comes back until the server ends the connection or has answered. */
async function sendRaw(
  head: string[],
  body: string,
  options: { path?: string; ends?: boolean } = {},
): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
    if (/\}\s*$/.test(answer)) socket.end();
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write([`POST ${options.path ?? '/look/'} HTTP/1.1`, 'Host: unit', ...head, '', body].join('\r\n'));
  if (options.ends) socket.end();
  await once(socket, 'close');
  return answer;
}

const part = (name: string, content: string, more = '') =>
  `--xx\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`;
const type = 'Content-Type: multipart/form-data; boundary=xx';
const raw = (body: string) =>
  fetch(`${url}/look/`, { method: 'POST', headers: { 'content-type': type.slice(14) }, body });

test('a form becomes the types of its schema', async () => {
  const answer = await send([
    ['threshold', '45'],
    ['rotate', 'True'],
    ['metadata', '{"a":[1]}'],
    ['name', ''],
    ['unknown', 'ignored'],
    ['stray', png()],
    ['picture', png(maxBytes)],
  ]);
  expect(answer).toEqual({
    status: 200,
    body: { threshold: 45, rotate: true, metadata: { a: [1] }, bytes: maxBytes, named: 'face.png' },
  });
  expect((await send([['picture', png(3, 'A.JPG')]])).body).toMatchObject({ threshold: 30, rotate: false });
});

describe('what is wrong is said of its field', () => {
  test.each<[string, [string, string | File][], Record<string, string[]>]>([
    ['no file', [], { picture: ['No file was submitted.'] }],
    ['a file input left empty', [['picture', png(0, '')]], { picture: ['No file was submitted.'] }],
    ['text for a file', [['picture', 'abc']], { picture: ['The submitted data was not a file.'] }],
    ['an empty file', [['picture', png(0)]], { picture: ['The submitted file is empty.'] }],
    ['a byte too many', [['picture', png(maxBytes + 1)]], { picture: ['File size should not exceed 1 MB'] }],
    [
      'another extension',
      [['picture', png(5, 'face.png.gif')]],
      { picture: ['File extension "gif" is not allowed. Allowed extensions: png, jpg.'] },
    ],
    [
      'no extension',
      [['picture', png(5, 'face')]],
      { picture: ['File extension "" is not allowed. Allowed extensions: png, jpg.'] },
    ],
    [
      'two files',
      [
        ['picture', png()],
        ['picture', png()],
      ],
      { picture: ['This field was sent more than once.'] },
    ],
    [
      'several mistakes',
      [
        ['threshold', '101'],
        ['rotate', 'maybe'],
        ['name', 'abcdef'],
        ['metadata', '{'],
        ['other', png(1, 'a.b')],
      ],
      {
        picture: ['No file was submitted.'],
        other: ['File extension "b" is not allowed. Allowed extensions: png, jpg.'],
        threshold: ['Ensure this value is less than or equal to 100.'],
        rotate: ['Must be a valid boolean.'],
        name: ['Ensure this field has no more than 5 characters.'],
        metadata: ['Value must be valid JSON.'],
      },
    ],
    [
      'a fraction',
      [
        ['picture', png()],
        ['threshold', '1.5'],
      ],
      { threshold: ['A valid integer is required.'] },
    ],
    [
      'a number that is none',
      [
        ['picture', png()],
        ['threshold', 'x'],
      ],
      { threshold: ['A valid integer is required.'] },
    ],
    [
      'a file for text',
      [
        ['picture', png()],
        ['name', png()],
      ],
      { name: ['Not a valid string.'] },
    ],
    [
      'NUL',
      [
        ['picture', png()],
        ['name', 'a\0'],
      ],
      { name: ['Null characters are not allowed.'] },
    ],
    [
      'long JSON',
      [
        ['picture', png()],
        ['metadata', `"${'x'.repeat(100)}"`],
      ],
      { metadata: ['Ensure this field has no more than 100 bytes.'] },
    ],
    [
      'long text',
      [
        ['picture', png()],
        ['name', 'x'.repeat(70_000)],
      ],
      { name: ['This value is too long.'] },
    ],
  ])('%s', async (_, parts, fields) => {
    expect(await send(parts)).toEqual({ status: 400, body: fields });
  });
});

describe('what is no form is refused', () => {
  test.each<[string, string, number, string]>([
    ['JSON', 'application/json', 415, 'Unsupported media type "application/json" in request.'],
    ['another multipart', 'multipart/mixed; boundary=xx', 415, 'Unsupported media type'],
    ['no boundary', 'multipart/form-data', 400, 'The Content-Type header names no boundary.'],
    [
      'bytes without a boundary',
      'multipart/form-data; boundary=yy',
      400,
      'The form is damaged or incomplete.',
    ],
  ])('%s', async (_, contentType, status, detail) => {
    const body = `${part('picture', 'abc', '; filename="a.png"')}--xx--\r\n`;
    const response = await fetch(`${url}/look/`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
    });
    expect(response.status).toBe(status);
    expect((await response.json()).detail).toContain(detail);
  });

  test.each([
    ['in a file', part('picture', 'abc', '; filename="a.png"')],
    ['in a header', `${part('name', 'abc')}--xx\r\nContent-Dispo`],
    ['in a text', '--xx\r\nContent-Disposition: form-data; name="name"\r\n\r\nab'],
    ['before its end', '--xx\r\n'],
  ])('cut off %s', async (_, body) => {
    const response = await raw(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ detail: 'The form is damaged or incomplete.' });
  });

  test('more fields than any form has', async () => {
    const response = await raw(
      `${Array.from({ length: 40 }, (_, i) => part(`f${i}`, 'x')).join('')}--xx--\r\n`,
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ detail: 'The form has more than 32 fields.' });
  });

  test('parts without a name, of another disposition, or with headers without end are as if not sent', async () => {
    const odd = [
      '--xx\r\n\r\nabc\r\n',
      '--xx\r\nContent-Disposition: attachment; name="picture"; filename="a.png"\r\n\r\nabc\r\n',
      `--xx\r\nX: ${'y'.repeat(9000)}\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\nabc\r\n`,
      part('__proto__', 'x'),
    ];
    const response = await raw(`${odd.join('')}--xx--\r\n`);
    expect(await response.json()).toEqual({ picture: ['No file was submitted.'] });
  });
});

describe('a body that lies about its size', () => {
  const whole = `${part('picture', 'abc', '; filename="a.png"')}--xx--\r\n`;

  test('larger than any form by its own word', async () => {
    expect(await sendRaw([type, 'Content-Length: 99999999'], '')).toContain('413');
  });

  test('shorter than it is', async () => {
    expect(await sendRaw([type, 'Content-Length: 60'], whole)).toMatch(/^HTTP\/1.1 400 .*\{"detail":/s);
  });

  test('longer than it is: the wait for the rest ends', async () => {
    const answer = await sendRaw([type, 'Content-Length: 9000'], whole.slice(0, -8), {
      path: '/impatient/',
    });
    expect(answer).toContain('408');
    expect(answer).toContain('The form took too long to arrive.');
  });

  test('more than a form may have, in chunks that name no total', async () => {
    const chunk = 'x'.repeat(1024 * 1024);
    const body = [
      part('picture', chunk, '; filename="a.png"'),
      ...Array.from({ length: 20 }, () => chunk),
    ].join('');
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 65_536) {
          controller.enqueue(new TextEncoder().encode(body.slice(at, at + 65_536)));
        }
        controller.close();
      },
    });
    const response = await fetch(`${url}/look/`, {
      method: 'POST',
      headers: { 'content-type': type.slice(14) },
      body: chunked,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  test('ended by the client', async () => {
    await sendRaw([type, 'Content-Length: 9000'], whole, { ends: true });
    expect((await send([['picture', png()]])).status).toBe(200);
  });
});

describe('memory is bounded', () => {
  const large = (application: string) =>
    send([['picture', png(maxBytes)]], { 'x-application': application }).catch(() => ({
      status: 0,
      body: null,
    }));
  function hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return () => {
      resolve();
      held = Promise.resolve();
    };
  }
  /** Nothing is under way any more: both halves are free. */
  async function expectAllFree(): Promise<void> {
    const release = hold();
    const all = ['a', 'a', 'a', 'b', 'b', 'b', 'c'].map(large);
    await waitFor('seven forms', () => working === 7);
    release();
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(7).fill(200));
    await waitFor('no forms', () => working === 0);
  }
  /** Requests whose connections end while they wait for their key to be looked up. */
  async function abort(requests: string[]): Promise<void> {
    const before = arrived;
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const sockets = requests.map((request) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request));
      return socket.on('error', () => undefined);
    });
    await waitFor('the requests', () => arrived === before + requests.length);
    for (const socket of sockets) socket.destroy();
    await waitFor('the connections to end', async () => (await connections()) === 0);
    resolve();
    gate = Promise.resolve();
  }
  const connections = () =>
    new Promise<number>((resolve) => {
      server.server.closeIdleConnections();
      server.server.getConnections((_error, count) => resolve(count));
    });
  const head = (bytes: number) =>
    ['POST /look/ HTTP/1.1', 'Host: unit', 'X-Application: a', type, `Content-Length: ${bytes}`, '', ''].join(
      '\r\n',
    );

  test('an application holds half of it at most, all together the whole', async () => {
    const release = hold();
    const first = ['a', 'a', 'a', 'b', 'b', 'b', 'c'].map(large);
    await waitFor('seven forms', () => working === 7);
    expect(await large('a')).toEqual({
      status: 429,
      body: { detail: 'Too many uploads of this application at once. Try again shortly.' },
    });
    expect(await large('c')).toEqual({
      status: 503,
      body: { detail: 'Too many uploads at once. Try again shortly.' },
    });
    release();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual(Array(7).fill(200));
    await expectAllFree();
  });

  test('what a form may hold counts before it is there, and as the most when it does not say how large it is', async () => {
    const slow = connect(Number(new URL(url).port), '127.0.0.1');
    const before = arrived;
    slow.write(head(maxBytes + 1_000));
    await waitFor('the slow one', () => arrived === before + 1);
    const chunked = await sendRaw([type, 'X-Application: a', 'Transfer-Encoding: chunked'], '0\r\n\r\n');
    expect(chunked).toMatch(/^HTTP\/1.1 429 .*retry-after: 1/is);
    slow.destroy();
    await expectAllFree();
  });

  test('connections that end before their form is counted take nothing with them', async () => {
    await abort(Array.from({ length: 40 }, () => head(maxBytes)));
    await expectAllFree();
  });

  test('nor do those that end while a form waits behind another one', async () => {
    const body = `${part('picture', 'abc', '; filename="a.png"')}--xx--\r\n`;
    const whole = head(body.length) + body;
    for (let turn = 0; turn < 10; turn += 1) {
      const release = hold();
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(whole + whole));
      socket.on('error', () => undefined);
      await waitFor('both forms', () => working === 2);
      socket.destroy();
      await waitFor('the connection to end', async () => (await connections()) === 0);
      release();
      await waitFor('no forms', () => working === 0);
    }
    await expectAllFree();
  });

  test('a form whose client has gone counts until the work on it is done', async () => {
    const release = hold();
    const body = `${part('picture', 'x'.repeat(maxBytes), '; filename="a.png"')}--xx--\r\n`;
    for (let turn = 0; turn < 3; turn += 1) {
      const before = working;
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
        socket.write(head(body.length) + body),
      );
      await waitFor('the form', () => working === before + 1);
      socket.destroy();
    }
    await waitFor('the connections to end', async () => (await connections()) === 0);
    expect((await large('a')).status).toBe(429);
    release();
    await waitFor('no forms', () => working === 0);
    await expectAllFree();
  });
});

test('the schema documents the form, and nothing of it is logged', async () => {
  const document = await (await fetch(`${url}/v3/openapi/unit.json`)).json();
  const { content } = document.paths['/look/'].post.requestBody;
  expect(Object.keys(content)).toEqual(['multipart/form-data']);
  const { schema } = content['multipart/form-data'];
  expect(schema.properties.picture).toMatchObject({ type: 'string', format: 'binary' });
  expect(schema.properties.threshold).toMatchObject({ type: 'integer', default: 30 });
  expect(schema.required).toEqual(['picture']);
  await send([
    ['picture', new File(['secret bytes'], 'secret-name.png')],
    ['name', 'abcde'],
  ]);
  expect(lines.join('')).not.toMatch(/secret|abcde/);
});
