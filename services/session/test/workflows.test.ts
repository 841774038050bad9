import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const features = [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }];
const create = (body: unknown) => world.demo.call('POST', '/v3/workflows/', body);
const patch = (id: string, body: unknown) => world.demo.call('PATCH', `/v3/workflows/${id}/`, body);

describe('writing a workflow', () => {
  it('answers the full settings, defaults filled in', async () => {
    const answer = await create({
      workflow_label: 'Mine',
      workflow_type: 'biometric_authentication',
      features: [
        { feature: 'LIVENESS', config: { face_liveness_score_decline_threshold: 40 }, label: 'Look' },
        { feature: 'FACE_MATCH' },
      ],
      face_liveness_max_attempts: 2,
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      workflow_label: 'Mine',
      workflow_type: 'biometric_authentication',
      version: 1,
      status: 'published',
      has_draft: false,
      is_default: false,
      max_retry_attempts: 3,
      retry_window_days: 7,
      session_expiration_time: 604800,
      features: [
        {
          node_id: 'feature_liveness_1',
          feature: 'LIVENESS',
          label: 'Look',
          config: { face_liveness_score_decline_threshold: 40, face_liveness_max_attempts: 2 },
        },
        { node_id: 'feature_face_match_1', config: { face_match_score_decline_threshold: 50 } },
      ],
      workflow_graph: {
        start_node: 'feature_liveness_1',
        nodes: {
          feature_face_match_1: { next: 'status_final' },
          status_final: { session_status: 'Determine' },
        },
      },
    });
    expect(answer.body.uuid).toBe(answer.body.workflow_id);
  });

  const refused: [string, unknown, unknown][] = [
    [
      'an unknown key',
      { features, color: 1 },
      { color: [expect.stringContaining('workflow_label, workflow_type')] },
    ],
    ['no features', {}, { features: ['This field is required.'] }],
    ['an empty list', { features: [] }, { features: ['This list may not be empty.'] }],
    [
      'an unknown feature',
      { features: [{ feature: 'OCR' }] },
      { features: [expect.stringContaining('LIVENESS, FACE_MATCH')] },
    ],
    [
      'a comparison first',
      { features: [{ feature: 'FACE_MATCH' }] },
      { features: ['FACE_MATCH must come after LIVENESS.'] },
    ],
    [
      'a step twice',
      { features: [{ feature: 'LIVENESS' }, { feature: 'LIVENESS' }] },
      { features: [expect.any(String)] },
    ],
    [
      'a method and a mode that do not exist',
      {
        features: [
          {
            feature: 'LIVENESS',
            config: { face_liveness_method: 'BLINKING', face_liveness_flash_mode: 1 },
          },
        ],
      },
      {
        features: [
          'LIVENESS: face_liveness_method must be one of PASSIVE, FLASHING, ACTIVE_3D.',
          'LIVENESS: face_liveness_flash_mode must be one of 0, 1.',
        ],
      },
    ],
    [
      'a setting beyond its range, and one that does not exist',
      { features: [{ feature: 'LIVENESS', config: { face_quality_review_threshold: 101, other: 1 } }] },
      {
        features: [
          expect.stringContaining('from 0 to 100'),
          expect.stringContaining('other is not a setting'),
        ],
      },
    ],
    ['a long label', { features, workflow_label: 'x'.repeat(51) }, { workflow_label: [expect.any(String)] }],
    ['another type', { features, workflow_type: 'kyb' }, { workflow_type: ['"kyb" is not a valid choice.'] }],
    [
      'numbers out of range',
      { features, session_expiration_time: 60, max_retry_attempts: 11 },
      { session_expiration_time: [expect.any(String)], max_retry_attempts: [expect.any(String)] },
    ],
  ];
  it.each(refused)('refuses %s', async (_name, body, expected) => {
    const answer = await create(body);
    expect([answer.status, answer.body]).toEqual([400, expected]);
  });

  it('insists on a JSON content type', async () => {
    const answer = await world.demo.call('POST', '/v3/workflows/', JSON.stringify({ features }), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([answer.status, answer.body.detail]).toEqual([
      415,
      expect.stringContaining('Unsupported media type'),
    ]);
  });

  it('ends at 50 for one application, also when many are made at once', async () => {
    const client = await world.client('many');
    const answers = await Promise.all(
      Array.from({ length: 53 }, () => client.call('POST', '/v3/workflows/', { features })),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(50);
    const [refusal] = answers.filter((answer) => answer.status !== 201);
    expect([refusal?.status, refusal?.body]).toEqual([400, { detail: expect.stringContaining('50') }]);
  });
});

describe('versions', () => {
  it('a draft opens no session until it is published', async () => {
    const draft = (await create({ features, status: 'draft' })).body;
    expect(draft).toMatchObject({ status: 'draft', is_editable: true, has_draft: true });
    const early = await world.demo.call('POST', '/v3/session/', { workflow_id: draft.workflow_id });
    expect([early.status, early.body]).toEqual([400, { workflow_id: expect.any(String) }]);
    const still = (await patch(draft.uuid, { status: 'draft', workflow_label: 'Still' })).body;
    expect(still).toMatchObject({ status: 'draft', workflow_label: 'Still', version: 1 });
    expect((await patch(draft.uuid, { workflow_label: 'Now' })).body).toMatchObject({
      status: 'published',
      version: 1,
    });
    const late = await patch(draft.uuid, { status: 'draft' });
    expect([late.status, late.body]).toEqual([400, { status: [expect.any(String)] }]);
  });

  it('publishing a published version makes a new one, and sessions use the latest under the stable id', async () => {
    const first = (await create({ features: [{ feature: 'LIVENESS' }] })).body;
    const second = (await patch(first.uuid, { status: 'published', workflow_label: 'Second' })).body;
    expect(second).toMatchObject({ version: 2, workflow_id: first.workflow_id, workflow_label: 'Second' });
    expect(second.uuid).not.toBe(first.uuid);
    for (const id of [first.workflow_id, second.uuid]) {
      const created = await world.demo.create({ workflow_id: id });
      expect(created).toMatchObject({ workflow_id: first.workflow_id, workflow_version: 2 });
    }
    const listed = (await world.demo.call('GET', '/v3/workflows/')).body.results;
    const rows = listed.filter((each: { workflow_id: string }) => each.workflow_id === first.workflow_id);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ version: 2, features: 'LIVENESS', uuid: second.uuid });
  });

  it('a session keeps the definition that it was created with', async () => {
    const workflow = (await create({ features: [{ feature: 'LIVENESS' }] })).body;
    const created = await world.demo.create({ workflow_id: workflow.workflow_id });
    await patch(workflow.uuid, {
      features: [{ feature: 'LIVENESS', config: { face_liveness_score_decline_threshold: 99 } }],
    });
    await world.look(created, { livenessScore: 90 });
    await world.announced(created.session_id, 'Approved');
    const after = await world.demo.create({ workflow_id: workflow.workflow_id });
    await world.look(after, { livenessScore: 90 });
    await world.announced(after.session_id, 'Declined');
  });

  it('limits given alone reach the steps', async () => {
    const workflow = (await create({ features })).body;
    const changed = (await patch(workflow.uuid, { face_liveness_max_attempts: 1 })).body;
    expect(changed.features[0].config.face_liveness_max_attempts).toBe(1);
  });
});

