import { afterAll, beforeAll, expect, it } from 'vitest';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

it('every public route is described', async () => {
  const answer = await fetch(`${world.baseUrl}/v3/openapi/session.json`);
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.sort()).toEqual([
    'DELETE /v3/session/{id}/delete/',
    'DELETE /v3/users/{vendor_data}/',
    'DELETE /v3/workflows/{ref}/',
    'GET /brand-assets/{file}',
    'GET /v3/audit-logs/',
    'GET /v3/customization/',
    'GET /v3/data-retention/',
    'GET /v3/erasures/jwks.json',
    'GET /v3/erasures/{id}/',
    'GET /v3/session/{id}/decision/',
    'GET /v3/sessions/',
    'GET /v3/sessions/{id}/reviews/',
    'GET /v3/usage/',
    'GET /v3/workflows/',
    'GET /v3/workflows/{ref}/',
    'PATCH /v3/customization/',
    'PATCH /v3/data-retention/',
    'PATCH /v3/session/{id}/features/{node}/update-status/',
    'PATCH /v3/session/{id}/update-status/',
    'PATCH /v3/workflows/{ref}/',
    'POST /v3/age-estimation/',
    'POST /v3/face-match/',
    'POST /v3/face-search/',
    'POST /v3/passive-liveness/',
    'POST /v3/session/',
    'POST /v3/sessions/delete/',
    'POST /v3/sessions/{id}/reviews/',
    'POST /v3/workflows/',
  ]);
});

it('a customization is described for forms and for JSON, with what is an extension named as one', async () => {
  const document = await (await fetch(`${world.baseUrl}/v3/openapi/session.json`)).json();
  const { requestBody, responses } = document.paths['/v3/customization/'].patch;
  expect(Object.keys(requestBody.content)).toEqual(['multipart/form-data', 'application/json']);
  const { properties } = requestBody.content['multipart/form-data'].schema;
  expect(properties.image_square).toMatchObject({ format: 'binary' });
  expect(properties.logo_square).toMatchObject({ readOnly: true });
  for (const [name, property] of Object.entries<object>(properties)) {
    const isExtension = ['font_file', 'allowed_origins', 'fallback_url'].includes(name);
    expect(JSON.stringify(property).includes('Extension of this installation'), name).toBe(isExtension);
  }
  expect(responses['200'].content['application/json'].schema.properties).toHaveProperty('callback_seconds');
});

it('a decision shows more with include=events, and tolerates other values', async () => {
  const { session_id } = await world.demo.create({ workflow_id: 'wf_liveness' });
  const path = `/v3/session/${session_id}/decision/`;
  const plain = (await world.demo.call('GET', path)).body;
  const more = (await world.demo.call('GET', `${path}?include=events`)).body;
  expect(more).toEqual({
    ...plain,
    workflow_type: 'biometric_authentication',
    workflow_version: 1,
    workflow_version_id: plain.workflow_id,
    api_service: null,
    session_type: 'HOSTED',
    has_device_nfc_support: null,
  });
  expect((await world.demo.call('GET', `${path}?include=other`)).body).toEqual(plain);
  expect(plain).toMatchObject({ liveness_checks: null, liveness: null, face: null, reviews: [] });
});

it('a body that is no object, no JSON or far too large is the caller’s mistake', async () => {
  const post = (body: string) => world.demo.call('POST', '/v3/session/', body);
  expect([(await post('[]')).status, (await post('{"a":')).status]).toEqual([400, 400]);
  expect((await post(`{"metadata":"${'x'.repeat(9_000_000)}"}`)).status).toBe(413);
});

it('probes need no key', async () => {
  expect((await fetch(`${world.baseUrl}/healthz`)).status).toBe(200);
  expect((await fetch(`${world.baseUrl}/readyz`)).status).toBe(200);
});
