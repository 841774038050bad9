import { randomUUID } from 'node:crypto';
import type { ExportSessionResponse, ImportSessionRequest } from '@selfsame/contracts/session/v1/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApplication } from '../src/applications.ts';
import type { Evidence, World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;
let partner: Awaited<ReturnType<World['client']>>;

beforeAll(async () => {
  world = await openWorld();
  partner = await world.client('partner_b');
});
afterAll(() => world.close());

/** A verification of demo's that is over. */
async function verified(evidence: Evidence = {}, body: Record<string, unknown> = {}) {
  const created = await world.demo.create({
    workflow_id: 'wf_first_verification',
    vendor_data: `secret-${randomUUID()}`,
    metadata: { internal: 'secret-metadata' },
    callback: 'https://secret.example/back',
    contact_details: { email: 'secret@person.example' },
    expected_details: { first_name: 'Secret' },
    ...body,
  });
  await world.look(created, evidence);
  await world.settled();
  return created;
}

const exported = (sessionId: string, scope = 'kyc') =>
  world.rpc.exportSession({ applicationId: world.demo.applicationId, sessionId, scope });

function request(
  sessionId: string,
  { snapshotJson, status }: Pick<ExportSessionResponse, 'snapshotJson' | 'status'>,
  changes: Partial<ImportSessionRequest> = {},
) {
  return {
    importId: randomUUID(),
    applicationId: partner.applicationId,
    workflowRef: 'partner_b_wf',
    vendorData: 'b-user',
    trustReview: true,
    snapshotJson,
    sharedFrom: {
      shareId: randomUUID(),
      applicationId: world.demo.applicationId,
      applicationName: 'Demo',
      sessionId,
      status,
      purpose: 'onboarding',
      scope: 'kyc',
      consentedAt: new Date('2026-03-01T10:00:00Z'),
      sharedAt: new Date('2026-03-01T10:05:00Z'),
    },
    ...changes,
  };
}

/** The answer, with the id of what was made. */
async function imports(wanted: ReturnType<typeof request>) {
  return { ...(await world.rpc.importSession(wanted)), sessionId: wanted.importId };
}

const code = (value: string) => ({ code: value });

describe('what leaves a session', () => {
  it('is results and findings, and nothing by which the application knows its user', async () => {
    const created = await verified({
      searchMatches: [
        {
          kind: 'FACE_SEARCH_KIND_SUBJECT',
          sessionId: randomUUID(),
          listId: '',
          entryId: '',
          similarity: 71,
        },
      ],
    });
    await world.demo.call('POST', `/v3/sessions/${created.session_id}/reviews/`, { comment: 'secret-note' });
    const out = await exported(created.session_id);
    const text = Buffer.from(out.snapshotJson).toString();
    const snapshot = JSON.parse(text);
    expect(snapshot).toMatchObject({
      version: 1,
      status: 'Approved',
      environment: 'live',
      workflow_type: 'kyc',
      features: ['LIVENESS'],
      reports: [{ feature: 'LIVENESS', status: 'Approved', score: 97.12, details: { method: 'PASSIVE' } }],
    });
    expect(snapshot.reports[0].warnings).toMatchObject([{ risk: 'DUPLICATED_FACE', additional_data: null }]);
    expect(text).not.toMatch(/secret|matches|vendor|metadata/i);
    expect(text).not.toContain(created.session_id);
    expect(out).toMatchObject({ status: 'Approved', vendorData: created.vendor_data, language: '' });
    expect(out.userPid).toMatch(/^[0-9a-f]{32}$/);
  });

  it('holds neither device nor network', async () => {
    const workflow = await world.demo.call('POST', '/v3/workflows/', {
      workflow_type: 'kyc',
      features: [{ feature: 'LIVENESS' }, { feature: 'IP_ANALYSIS' }],
      is_desktop_allowed: true,
    });
    const created = await verified({}, { workflow_id: workflow.body.workflow_id });
    const snapshot = JSON.parse(Buffer.from((await exported(created.session_id)).snapshotJson).toString());
    expect([snapshot.features, snapshot.reports.length, snapshot.status]).toEqual([
      ['LIVENESS'],
      1,
      'In Review',
    ]);
  });

  it('is of finished sessions of the application itself, and never of what it was given', async () => {
    const open = await world.demo.create({ workflow_id: 'wf_liveness' });
    await expect(exported(open.session_id)).rejects.toMatchObject(code('session_unfinished'));
    await expect(exported(randomUUID())).rejects.toMatchObject(code('session_not_found'));
    await expect(exported('nonsense')).rejects.toMatchObject(code('session_not_found'));
    const created = await verified();
    await expect(exported(created.session_id, 'everything')).rejects.toMatchObject(code('scope_unknown'));
    const foreign = { applicationId: partner.applicationId, sessionId: created.session_id, scope: 'kyc' };
    await expect(world.rpc.exportSession(foreign)).rejects.toMatchObject(code('session_not_found'));
    const imported = await imports(request(created.session_id, await exported(created.session_id)));
    const again = { applicationId: partner.applicationId, sessionId: imported.sessionId, scope: 'kyc' };
    await expect(world.rpc.exportSession(again)).rejects.toMatchObject(code('session_imported'));
    await world.demo.call('DELETE', `/v3/session/${created.session_id}/delete/`);
    await expect(exported(created.session_id)).rejects.toMatchObject(code('session_not_found'));
  });

  it('is out of date after any change, a corrected step included', async () => {
    const created = await verified();
    const path = `/v3/session/${created.session_id}`;
    const first = await exported(created.session_id);
    await world.demo.call('POST', `/v3/sessions/${created.session_id}/reviews/`, { comment: 'Just a note.' });
    const noted = await exported(created.session_id);
    await world.demo.call('PATCH', `${path}/features/default/update-status/`, { new_status: 'Declined' });
    const corrected = await exported(created.session_id);
    await world.demo.call('PATCH', `${path}/update-status/`, { new_status: 'Declined' });
    const declined = await exported(created.session_id);
    expect(noted.sequence).toBe(first.sequence);
    expect(corrected.sequence).toBeGreaterThan(first.sequence);
    expect(declined.sequence).toBeGreaterThan(corrected.sequence);
    expect(declined.status).toBe('Declined');
  });

  it('names a subject by one pseudonym in all sessions of one application, and another in the next', async () => {
    const [one, other] = [await verified(), await verified()];
    const same = await verified({}, { vendor_data: one.vendor_data });
    const pids = await Promise.all([one, other, same].map(async (each) => exported(each.session_id)));
    expect(new Set(pids.map(({ userPid }) => userPid)).size).toBe(2);
    expect(pids[2]?.userPid).toBe(pids[0]?.userPid);
    const imported = await imports(
      request(one.session_id, await exported(one.session_id), { vendorData: one.vendor_data }),
    );
    expect(imported.userPid).not.toBe(pids[0]?.userPid);
  });
});

it('is shared under the name of its application, whatever that calls itself on its page', async () => {
  const shop = await world.client('corner_shop');
  const named = await shop.call('PATCH', '/v3/customization/', { app_public_name: 'Acme Bank' });
  expect(named.status).toBe(200);
  const workflow = await shop.call('POST', '/v3/workflows/', {
    features: [{ feature: 'LIVENESS' }],
    is_white_label_enabled: true,
  });
  const created = await shop.create({ workflow_id: workflow.body.uuid });
  await world.look(created, {}, undefined, shop.applicationId);
  await world.announced(created.session_id, 'Approved');
  const wanted = { applicationId: shop.applicationId, sessionId: created.session_id, scope: 'kyc' };
  const { applicationName, appearance } = await world.rpc.exportSession(wanted);
  expect([applicationName, appearance !== undefined]).toEqual(['corner_shop', true]);
});

describe('an imported session', () => {
  it('is a session of its own, with its number, decision, event and provenance', async () => {
    const created = await verified();
    const wanted = request(created.session_id, await exported(created.session_id));
    const imported = await imports(wanted);
    const { body } = await partner.call('GET', `/v3/session/${imported.sessionId}/decision/?include=events`);
    const { session_type, workflow_type, workflow_version, workflow_version_id, api_service, ...decision } =
      body;
    const { has_device_nfc_support: _, ...shown } = decision;
    expect(shown).toEqual(JSON.parse(imported.decisionJson));
    expect({ session_type, workflow_type, workflow_version, api_service }).toEqual({
      session_type: 'IMPORTED',
      workflow_type: 'kyc',
      workflow_version: 1,
      api_service: null,
    });
    expect(workflow_version_id).toEqual(expect.any(String));
    expect(shown).toMatchObject({
      session_url: null,
      expires_at: null,
      status: 'Approved',
      vendor_data: 'b-user',
      metadata: null,
      features: ['LIVENESS'],
      liveness: { status: 'Approved', method: 'PASSIVE', score: 97.12 },
      liveness_checks: [{ score: 97.12, matches: [] }],
      face_matches: null,
      shared_from_session: {
        session_id: created.session_id,
        application_id: world.demo.applicationId,
        application_name: 'Demo',
        status: 'Approved',
        purpose: 'onboarding',
        scope: 'kyc',
        share_id: wanted.sharedFrom?.shareId,
        consented_at: '2026-03-01T10:00:00.000Z',
        shared_at: '2026-03-01T10:05:00.000Z',
        workflow_type: 'kyc',
        workflow_label: 'First verification',
        features: ['LIVENESS'],
      },
    });
    const event = await world.announced(imported.sessionId, 'Approved');
    expect(event).toMatchObject({ enrols: false, candidateId: '', attemptId: '', previousStatus: '' });
    expect(event).toMatchObject({ applicationId: partner.applicationId, vendorData: 'b-user' });
    expect(JSON.parse(event.decisionJson).shared_from_session.session_id).toBe(created.session_id);
    const list = await partner.call('GET', '/v3/sessions/?session_type=IMPORTED');
    expect(list.body.results).toContainEqual(
      expect.objectContaining({
        session_id: imported.sessionId,
        session_type: 'IMPORTED',
        session_url: null,
        shared_from_session: shown.shared_from_session,
      }),
    );
    const hosted = await partner.call('GET', '/v3/sessions/?session_type=HOSTED');
    expect(JSON.stringify(hosted.body)).not.toContain(imported.sessionId);
  });

  it('waits for a person where the partner does not trust the verdict, who approves or declines it', async () => {
    const created = await verified();
    const out = await exported(created.session_id);
    const imported = await imports(request(created.session_id, out, { trustReview: false }));
    const path = `/v3/session/${imported.sessionId}`;
    const decision = await partner.call('GET', `${path}/decision/`);
    expect(decision.body).toMatchObject({
      status: 'In Review',
      shared_from_session: { status: 'Approved' },
      liveness: { status: 'Approved' },
    });
    const sendBack = await partner.call('PATCH', `${path}/update-status/`, { new_status: 'Resubmitted' });
    expect([sendBack.status, sendBack.body.new_status]).toEqual([
      400,
      expect.stringContaining('no user to resubmit'),
    ]);
    const step = await partner.call('PATCH', `${path}/features/default/update-status/`, {
      new_status: 'Declined',
    });
    expect(step.status).toBe(400);
    for (const new_status of ['Approved', 'Declined']) {
      const changed = await partner.call('PATCH', `${path}/update-status/`, { new_status });
      expect(changed.status).toBe(200);
      const event = await world.announced(imported.sessionId, new_status);
      expect([event.enrols, event.candidateId]).toEqual([false, '']);
    }
    const deleted = await partner.call('DELETE', `${path}/delete/`);
    expect(deleted.status).toBe(204);
    const { rows } = await world.database.db
      .selectFrom('sessions')
      .select(['shared_from', 'reports', 'vendor_data'])
      .where('id', '=', imported.sessionId)
      .execute()
      .then((found) => ({ rows: found }));
    expect(rows).toEqual([{ shared_from: null, reports: null, vendor_data: null }]);
  });

  it('keeps a verdict of Declined for whoever trusts it', async () => {
    const created = await verified({ livenessScore: 3 });
    const out = await exported(created.session_id);
    const imported = await imports(request(created.session_id, out));
    expect(JSON.parse(imported.decisionJson)).toMatchObject({
      status: 'Declined',
      liveness: { status: 'Declined' },
    });
  });

  it('is one, whoever asks how often at the same time', async () => {
    const created = await verified();
    const wanted = request(created.session_id, await exported(created.session_id));
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.rpc.importSession(wanted)));
    expect(new Set(answers.map(({ decisionJson }) => decisionJson)).size).toBe(1);
    await world.announced(wanted.importId, 'Approved');
    await world.settled();
    expect(world.events(wanted.importId)).toHaveLength(1);
    const others = { ...wanted, applicationId: world.demo.applicationId, workflowRef: 'wf_liveness' };
    await expect(world.rpc.importSession(others)).rejects.toMatchObject(code('import_id_taken'));
    await partner.call('DELETE', `/v3/session/${wanted.importId}/delete/`);
    await expect(world.rpc.importSession(wanted)).rejects.toMatchObject(code('import_deleted'));
  });

  it('comes into the world whole or not at all', async () => {
    const created = await verified();
    const out = await exported(created.session_id);
    const snapshot = JSON.parse(Buffer.from(out.snapshotJson).toString());
    const [report] = snapshot.reports;
    const numberOf = async (wanted: ImportSessionRequest) =>
      JSON.parse((await world.rpc.importSession(wanted)).decisionJson).session_number;
    const first = await numberOf(request(created.session_id, out));
    const written = (changes: object) => ({
      ...out,
      snapshotJson: Buffer.from(JSON.stringify({ ...snapshot, ...changes })),
    });
    const refusals: [object, string][] = [
      [{ version: 2, whatever: true }, 'snapshot_newer'],
      [{ features: ['LIVENESS', 'NFC'] }, 'snapshot_newer'],
      [{ reports: [report, { ...report, feature: 'AML' }] }, 'snapshot_newer'],
      [{ reports: [{ ...report, feature: 'IP_ANALYSIS' }] }, 'snapshot_invalid'],
      [{ status: 'Not Started' }, 'snapshot_invalid'],
      [{ reports: [{ ...report, matches: [] }] }, 'snapshot_invalid'],
      [{ reports: [{ ...report, score: 101 }] }, 'snapshot_invalid'],
      [{ decided_at: 'yesterday' }, 'snapshot_invalid'],
      [{ surplus: 1 }, 'snapshot_invalid'],
      [{ reports: Array.from({ length: 200 }, () => report) }, 'snapshot_invalid'],
      [{ workflow_label: 'x'.repeat(40_000) }, 'snapshot_invalid'],
      [{ environment: 'sandbox' }, 'environment_differs'],
    ];
    for (const [changes, expected] of refusals) {
      const wanted = request(created.session_id, written(changes));
      await expect(world.rpc.importSession(wanted), JSON.stringify(changes)).rejects.toMatchObject(
        code(expected),
      );
    }
    for (const snapshotJson of [Buffer.alloc(0), Buffer.from('null'), Buffer.from([0xff, 0x00])]) {
      const wanted = request(created.session_id, { ...out, snapshotJson });
      await expect(world.rpc.importSession(wanted)).rejects.toMatchObject(code('snapshot_invalid'));
    }
    const unknown = request(created.session_id, out, { workflowRef: 'wf_nobody_has' });
    await expect(world.rpc.importSession(unknown)).rejects.toMatchObject(code('workflow_not_found'));
    const nobody = request(created.session_id, out, { applicationId: randomUUID() });
    await expect(world.rpc.importSession(nobody)).rejects.toMatchObject(code('application_not_found'));
    const nameless = request(created.session_id, out, { importId: 'mine' });
    await expect(world.rpc.importSession(nameless)).rejects.toMatchObject(code('import_id_invalid'));
    // Nothing that was refused has used up a number.
    expect(await numberOf(request(created.session_id, out))).toBe(first + 1);
  });
});

describe('who an application is', () => {
  it('is found by id, slug, or a name that only one has', async () => {
    const id = partner.applicationId;
    await createApplication(world.database, { slug: 'north', name: 'Nordic Bank', environment: 'live' });
    await createApplication(world.database, { slug: 'twin_1', name: 'Twin', environment: 'sandbox' });
    await createApplication(world.database, { slug: 'twin_2', name: 'twin', environment: 'live' });
    const find = (reference: string) => world.rpc.findApplication({ reference });
    expect(await find(id)).toMatchObject({ applicationId: id, slug: 'partner_b', environment: 'live' });
    expect(await find('partner_b')).toEqual(await find(id));
    expect(await find('nordic bank')).toMatchObject({ slug: 'north', name: 'Nordic Bank' });
    expect((await find('twin_1')).environment).toBe('sandbox');
    for (const unknown of ['Twin', 'nobody', '', randomUUID()]) {
      await expect(find(unknown), unknown).rejects.toMatchObject(code('application_not_found'));
    }
  });
});