describe('reading and deleting', () => {
  it('a slug names what an id names', async () => {
    const bySlug = await world.demo.call('GET', '/v3/workflows/wf_reauth/');
    const byId = await world.demo.call('GET', `/v3/workflows/${bySlug.body.workflow_id}/`);
    expect(byId.body).toEqual(bySlug.body);
    expect(bySlug.body).toMatchObject({ slug: 'wf_reauth', workflow_type: 'biometric_authentication' });
  });

  it('the seeds of demo and partner_b are there', async () => {
    const slugs = async (client: World['demo']) =>
      (await client.call('GET', '/v3/workflows/?limit=100')).body.results
        .filter((each: { slug: string | null }) => each.slug)
        .map((each: { slug: string; workflow_type: string; features: string }) =>
          [each.slug, each.workflow_type, each.features].join(' '),
        )
        .sort();
    expect(await slugs(world.demo)).toEqual([
      'wf_active_3d biometric_authentication LIVENESS',
      'wf_adaptive biometric_authentication LIVENESS + FACE_MATCH + IP_ANALYSIS',
      'wf_first_verification kyc LIVENESS',
      'wf_flashing biometric_authentication LIVENESS',
      'wf_liveness biometric_authentication LIVENESS',
      'wf_reauth biometric_authentication LIVENESS + FACE_MATCH',
      'wf_reusable_kyc biometric_authentication LIVENESS + FACE_MATCH',
    ]);
    expect(await slugs(await world.client('partner_b'))).toEqual([
      'partner_b_wf kyc LIVENESS',
      'wf_reauth biometric_authentication LIVENESS + FACE_MATCH',
    ]);
  });

  it('an application that exists gets the seeds that it lacks, and keeps what it has', async () => {
    const own = (await world.demo.call('GET', '/v3/workflows/wf_reauth/')).body;
    await world.demo.call('PATCH', `/v3/workflows/${own.uuid}/`, { workflow_label: 'Ours' });
    const gone = (await world.demo.call('GET', '/v3/workflows/wf_flashing/')).body;
    await world.demo.call('DELETE', `/v3/workflows/${gone.uuid}/`);
    const again = await world.client('demo');
    const read = async (slug: string) => (await again.call('GET', `/v3/workflows/${slug}/`)).body;
    expect(await read('wf_reauth')).toMatchObject({ uuid: own.uuid, workflow_label: 'Ours' });
    const renewed = await read('wf_flashing');
    expect(renewed.uuid).not.toBe(gone.uuid);
    expect(renewed).toMatchObject({ is_desktop_allowed: true });
    expect(renewed.features[0].config).toMatchObject({
      face_liveness_method: 'FLASHING',
      face_liveness_flash_mode: '0',
      face_liveness_uncertain_retry_enabled: true,
    });
  });

  it('there is one default', async () => {
    const workflow = (await create({ features, is_default: true })).body;
    expect(workflow.is_default).toBe(true);
    const listed = (await world.demo.call('GET', '/v3/workflows/?limit=100')).body.results;
    expect(listed.filter((each: { is_default: boolean }) => each.is_default)).toHaveLength(1);
  });

  it('a deleted workflow opens no session, while its sessions go on', async () => {
    const workflow = (await create({ features: [{ feature: 'LIVENESS' }] })).body;
    const created = await world.demo.create({ workflow_id: workflow.workflow_id });
    expect((await world.demo.call('DELETE', `/v3/workflows/${workflow.uuid}/`)).status).toBe(204);
    expect((await world.demo.call('DELETE', `/v3/workflows/${workflow.uuid}/`)).status).toBe(404);
    expect(
      (await world.demo.call('POST', '/v3/session/', { workflow_id: workflow.workflow_id })).status,
    ).toBe(400);
    await world.look(created);
    await world.announced(created.session_id, 'Approved');
  });

  it('of another application it does not exist', async () => {
    const workflow = (await create({ features })).body;
    const other = await world.client('other');
    for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
      expect((await other.call(method, `/v3/workflows/${workflow.uuid}/`, body)).status).toBe(404);
      expect((await other.call(method, `/v3/workflows/${randomUUID()}/`, body)).status).toBe(404);
    }
    expect((await other.call('POST', '/v3/session/', { workflow_id: workflow.uuid })).status).toBe(400);
  });
});
