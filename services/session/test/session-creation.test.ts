import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { Failure } from '@selfsame/runtime/errors';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
afterEach(() => world.biometrics.answer({}));

const jpeg = Buffer.from(portrait, 'base64');

describe('creating a session', () => {
  it('answers everything that the contract names, the link under both names', async () => {
    const answer = await world.demo.call('POST', '/v3/session/', {
      workflow_id: 'wf_liveness',
      workflow_type: 'biometric_authentication',
      vendor_data: 'complete',
      callback: 'myapp://done?x=1',
      metadata: { purpose: 'login', 2: [1.5, null] },
      language: 'pt-BR',
      contact_details: { email: 'a@example.com', phone: '+34600000000', unknown: 1 },
      expected_details: {
        first_name: 'Ana',
        expected_document_types: ['p', 'P', 'id'],
        country: 'ESP',
        address: 'x',
      },
      portrait_image: portrait,
      something_unknown: true,
    });
    expect(answer.status).toBe(201);
    const { session_id, session_token } = answer.body;
    expect(session_token).toMatch(/^[\w-]{12}$/);
    const url = `https://id.example/pt-BR/session/${session_token}`;
    expect(answer.body).toEqual({
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      session_number: expect.any(Number),
      session_token,
      session_kind: 'user',
      url,
      session_url: url,
      vendor_data: 'complete',
      metadata: { purpose: 'login', 2: [1.5, null] },
      callback: 'myapp://done?x=1',
      status: 'Not Started',
      workflow_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      workflow_version: 1,
      adaptive: null,
    });
    const event = await world.announced(session_id, 'Not Started');
    expect(event).toMatchObject({
      sequence: 1n,
      previousStatus: '',
      decisionJson: '',
      vendorData: 'complete',
    });
    const decision = await world.demo.call('GET', `/v3/session/${session_id}/decision/`);
    expect(decision.body).toMatchObject({
      session_url: url,
      expected_details: {
        first_name: 'Ana',
        expected_document_types: ['P', 'ID'],
        country: 'ESP',
        address: 'x',
      },
      contact_details: { email: 'a@example.com', phone: '+34600000000' },
    });
  });

  it('takes a body without a JSON content type, as curl sends it', async () => {
    const answer = await world.demo.call('POST', '/v3/session/', '{"workflow_id":"wf_liveness"}', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(answer.status).toBe(201);
  });

  it('numbers sessions without gaps, whoever writes at the same time', async () => {
    const client = await world.client('partner_b');
    const bodies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        client.create({ workflow_id: 'partner_b_wf', ...(index % 2 ? { vendor_data: `n${index}` } : {}) }),
      ),
    );
    const numbers = bodies.map((body) => body.session_number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it('answers a repeated Idempotency-Key with the first answer', async () => {
    const headers = { 'idempotency-key': 'once' };
    const body = { workflow_id: 'wf_liveness' };
    const first = await world.demo.call('POST', '/v3/session/', body, headers);
    const second = await world.demo.call('POST', '/v3/session/', body, headers);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it('counts against a budget of its own', async () => {
    const answer = await world.demo.call('POST', '/v3/session/', { workflow_id: 'wf_liveness' });
    expect(answer.headers.get('x-ratelimit-limit')).toBe('600');
    const list = await world.demo.call('GET', '/v3/sessions/?limit=1');
    expect(list.headers.get('x-ratelimit-limit')).toBe('600');
  });
});

describe('what is refused at creation', () => {
  const refused: [string, Record<string, unknown>, unknown][] = [
    ['no workflow', {}, { workflow_id: ['This field is required.'] }],
    ['null workflow', { workflow_id: null }, { workflow_id: ['This field may not be null.'] }],
    ['unknown workflow', { workflow_id: 'wf_none' }, { workflow_id: expect.any(String) }],
    [
      'unknown uuid',
      { workflow_id: '00000000-0000-4000-8000-000000000000' },
      { workflow_id: expect.any(String) },
    ],
    [
      'other type',
      { workflow_id: 'wf_liveness', workflow_type: 'kyc' },
      { workflow_type: [expect.any(String)] },
    ],
    [
      'long vendor_data',
      { workflow_id: 'wf_liveness', vendor_data: 'x'.repeat(257) },
      { vendor_data: ['Ensure this field has no more than 256 characters.'] },
    ],
    [
      'language',
      { workflow_id: 'wf_liveness', language: 'xx' },
      { language: ['"xx" is not a valid choice.'] },
    ],
    [
      'script callback',
      { workflow_id: 'wf_liveness', callback: 'JavaScript:alert(1)' },
      { callback: ['Enter a valid URL.'] },
    ],
    [
      'data callback',
      { workflow_id: 'wf_liveness', callback: 'data:text/html,x' },
      { callback: ['Enter a valid URL.'] },
    ],
    ['no URL', { workflow_id: 'wf_liveness', callback: 'nowhere' }, { callback: ['Enter a valid URL.'] }],
    [
      'method',
      { workflow_id: 'wf_liveness', callback_method: 'all' },
      { callback_method: ['"all" is not a valid choice.'] },
    ],
    [
      'metadata',
      { workflow_id: 'wf_liveness', metadata: 'x'.repeat(40_000) },
      { metadata: [expect.any(String)] },
    ],
    [
      'address without country',
      { workflow_id: 'wf_liveness', expected_details: { address: 'Street 1' } },
      { expected_details: [expect.stringContaining('country')] },
    ],
    [
      'several mistakes at once',
      {
        workflow_id: 'wf_liveness',
        contact_details: { email: 'no' },
        expected_details: { date_of_birth: '2001-02-30' },
      },
      {
        contact_details: [expect.stringContaining('email')],
        expected_details: [expect.stringContaining('date_of_birth')],
      },
    ],
    [
      'bad base64',
      { workflow_id: 'wf_reauth', portrait_image: '%%%' },
      { portrait_image: ['Invalid base64 image.'] },
    ],
    [
      'no picture',
      { workflow_id: 'wf_reauth', portrait_image: Buffer.from('hello world').toString('base64') },
      { portrait_image: [expect.stringContaining('format')] },
    ],
    [
      'too large a portrait',
      {
        workflow_id: 'wf_reauth',
        portrait_image: Buffer.concat([jpeg, Buffer.alloc(3_000_000)]).toString('base64'),
      },
      { portrait_image: [expect.stringContaining('2 MB')] },
    ],
    [
      'no face to compare with',
      { workflow_id: 'wf_reauth' },
      { portrait_image: expect.stringContaining('required') },
    ],
    [
      'nobody enrolled',
      { workflow_id: 'wf_reauth', vendor_data: 'stranger' },
      { portrait_image: expect.stringContaining('no stored face') },
    ],
  ];
  it.each(refused)('%s', async (_name, body, expected) => {
    const answer = await world.demo.call('POST', '/v3/session/', body);
    expect([answer.status, answer.body]).toEqual([400, expected]);
  });

  it('a faceless portrait, in words that help', async () => {
    world.biometrics.answer({ bind: FaceProblem.NO_FACE });
    const answer = await world.demo.call('POST', '/v3/session/', {
      workflow_id: 'wf_reauth',
      portrait_image: portrait,
    });
    expect([answer.status, answer.body]).toEqual([
      400,
      { portrait_image: ['No face detected in the image.'] },
    ]);
  });

  it('a portrait that cannot be decoded', async () => {
    world.biometrics.answer({ bind: new Failure('invalid', 'image_undecodable', 'no') });
    const answer = await world.demo.call('POST', '/v3/session/', {
      workflow_id: 'wf_reauth',
      portrait_image: portrait,
    });
    expect([answer.status, answer.body]).toEqual([
      400,
      { portrait_image: ['The image could not be decoded.'] },
    ]);
  });

  it('everything without a key, and a session of someone else does not exist', async () => {
    const nobody = await fetch(`${world.baseUrl}/v3/session/`, { method: 'POST', body: '{}' });
    expect([nobody.status, await nobody.json()]).toEqual([
      401,
      { detail: 'Authentication credentials were not provided or are invalid.' },
    ]);
    const mine = await world.demo.create({ workflow_id: 'wf_liveness' });
    const other = await world.client('other');
    for (const [method, path] of [
      ['GET', 'decision/'],
      ['DELETE', 'delete/'],
      ['PATCH', 'update-status/'],
    ] as const) {
      const answer = await other.call(method, `/v3/session/${mine.session_id}/${path}`);
      expect([answer.status, answer.body]).toEqual([404, { detail: 'Not found.' }]);
    }
    expect((await other.call('GET', '/v3/sessions/')).body).toMatchObject({ count: 0, results: [] });
    expect((await world.demo.call('GET', '/v3/session/no-uuid/decision/')).status).toBe(404);
  });

  it('a neighbour that is away or busy is 503, and nothing is written', async () => {
    const before = (await world.demo.call('GET', '/v3/sessions/')).body.count;
    for (const kind of ['unavailable', 'exhausted'] as const) {
      world.biometrics.answer({ bind: new Failure(kind, 'not_now', 'later') });
      const answer = await world.demo.call('POST', '/v3/session/', {
        workflow_id: 'wf_reauth',
        portrait_image: portrait,
      });
      expect(answer.status).toBe(503);
    }
    expect((await world.demo.call('GET', '/v3/sessions/')).body.count).toBe(before);
  });
});

describe('a waiting session of the same person', () => {
  it('is returned with callback and metadata renewed', async () => {
    const first = await world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'again', metadata: 1 });
    const second = await world.demo.create({
      workflow_id: 'wf_liveness',
      vendor_data: 'again',
      metadata: { n: 2 },
      callback: 'https://app.example/done',
    });
    expect(second).toEqual({ ...first, metadata: { n: 2 }, callback: 'https://app.example/done' });
  });

  it('is one session however many ask at once', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 8 }, () =>
        world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'at-once' }),
      ),
    );
    expect(new Set(bodies.map((body) => body.session_id)).size).toBe(1);
  });

  it('is not returned when finished, of another workflow or of an older definition', async () => {
    const first = await world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'moving' });
    const other = await world.demo.create({ workflow_id: 'wf_first_verification', vendor_data: 'moving' });
    expect(other.session_id).not.toBe(first.session_id);
    await world.look(first);
    await world.announced(first.session_id, 'Approved');
    const second = await world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'moving' });
    expect(second.session_id).not.toBe(first.session_id);
    await world.demo.call('PATCH', '/v3/workflows/wf_liveness/', { workflow_label: 'changed' });
    const third = await world.demo.create({ workflow_id: 'wf_liveness', vendor_data: 'moving' });
    expect(third.session_id).not.toBe(second.session_id);
  });

  it('is not returned where another address is expected than it expects', async () => {
    const body = { workflow_id: 'wf_liveness', vendor_data: 'expected elsewhere' };
    const ask = async (ip_address?: string) =>
      (await world.demo.create({ ...body, ...(ip_address ? { expected_details: { ip_address } } : {}) }))
        .session_id;
    const ids = [await ask(), await ask('203.0.113.7'), await ask('203.0.113.99')];
    expect(new Set(ids).size).toBe(3);
    expect(await ask('203.0.113.7')).toBe(ids[1]);
  });

  it('is not returned for another device or address than it names: nobody plants one in it', async () => {
    const body = { workflow_id: 'wf_liveness', vendor_data: 'planted' };
    const ask = async (metadata?: unknown) =>
      (await world.demo.create({ ...body, ...(metadata === undefined ? {} : { metadata }) })).session_id;
    const device = { device_id: 'device-0001', from_ip: '203.0.113.7' };
    const metadatas = [
      undefined,
      device,
      { ...device, device_id: 'device-0002' },
      { ...device, from_ip: '203.0.113.8' },
      { device_id: 'device-0001' },
    ];
    const ids: string[] = [];
    for (const metadata of metadatas) ids.push(await ask(metadata));
    expect(new Set(ids).size).toBe(metadatas.length);
    // Whatever else metadata says is renewed.
    for (const [index, metadata] of metadatas.entries()) {
      expect(await ask({ ...metadata, order: index })).toBe(ids[index]);
    }
    const path = `/v3/session/${ids[1]}/decision/`;
    const { body: decision } = await world.demo.call('GET', path);
    expect(decision.metadata).toEqual({ ...device, order: 1 });
    // What is no device and no address names nothing.
    expect(await ask({ device_id: 7, from_ip: 'home' })).toBe(ids[0]);
  });

  it('keeps its portrait for the next request', async () => {
    const body = { workflow_id: 'wf_reauth', vendor_data: 'portrait-kept' };
    const first = await world.demo.create({ ...body, portrait_image: portrait });
    expect((await world.demo.create(body)).session_id).toBe(first.session_id);
    expect(world.biometrics.bound.filter((each) => each.sessionId === first.session_id)).toHaveLength(1);
  });
});

describe('the face to compare with', () => {
  it('may be enrolled', async () => {
    world.biometrics.enrolled.add('enrolled');
    await world.demo.create({ workflow_id: 'wf_reauth', vendor_data: 'enrolled' });
  });

  it('is waited for when its enrolment was approved a moment ago', async () => {
    const created = await world.demo.create({ workflow_id: 'wf_first_verification', vendor_data: 'fresh' });
    await world.look(created);
    await world.announced(created.session_id, 'Approved');
    let asked = 0;
    world.biometrics.answer({ has: () => ++asked > 3 });
    await world.demo.create({ workflow_id: 'wf_reauth', vendor_data: 'fresh' });
    expect(asked).toBe(4);
  });

  it('is not waited for without end', async () => {
    world.biometrics.answer({ has: () => false });
    const answer = await world.demo.call('POST', '/v3/session/', {
      workflow_id: 'wf_reauth',
      vendor_data: 'fresh',
    });
    expect(answer.status).toBe(400);
  });
});
