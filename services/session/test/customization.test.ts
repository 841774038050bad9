import { createHash } from 'node:crypto';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noCustomization } from '../src/domain/customization.ts';
import { secretDigest } from '../src/domain/secrets.ts';
import { lockApplication } from '../src/outbound/application-store.ts';
import { lockBrandFiles, saveCustomization } from '../src/outbound/customization-store.ts';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;
type Client = World['demo'];

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const path = '/v3/customization/';
const patch = (client: Client, body: unknown) => client.call('PATCH', path, body);

async function patchForm(client: Client, fields: Record<string, string | Buffer>) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, typeof value === 'string' ? value : new File([new Uint8Array(value)], `${name}.bin`));
  }
  const headers = { 'x-api-key': client.apiKey };
  const response = await fetch(`${world.baseUrl}${path}`, { method: 'PATCH', body: form, headers });
  return { status: response.status, body: await response.json() };
}

/** The smallest bytes that are a PNG of this size. */
function png(side: number, more = ''): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const size = Buffer.alloc(8);
  size.writeUInt32BE(side, 0);
  size.writeUInt32BE(side, 4);
  return Buffer.concat([head, size, Buffer.from('080600000000000000', 'hex'), Buffer.from(more)]);
}
function woff2(more = ''): Buffer {
  const font = Buffer.concat([Buffer.from('wOF200010000'), Buffer.alloc(48), Buffer.from(more)]);
  font.writeUInt32BE(font.length, 8);
  font.writeUInt16BE(10, 12);
  font.writeUInt32BE(1_000, 16);
  return font;
}
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const fetchFile = (url: string, init?: RequestInit) =>
  fetch(url.replace('https://id.example', world.baseUrl), init);
async function files(): Promise<string[]> {
  const rows = await world.database.db.selectFrom('brand_files').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}
