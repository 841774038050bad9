import { afterAll, beforeAll, expect, it } from 'vitest';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
  for (let index = 1; index <= 5; index += 1) {
    await world.demo.create({
      workflow_id: index % 2 ? 'wf_liveness' : 'wf_first_verification',
      vendor_data: `user-${index}`,
      contact_details: { email: `person${index}@example.com` },
      expected_details: { first_name: 'Ana', last_name: `Number${index}` },
    });
  }
  const spoof = await world.demo.create({ workflow_id: 'wf_liveness' });
  await world.look(spoof, { livenessScore: 3 });
  await world.announced(spoof.session_id, 'Declined');
});
afterAll(() => world.close());

async function numbers(query: string): Promise<number[]> {
  const answer = await world.demo.call('GET', `/v3/sessions/?${query}`);
  expect(answer.status).toBe(200);
  expect(answer.body.count).toBe(answer.body.results.length);
  return answer.body.results.map((row: { session_number: number }) => row.session_number);
}

it('shows sessions newest first, in pages that lead to each other', async () => {
  const first = (await world.demo.call('GET', '/v3/sessions/?limit=4&status=Not%20Started,Declined')).body;
  expect(first.count).toBe(6);
  expect(first.previous).toBeNull();
  expect(first.results.map((row: { session_number: number }) => row.session_number)).toEqual([6, 5, 4, 3]);
  expect(first.next).toBe('https://id.example/v3/sessions/?status=Not+Started%2CDeclined&limit=4&offset=4');
  const next = new URL(first.next);
  const second = (await world.demo.call('GET', `${next.pathname}${next.search}`)).body;
  expect([second.results.length, second.next]).toEqual([2, null]);
  expect(second.previous).toBe('https://id.example/v3/sessions/?status=Not+Started%2CDeclined&limit=4');
});

it('has the row of the contract', async () => {
  const { results } = (await world.demo.call('GET', '/v3/sessions/?limit=1')).body;
  expect(results[0]).toEqual({
    session_id: expect.any(String),
    session_kind: 'user',
    session_type: 'HOSTED',
    shared_from_session: null,
    session_number: 6,
    session_url: expect.stringMatching(/^https:\/\/id\.example\/session\/[\w-]{12}$/),
    portrait_image: null,
    document_type: null,
    full_name: null,
    country: null,
    status: 'Declined',
    vendor_data: null,
    workflow_id: expect.any(String),
    created_at: expect.stringMatching(/Z$/),
    features: [{ feature: 'LIVENESS', status: 'Declined' }],
    phone_number: null,
    email_address: null,
    additional_details: {
      liveness: { method: 'PASSIVE', score: 3 },
      face_match: null,
      ip_analysis: null,
      aml: null,
      database_validation: null,
      poa: null,
      phone_verification: null,
      email_verification: null,
    },
  });
});

it('narrows by everything that sessions have', async () => {
  const today = new Date().toISOString().slice(0, 10);
  const { results } = (await world.demo.call('GET', '/v3/sessions/')).body;
  const workflows = (await world.demo.call('GET', '/v3/workflows/')).body.results;
  const kyc = workflows.find((each: { slug: string }) => each.slug === 'wf_first_verification');
  expect(await numbers('status=Declined')).toEqual([6]);
  expect(await numbers('status=declined')).toEqual([]);
  expect(await numbers('status=Nonsense')).toEqual([]);
  expect(await numbers('vendor_data=user-3')).toEqual([3]);
  expect(await numbers('vendor_data=user')).toEqual([]);
  expect(await numbers('workflow_id=wf_first_verification')).toEqual([4, 2]);
  expect(await numbers(`workflow_id=${kyc.workflow_id},unknown`)).toEqual([4, 2]);
  expect(await numbers('workflow_id=unknown')).toEqual([]);
  expect(await numbers(`search=${results[2].session_id}`)).toEqual([4]);
  expect(await numbers('search=3')).toEqual([3]);
  expect(await numbers('search=person2@')).toEqual([2]);
  expect(await numbers('search=ana%20number5')).toEqual([5]);
  expect(await numbers('search=%25')).toEqual([]);
  expect(await numbers('warning=LIVENESS_FACE_ATTACK')).toEqual([6]);
  expect(await numbers('warning=OTHER')).toEqual([]);
  expect(await numbers(`date_from=${today}&date_to=${today}`)).toHaveLength(6);
  expect(await numbers('date_to=2020-01-01')).toEqual([]);
  expect(await numbers('session_kind=all&session_type=HOSTED')).toHaveLength(6);
  expect(await numbers('session_kind=business')).toEqual([]);
  expect(await numbers('country=ESP')).toEqual([]);
});

it('refuses a bad date, and bounds what it gives', async () => {
  const bad = await world.demo.call('GET', '/v3/sessions/?date_from=yesterday');
  expect([bad.status, bad.body]).toEqual([400, { date_from: [expect.any(String)] }]);
  expect((await world.demo.call('GET', '/v3/sessions/?limit=100000&offset=x')).body.results).toHaveLength(6);
});

it('redirects a path without its slash', async () => {
  const answer = await fetch(`${world.baseUrl}/v3/sessions?limit=1`, {
    redirect: 'manual',
    headers: { 'x-api-key': world.demo.apiKey },
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([301, '/v3/sessions/?limit=1']);
});
