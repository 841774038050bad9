import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

async function newList(entry_type = 'email', list_type = 'custom') {
  const { body } = await world.call('POST', '/v3/lists/', { name: 'L', list_type, entry_type });
  const path = `/v3/lists/${body.uuid}/entries/`;
  return {
    path,
    add: (file: string | Buffer, query = '', type = 'text/csv') => post(`${path}import/${query}`, file, type),
    count: async () => (await world.call('GET', path)).body.count as number,
    all: async () => (await world.call('GET', `${path}?limit=100`)).body.results,
  };
}

async function post(path: string, file: string | Buffer, type: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${world.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': world.application.apiKey, 'content-type': type, ...headers },
    body: Buffer.from(file),
  });
  return { status: response.status, body: JSON.parse(await response.text()), headers: response.headers };
}

describe('an import', () => {
  it('reports every bad line by its number, without its value, and takes the good ones', async () => {
    const list = await newList();
    await world.call('POST', list.path, { value: 'known@example.org' });
    const file = Buffer.concat([
      Buffer.from('\ufeffvalue,display_label,comment\r\n'),
      Buffer.from('first@example.org,One,"a, ""b"""\r\n'),
      Buffer.from('not-an-address,,\r\n'),
      Buffer.from('KNOWN@example.org,,\r\n'),
      Buffer.from('\r\n'),
      Buffer.from('"open@example.org,,\r\n'),
      Buffer.from('second@example.org,=cmd|calc,\r\n'),
      Buffer.from('First@Example.org,,\r\n'),
      Buffer.from([0x6d, 0xfc, 0x40, 0x61, 0x2e, 0x62, 0x0d, 0x0a]),
      Buffer.from(`third@example.org,${'x'.repeat(256)},\r\n`),
      Buffer.from('nul\0@example.org,,\r\n'),
      Buffer.from(',no value,\r\n'),
      Buffer.from('fourth@example.org'),
    ]);
    const { status, body } = await list.add(file);
    expect(status).toBe(200);
    expect(body).toMatchObject({ imported: 3, duplicates: 2, rejected: 6, errors_left_out: 0 });
    expect(body.errors).toEqual([
      { line: 3, reason: 'Enter a valid email address.' },
      { line: 6, reason: expect.stringContaining('A quotation mark is not closed') },
      { line: 9, reason: 'The line is not UTF-8 text.' },
      { line: 10, reason: 'display_label: Ensure this field has no more than 255 characters.' },
      { line: 11, reason: 'Null characters are not allowed.' },
      { line: 12, reason: 'This field may not be blank.' },
    ]);
    const entries = await list.all();
    expect(entries.map(({ value }: { value: string }) => value)).toEqual([
      'fourth@example.org',
      'second@example.org',
      'first@example.org',
      'known@example.org',
    ]);
    expect(entries[1]).toMatchObject({ display_label: '=cmd|calc', comment: null });
    expect(entries[2]).toMatchObject({ display_label: 'One', comment: 'a, "b"' });
    expect(world.logged()).not.toContain('example.org');
  });

  it('takes nothing when it is atomic and a line is bad', async () => {
    const list = await newList('ip_address');
    const refused = await list.add('value\n10.0.0.0/8\n10.0.0.0/99\n', '?atomic=true');
    expect(refused).toMatchObject({ status: 400, body: { imported: 0, rejected: 1, errors: [{ line: 3 }] } });
    expect(await list.count()).toBe(0);
    const taken = await list.add('value\n10.0.0.0/8\n192.0.2.0/24\n', '?atomic=true');
    expect(taken).toMatchObject({ status: 200, body: { imported: 2, rejected: 0 } });
  });

  it('takes ten thousand lines, and tells the first thousand that are bad', async () => {
    const list = await newList('user');
    const lines = Array.from({ length: 10_000 }, (_, index) =>
      index % 4 === 0 ? '  ' : `user-${index % 5_000}`,
    );
    const { body } = await list.add(`value,comment\n${lines.map((line) => `${line},c`).join('\n')}`);
    expect(body).toMatchObject({
      imported: 3_750,
      duplicates: 3_750,
      rejected: 2_500,
      errors_left_out: 1_500,
    });
    expect(body.errors).toHaveLength(1_000);
    expect(body.errors[999]).toEqual({ line: 3_998, reason: 'This field may not be blank.' });
    expect(await list.count()).toBe(3_750);
  });

  it('is safe beside another one of the same values', async () => {
    const list = await newList('user');
    const file = `value\n${Array.from({ length: 2_500 }, (_, index) => `user-${index}`).join('\n')}`;
    const reports = await Promise.all([list.add(file), list.add(file), list.add(file)]);
    expect(reports.map(({ body }) => body.imported).sort()).toEqual([0, 0, 2_500]);
    expect(reports.map(({ body }) => body.duplicates).sort()).toEqual([0, 2_500, 2_500]);
  });

  it('with an idempotency key is done once', async () => {
    const list = await newList('user');
    const headers = { 'idempotency-key': randomUUID() };
    const once = await post(`${list.path}import/`, 'value\na\nb\n', 'text/csv', headers);
    const again = await post(`${list.path}import/`, 'value\na\nb\n', 'text/csv', headers);
    expect(again.body).toEqual(once.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await post(`${list.path}import/`, 'value\nc\n', 'text/csv', headers)).status).toBe(409);
  });

  it.each<[string, string | Buffer, string, number, string]>([
    ['no header', '1.2.3.4\n', 'text/csv', 400, 'The first line must name the columns'],
    ['nothing in it', '', 'text/csv', 400, 'The first line must name the columns'],
    ['UTF-16', Buffer.from('\ufeffvalue\n1.2.3.4', 'utf16le'), 'text/csv', 400, 'The file is UTF-16'],
    ['another character set', 'value\n', 'text/csv; charset=iso-8859-1', 415, 'Send the file in UTF-8.'],
    ['another type', 'value\n', 'application/x-www-form-urlencoded', 415, 'Send the file as text/csv.'],
    ['JSON', '{"value":"1.2.3.4"}', 'application/json', 415, 'Send the file as text/csv.'],
    ['a line too many', `value\n${'1.2.3.4\n'.repeat(10_001)}`, 'text/csv', 400, '10000 lines'],
    ['a byte too many', `value\n${' '.repeat(2 * 1024 * 1024)}`, 'text/csv', 413, ''],
  ])('with %s is refused', async (_, file, type, status, sentence) => {
    const list = await newList('ip_address');
    const refused = await list.add(file, '', type);
    expect(refused.status).toBe(status);
    expect(refused.body.detail).toContain(sentence);
    expect(await list.count()).toBe(0);
  });

  it('of one cell without an end is one bad line', async () => {
    const list = await newList('user');
    const { body } = await list.add(`value\n"${'x'.repeat(2_000_000)}\n`);
    expect(body).toMatchObject({ imported: 0, rejected: 1, errors: [{ line: 2 }] });
  });

  it('that breaks off on its way imports nothing', async () => {
    const list = await newList('user');
    await new Promise<void>((resolve) => {
      const sending = request(`${world.url}${list.path}import/`, {
        method: 'POST',
        headers: {
          'x-api-key': world.application.apiKey,
          'content-type': 'text/csv',
          'content-length': 1_000,
        },
      });
      sending.on('error', () => resolve());
      sending.write('value\nuser-1\nuser-2\n', () => sending.destroy());
      sending.on('close', () => resolve());
    });
    expect(await list.count()).toBe(0);
  });

  it('is not for lists of faces', async () => {
    const list = await newList('face', 'allowlist');
    expect((await list.add('value\nx\n')).body.detail).toContain('Faces cannot be imported');
  });
});