/** How many transactions wait for a lock of another one. */
async function waiting(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`.execute(world.database.db);
  return rows[0]?.count ?? 0;
}
async function changes(client: Client): Promise<(number | null)[]> {
  const rows = await world.database.db
    .selectFrom('audit_log')
    .select('status')
    .where('application_id', '=', client.applicationId)
    .where('path', '=', '/v3/customization/')
    .where('method', '=', 'PATCH')
    .orderBy('id')
    .execute();
  return rows.map(({ status }) => status);
}
/** What the page is told about a session of a workflow with or without white label. */
async function page(client: Client, isWhiteLabel: boolean) {
  const { body: workflow } = await client.call('POST', '/v3/workflows/', {
    features: [{ feature: 'LIVENESS' }],
    is_white_label_enabled: isWhiteLabel,
  });
  const { session_token } = await client.create({ workflow_id: workflow.uuid });
  const tokenSha256 = secretDigest(session_token);
  const { session } = await world.rpc.openSession({ tokenSha256 });
  // A nonce is a new one each time.
  expect((await world.rpc.readSession({ tokenSha256 })).session).toEqual({
    ...session,
    visitNonce: expect.any(String),
  });
  return session;
}

const unset = {
  ...Object.fromEntries(
    ['primary', 'secondary', 'background', 'panel', 'panel_10', 'on_panel_1', 'on_panel_2', 'on_background']
      .concat(['button_1', 'button_2', 'button_text_1', 'button_text_2', 'pill_text'])
      .map((name) => [`color_${name}`, null]),
  ),
  border_radius_panel: null,
  border_radius_buttons: null,
  font_family: null,
  font_weight: null,
  font_url: null,
  logo_square: null,
  logo_rectangular: null,
  favicon: null,
  app_public_name: null,
  privacy_policy_url: null,
  skip_welcome_screen: false,
  disable_login_with_didit: false,
  hide_progress_bar: false,
  callback_seconds: null,
  allowed_origins: [],
  fallback_url: null,
};

const values = {
  color_primary: '#5B21B6',
  color_button_text_1: '#fff',
  border_radius_panel: 0,
  border_radius_buttons: 40,
  font_family: 'Georgia',
  font_weight: '500',
  app_public_name: 'Acme & Söhne',
  privacy_policy_url: 'https://acme.example/privacy',
  skip_welcome_screen: true,
  disable_login_with_didit: true,
  hide_progress_bar: true,
  callback_seconds: 0,
  allowed_origins: ['https://acme.example', 'https://*.acme.example', 'http://localhost:3000'],
  fallback_url: 'acme://other-way',
};

describe('values', () => {
  it('an application that has set nothing sees every field of the contract', async () => {
    const client = await world.client('plain');
    const answer = await client.call('GET', path);
    expect([answer.status, answer.body]).toEqual([200, unset]);
  });

  it('are kept as they were sent, and go with null or an empty text', async () => {
    const client = await world.client('values');
    const set = await patch(client, values);
    expect([set.status, set.body]).toEqual([200, { ...unset, ...values }]);
    expect((await client.call('GET', path)).body).toEqual(set.body);
    expect((await patch(client, { font_weight: 700 })).body.font_weight).toBe('700');
    const gone = Object.fromEntries(Object.keys(values).map((name, index) => [name, index % 2 ? null : '']));
    expect((await patch(client, gone)).body).toEqual(unset);
  });

  it('come in forms as well, and what was read may be sent back whole', async () => {
    const client = await world.client('forms');
    const texts = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]),
    );
    expect((await patchForm(client, texts)).body).toEqual({ ...unset, ...values });
    const read = (await client.call('GET', path)).body;
    expect((await patch(client, read)).body).toEqual(read);
  });

  it('each mistake is told of its field, and then nothing is changed', async () => {
    const client = await world.client('mistakes');
    const answer = await patch(client, {
      color_primary: 'red',
      color_panel: '#12345',
      border_radius_panel: 41,
      border_radius_buttons: 1.5,
      font_family: 'Comic Sans"; }',
      font_weight: '450',
      app_public_name: 'x'.repeat(51),
      privacy_policy_url: 'http://acme.example',
      skip_welcome_screen: 'perhaps',
      callback_seconds: 61,
      allowed_origins: ['https://acme.example/path', 'http://acme.example'],
      fallback_url: 'javascript:alert(1)',
      color_primry: '#000',
      hide_progress_bar: true,
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      color_primary: ['Enter a colour as #RRGGBB or #RGB.'],
      color_panel: ['Enter a colour as #RRGGBB or #RGB.'],
      border_radius_panel: ['Ensure this value is less than or equal to 40.'],
      border_radius_buttons: ['A valid integer is required.'],
      font_family: [expect.stringContaining('Enter the name of a font')],
      font_weight: expect.arrayContaining([expect.stringContaining('Enter 100, 200')]),
      app_public_name: ['Ensure this field has no more than 50 characters.'],
      privacy_policy_url: ['Enter a whole https URL.'],
      skip_welcome_screen: ['Must be a valid boolean.'],
      callback_seconds: ['Ensure this value is less than or equal to 60.'],
      allowed_origins: [
        expect.stringMatching(/^0: Enter an origin/),
        expect.stringMatching(/^1: Enter an origin/),
      ],
      fallback_url: ['Enter a whole https URL, or a link of your app.'],
      color_primry: ['Unknown field.'],
    });
    expect((await client.call('GET', path)).body).toEqual(unset);
    const many = Array.from({ length: 21 }, (_, index) => `https://a${index}.example`);
    expect((await patch(client, { allowed_origins: many })).status).toBe(400);
    expect((await patch(client, { font_family: 'Inter' })).body).toEqual({
      font_family: [expect.stringContaining('"Inter" needs its file')],
    });
  });

  it('colours that cannot be read on each other are refused with the pair and its ratio', async () => {
    const client = await world.client('contrast');
    expect((await patch(client, { color_primary: '#5b21b6' })).status).toBe(200);
    const answer = await patch(client, { color_button_1: '#888', color_button_text_1: '#777' });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      color_button_text_1: [
        'The contrast of color_button_text_1 (#777777) on color_button_1 (#888888) is 1.26:1, and it needs at least 4.5:1.',
      ],
    });
    expect((await client.call('GET', path)).body).toMatchObject({ color_button_1: null });
  });

  it('every change is recorded, refused ones with their refusal', async () => {
    const client = await world.client('recorded');
    await patch(client, { callback_seconds: 5 });
    await patch(client, { callback_seconds: 99 });
    await patch(client, { callback_seconds: null });
    expect(await changes(client)).toEqual([200, 400, 200]);
  });

  it('are of one application alone, and need its key', async () => {
    const [one, other] = [await world.client('one'), await world.client('other')];
    await patch(one, { app_public_name: 'One' });
    expect((await other.call('GET', path)).body).toEqual(unset);
    expect((await fetch(`${world.baseUrl}${path}`)).status).toBe(401);
  });

  it('changes of the same moment do not undo each other', async () => {
    const client = await world.client('racing');
    const bodies = [{ callback_seconds: 7 }, { border_radius_panel: 3 }, { app_public_name: 'Race' }];
    const answers = await world.database.transaction(async (tx) => {
      await lockApplication(tx, client.applicationId);
      const under = bodies.map((body) => patch(client, body));
      await waitFor('all of them to wait for their turn', async () => (await waiting()) === bodies.length);
      return { under };
    });
    for (const { status } of await Promise.all(answers.under)) expect(status).toBe(200);
    expect((await client.call('GET', path)).body).toMatchObject(Object.assign({}, ...bodies));
  });
});

