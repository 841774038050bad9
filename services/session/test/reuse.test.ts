import { randomUUID } from 'node:crypto';
import { MatchOutcome, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import type { Evidence, World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

type Application = World['demo'];
let world: World;
let sibling: Application;
let stranger: Application;
let sandbox: Application;

const noFace = 'There is no stored face for this user: send a portrait_image or enrol the user first.';

beforeAll(async () => {
  world = await openWorld();
  sibling = await world.client('demo_shop', { organization: 'demo' });
  sandbox = await world.client('demo_trial', { organization: 'demo', environment: 'sandbox' });
  stranger = await world.client('elsewhere', { organization: 'elsewhere' });
});
afterAll(() => world.close());

const enrolled = (application: Application, vendorData = `user-${randomUUID()}`) => {
  world.biometrics.templates.add(`${application.applicationId}/${vendorData}`);
  return vendorData;
};

const reuse = (application: Application, body: Record<string, unknown>) =>
  application.call('POST', '/v3/session/', { workflow_id: 'wf_reusable_kyc', ...body });

const grantOf = (created: { session_token: string }) =>
  world.rpc.beginAttempt({ tokenSha256: secretDigest(created.session_token), attemptId: randomUUID() });

describe('a verification that is used again', () => {
  it('lets a user in who was enrolled in another application of the organisation', async () => {
    const vendorData = enrolled(world.demo);
    const created = await sibling.create({ workflow_id: 'wf_reusable_kyc', vendor_data: vendorData });
    expect(await grantOf(created)).toMatchObject({
      applicationId: sibling.applicationId,
      vendorData,
      reference: ReferenceKind.SUBJECT,
      referenceApplicationId: world.demo.applicationId,
      adaptsTemplate: true,
      enrols: false,
    });
    await world.look(created, { candidateId: '' }, undefined, sibling.applicationId);
    const event = await world.announced(created.session_id, 'Approved');
    expect([event.enrols, event.candidateId]).toEqual([false, '']);
    const { body } = await sibling.call('GET', `/v3/session/${created.session_id}/decision/`);
    expect(body).toMatchObject({
      status: 'Approved',
      face_matches: [{ reference: 'organization', score: 96.13 }],
      shared_from_session: null,
    });
  });

  it('compares with the own face where there is one', async () => {
    const vendorData = enrolled(sibling, enrolled(world.demo));
    const created = await sibling.create({ workflow_id: 'wf_reusable_kyc', vendor_data: vendorData });
    expect((await grantOf(created)).referenceApplicationId).toBe('');
  });

  it('follows the face: a waiting session is compared with where it is now', async () => {
    const vendorData = enrolled(world.demo);
    const created = await sibling.create({ workflow_id: 'wf_reusable_kyc', vendor_data: vendorData });
    enrolled(sibling, vendorData);
    const again = await sibling.create({ workflow_id: 'wf_reusable_kyc', vendor_data: vendorData });
    expect(again.session_id).toBe(created.session_id);
    expect((await grantOf(created)).referenceApplicationId).toBe('');
  });

  it('is refused once the face is gone, and where there never was one', async () => {
    const vendorData = enrolled(world.demo);
    expect((await reuse(sibling, { vendor_data: vendorData })).status).toBe(201);
    world.biometrics.templates.delete(`${world.demo.applicationId}/${vendorData}`);
    for (const vendor_data of [vendorData, 'never-seen']) {
      const refused = await reuse(sibling, { vendor_data });
      expect([refused.status, refused.body]).toEqual([400, { portrait_image: noFace }]);
    }
  });

  it('never leaves the organisation, nor a sandbox', async () => {
    const vendorData = enrolled(world.demo);
    const tried = enrolled(sandbox);
    const foreign = enrolled(stranger);
    for (const [application, vendor_data] of [
      [stranger, vendorData],
      [sandbox, vendorData],
      [sibling, tried],
      [sibling, foreign],
      [world.demo, foreign],
    ] as const) {
      const refused = await reuse(application, { vendor_data });
      expect([refused.status, refused.body]).toEqual([400, { portrait_image: noFace }]);
    }
  });

  it('gives nobody more tries at a face than its own application does', async () => {
    const vendorData = enrolled(world.demo);
    const third = await world.client('demo_third', { organization: 'demo' });
    for (let turn = 0; turn < 5; turn += 1) {
      const application = turn % 2 === 0 ? sibling : third;
      const created = await application.create({ workflow_id: 'wf_reusable_kyc', vendor_data: vendorData });
      await world.look(created, { similarityScore: 12 }, undefined, application.applicationId);
      await world.announced(created.session_id, 'Declined');
    }
    for (const application of [world.demo, sibling, third]) {
      const created = await application.create({ workflow_id: 'wf_reusable_kyc', vendor_data: vendorData });
      await expect(grantOf(created)).rejects.toMatchObject({ code: 'locked_out' });
    }
    // Somebody else's face under the same name, in an application of its own.
    const own = enrolled(sandbox, vendorData);
    const elsewhere = await sandbox.create({ workflow_id: 'wf_reusable_kyc', vendor_data: own });
    expect((await grantOf(elsewhere)).referenceApplicationId).toBe('');
  });

  it('is a matter of its workflow: another one asks for a face of its own', async () => {
    const vendorData = enrolled(world.demo);
    const workflow = await sibling.call('POST', '/v3/workflows/', {
      features: [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }],
    });
    const refused = await reuse(sibling, {
      workflow_id: workflow.body.workflow_id,
      vendor_data: vendorData,
    });
    expect([refused.status, refused.body]).toEqual([400, { portrait_image: noFace }]);
  });

  it('needs to know who it is, and takes no other face for the verified one', async () => {
    const vendorData = enrolled(world.demo);
    const nameless = await reuse(sibling, {});
    expect([nameless.status, Object.keys(nameless.body)]).toEqual([400, ['vendor_data']]);
    const withPortrait = await reuse(sibling, { vendor_data: vendorData, portrait_image: portrait });
    expect([withPortrait.status, Object.keys(withPortrait.body)]).toEqual([400, ['portrait_image']]);
    expect(world.biometrics.bound).toEqual([]);
  });

  it('waits for a face that was approved a moment ago in another application', async () => {
    const vendorData = `user-${randomUUID()}`;
    const first = await world.demo.create({ workflow_id: 'wf_first_verification', vendor_data: vendorData });
    await world.look(first);
    await world.announced(first.session_id, 'Approved');
    let asked = 0;
    world.biometrics.answer({
      has: () => {
        asked += 1;
        if (asked === 3) enrolled(world.demo, vendorData);
        return false;
      },
    });
    expect((await reuse(sibling, { vendor_data: vendorData })).status).toBe(201);
    world.biometrics.answer({});
    expect(asked).toBe(3);
  });
});

describe('a workflow that uses verifications again', () => {
  it.each([
    ['compares nothing', { features: [{ feature: 'LIVENESS' }] }],
    ['enrols', { workflow_type: 'kyc', features: [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }] }],
  ])('is refused when it %s', async (_what, body) => {
    for (const setting of ['is_reusable', 'adapts_template']) {
      const refused = await world.demo.call('POST', '/v3/workflows/', { ...body, [setting]: true });
      expect([refused.status, Object.keys(refused.body)]).toEqual([400, [setting]]);
    }
  });

  it('says so, and stays so when something else is changed', async () => {
    const features = [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }];
    const plain = await world.demo.call('POST', '/v3/workflows/', { features });
    expect(plain.body).toMatchObject({ is_reusable: false, adapts_template: false });
    const path = `/v3/workflows/${plain.body.uuid}/`;
    await world.demo.call('PATCH', path, { is_reusable: true, adapts_template: true });
    const renamed = await world.demo.call('PATCH', path, { workflow_label: 'Reuse' });
    expect(renamed.body).toMatchObject({ is_reusable: true, adapts_template: true });
  });
});