describe('files', () => {
  it('are served to everyone, for ever, as what they are and nothing else', async () => {
    const client = await world.client('files');
    const [square, font] = [png(64, 'square'), woff2('font')];
    const { status, body } = await patchForm(client, {
      image_square: square,
      font_file: font,
      font_family: 'Acme Sans',
    });
    expect([status, body.font_family, body.image_square]).toEqual([200, 'Acme Sans', undefined]);
    expect(body.logo_square).toBe(`https://id.example/brand-assets/${sha256(square)}.png`);
    expect(body.font_url).toBe(`https://id.example/brand-assets/${sha256(font)}.woff2`);

    const logo = await fetchFile(body.logo_square);
    expect(Buffer.from(await logo.arrayBuffer())).toEqual(square);
    expect(Object.fromEntries(logo.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect((await fetchFile(body.font_url)).headers.get('content-type')).toBe('font/woff2');
  });

  it('are read once, not sent to who has them, and within a budget for each client', async () => {
    const client = await world.client('busy files');
    const logo = png(64, 'busy');
    const { body } = await patchForm(client, { image_square: logo });
    const first = await fetchFile(body.logo_square);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toBe(`"${sha256(logo)}.png"`);
    expect(first.headers.get('x-ratelimit-limit')).toBe('600');
    // Whoever reads the table again now gets something else.
    await world.database.db
      .updateTable('brand_files')
      .set({ bytes: Buffer.from('read again') })
      .where('name', '=', `${sha256(logo)}.png`)
      .execute();
    const again = await fetchFile(body.logo_square);
    expect(Buffer.from(await again.arrayBuffer())).toEqual(logo);
    const known = await fetch(`${world.baseUrl}${new URL(body.logo_square).pathname}`, {
      headers: { 'if-none-match': `"other", ${etag}` },
    });
    expect([known.status, await known.text(), known.headers.get('cache-control')]).toEqual([
      304,
      '',
      'public, max-age=31536000, immutable',
    ]);
    await sql`UPDATE http_rate_limits SET current = 600`.execute(world.database.db);
    const refused = await fetchFile(body.logo_square);
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    await sql`DELETE FROM http_rate_limits`.execute(world.database.db);
  });

  it('under any other name there are none', async () => {
    const known = (await files())[0] ?? '';
    const other = known.replace(/\.\w+$/, known.endsWith('png') ? '.ico' : '.png');
    for (const name of [other, `${'0'.repeat(64)}.png`, 'x.png', '..%2f..%2fetc', `${'0'.repeat(64)}.svg`]) {
      const answer = await fetchFile(`https://id.example/brand-assets/${name}`);
      expect([answer.status, await answer.json()], name).toEqual([404, { detail: 'Not found.' }]);
    }
  });

  it('that will not do are refused by their bytes, whatever they are called', async () => {
    const client = await world.client('odd files');
    const before = await files();
    const answer = await patchForm(client, {
      image_square: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      image_rectangular: png(3_000),
      image_favicon: Buffer.from('GIF89a'),
      font_file: png(8),
      color_primary: '#000',
    });
    expect(answer).toEqual({
      status: 400,
      body: {
        image_square: [expect.stringContaining('SVG files are not accepted: they can hold scripts')],
        image_rectangular: [expect.stringContaining('3000 × 3000 pixels')],
        image_favicon: [expect.stringContaining('not a PNG, JPEG, WebP or ICO')],
        font_file: ['The file is not a WOFF2 font.'],
      },
    });
    const large = await patchForm(client, {
      image_square: Buffer.concat([png(8), Buffer.alloc(1024 ** 2)]),
      font_file: woff2('x'.repeat(300 * 1024)),
    });
    expect(large.body).toEqual({
      image_square: ['File size should not exceed 1 MB'],
      font_file: ['File size should not exceed 300 KB'],
    });
    expect((await patch(client, { image_square: 'iVBORw0KGgo=' })).body).toEqual({
      image_square: ['Files are sent as multipart/form-data.'],
    });
    expect(await files()).toEqual(before);
    expect((await client.call('GET', path)).body).toEqual(unset);
  });

  it('are dropped when the last application that names them lets them go', async () => {
    const [one, other] = [await world.client('sharing'), await world.client('sharing too')];
    const shared = png(32, 'shared');
    const url = (await patchForm(one, { image_square: shared, image_favicon: shared })).body.logo_square;
    await patchForm(other, { image_rectangular: shared });
    const isThere = async () => (await fetchFile(url)).status === 200;

    await patchForm(one, { image_square: png(32, 'next'), image_favicon: '' });
    expect(await isThere()).toBe(true);
    expect((await patch(other, { image_rectangular: null })).body.logo_rectangular).toBeNull();
    expect(await isThere()).toBe(false);
    await patch(one, { image_square: '' });
    expect((await files()).filter((name) => name.startsWith(sha256(png(32, 'next'))))).toEqual([]);
  });

  it('that one application lets go while another takes them up are there in the end', async () => {
    const [leaving, taking] = [await world.client('leaving'), await world.client('taking')];
    const url = (await patchForm(leaving, { image_square: png(16, 'contested') })).body.logo_square;
    const name = url.slice(url.lastIndexOf('/') + 1);
    const { left } = await world.database.transaction(async (tx) => {
      await lockBrandFiles(tx);
      const left = patch(leaving, { image_square: null });
      await waitFor('the one that leaves to wait', async () => (await waiting()) === 1);
      const files = { ...noCustomization.files, favicon: name };
      await saveCustomization(tx, taking.applicationId, { settings: {}, files }, new Date());
      return { left };
    });
    expect((await left).body.logo_square).toBeNull();
    expect((await fetchFile(url)).status).toBe(200);
  });

  it('a font that is named cannot be taken away from under its name', async () => {
    const client = await world.client('font');
    await patchForm(client, { font_file: woff2(), font_family: 'Acme' });
    expect((await patch(client, { font_file: null })).body).toHaveProperty('font_family');
    expect((await patch(client, { font_file: null, font_family: null })).body).toEqual(unset);
  });
});

describe('the hosted page', () => {
  it('looks as the application wants where the workflow has white label', async () => {
    const client = await world.client('white label');
    const square = png(48, 'page');
    await patch(client, values);
    await patchForm(client, { image_square: square });
    const session = await page(client, true);
    expect(session).toMatchObject({
      applicationName: 'Acme & Söhne',
      fallbackUrl: 'acme://other-way',
      allowedOrigins: values.allowed_origins,
    });
    expect(session?.appearance).toMatchObject({
      borderRadiusPanel: 0,
      borderRadiusButtons: 40,
      fontFamily: 'Georgia',
      fontWeight: '500',
      fontUrl: '',
      logoSquareUrl: `/brand-assets/${sha256(square)}.png`,
      logoRectangularUrl: '',
      privacyPolicyUrl: 'https://acme.example/privacy',
      skipWelcomeScreen: true,
      hideProgressBar: true,
      callbackSeconds: 0,
    });
    const { colors } = session?.appearance ?? {};
    expect(colors).toMatchObject({ color_primary: '#5b21b6', color_button_text_1: '#ffffff' });
    expect(Object.keys(colors ?? {})).toHaveLength(13);
  });

  it('looks as ever elsewhere, but for who may embed it and the other way', async () => {
    const client = await world.client('half label');
    await patch(client, values);
    expect(await page(client, false)).toMatchObject({
      applicationName: 'half label',
      fallbackUrl: 'acme://other-way',
      allowedOrigins: values.allowed_origins,
      appearance: undefined,
    });
  });

  it('shows a change at once, in sessions that were there before', async () => {
    const client = await world.client('living');
    const { session_token } = await client.create({ workflow_id: (await whiteLabel(client)).uuid });
    const tokenSha256 = secretDigest(session_token);
    const colour = async () =>
      (await world.rpc.readSession({ tokenSha256 })).session?.appearance?.colors.color_primary;
    expect(await colour()).toBeUndefined();
    await patch(client, { color_primary: '#5b21b6' });
    expect(await colour()).toBe('#5b21b6');
  });

  it('is set in the uploaded font unless one of its own is chosen', async () => {
    const client = await world.client('typeset');
    const font = woff2('typeset');
    await patchForm(client, { font_file: font });
    const own = { fontFamily: '', fontUrl: `/brand-assets/${sha256(font)}.woff2` };
    expect((await page(client, true))?.appearance).toMatchObject(own);
    await patch(client, { font_family: 'Verdana' });
    expect((await page(client, true))?.appearance).toMatchObject({ fontFamily: 'Verdana', fontUrl: '' });
    await patch(client, { font_family: 'Typeset Sans' });
    expect((await page(client, true))?.appearance).toMatchObject(own);
  });
});

async function whiteLabel(client: Client) {
  const body = { features: [{ feature: 'LIVENESS' }], is_white_label_enabled: true };
  return (await client.call('POST', '/v3/workflows/', body)).body;
}

it('nothing of a brand is logged', () => {
  expect(world.logged()).not.toMatch(/Acme|#5b21b6|IHDR|acme\.example/i);
});