describe('a face that a partner has granted', () => {
  it('lets the session be created, is told in its report and names the look that may enrol', async () => {
    const vendorData = `user-${randomUUID()}`;
    const refused = await world.demo.call('POST', '/v3/session/', {
      workflow_id: 'wf_reauth',
      vendor_data: vendorData,
    });
    expect([refused.status, refused.body]).toEqual([400, { portrait_image: noFace }]);
    world.biometrics.grants.set(`${world.demo.applicationId}/${vendorData}`, `${stranger.applicationId}/x`);
    const created = await world.demo.create({ workflow_id: 'wf_reauth', vendor_data: vendorData });
    expect((await grantOf(created)).referenceApplicationId).toBe('');
    await world.look(created, { candidateId: 'the-look', referenceGranted: true });
    const event = await world.announced(created.session_id, 'Approved');
    expect(event.candidateId).toBe('the-look');
    expect(JSON.parse(event.decisionJson).face_matches[0].reference).toBe('granted');
  });
});

describe('a face that has changed', () => {
  const settled = async (vendorData: string, workflow: string, evidence: Evidence, status: string) => {
    const created = await world.demo.create({ workflow_id: workflow, vendor_data: vendorData });
    await world.look(created, evidence);
    return { created, event: await world.announced(created.session_id, status) };
  };
  const compared = (similarityScore: number) => ({
    matchOutcome: MatchOutcome.COMPARED,
    similarityScore,
    candidateId: randomUUID(),
  });

  it('is looked at by a person, enrolled anew, and then known again', async () => {
    const vendorData = enrolled(world.demo);
    const between = await settled(vendorData, 'wf_reauth', compared(60), 'In Review');
    expect(JSON.parse(between.event.decisionJson).face.status).toBe('In Review');
    // The new verification is like nobody on file, so a person says that it is the same one.
    const evidence = { enrolledSimilarity: 55, candidateId: 'the-new-face' };
    const renewed = await settled(vendorData, 'wf_first_verification', evidence, 'In Review');
    expect(renewed.event).toMatchObject({ enrols: true, candidateId: 'the-new-face' });
    const path = `/v3/session/${renewed.created.session_id}/update-status/`;
    expect((await world.demo.call('PATCH', path, { new_status: 'Approved' })).status).toBe(200);
    const approved = await world.announced(renewed.created.session_id, 'Approved');
    // What biometrics makes the subject's face of, as if it had been approved at once.
    expect(approved).toMatchObject({ enrols: true, candidateId: 'the-new-face', vendorData });
    const next = await settled(vendorData, 'wf_reauth', compared(97), 'Approved');
    expect(JSON.parse(next.event.decisionJson).face_matches[0].reference).toBe('enrolled');
  });

  it('that is far from the one on file is declined, and enrols nothing', async () => {
    const vendorData = enrolled(world.demo);
    const { event } = await settled(vendorData, 'wf_reauth', compared(20), 'Declined');
    expect(event.enrols).toBe(false);
  });
});
