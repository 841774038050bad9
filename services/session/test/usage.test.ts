import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Evidence, World } from './harness.ts';
import { openWorld } from './harness.ts';

type Application = World['demo'];
let world: World;
let partner: Application;
let sandbox: Application;

beforeAll(async () => {
  world = await openWorld({ PRICES_USD: '{"BIOMETRIC_AUTHENTICATION": 0.125}' });
  partner = await world.client('partner_b');
  sandbox = await world.client('trial', { organization: 'demo', environment: 'sandbox' });
});
afterAll(() => world.close());

/** What was counted for an application so far: `item count total`, without what was never used. */
async function used(application: Application): Promise<string[]> {
  const { body } = await application.call('GET', '/v3/usage/');
  const counted = body.items.filter(({ count }: { count: number }) => count > 0);
  return counted.map(
    ({ item, count, total_usd }: Record<string, unknown>) => `${item} ${count} ${total_usd}`,
  );
}

async function passed(application: Application, workflow: string, evidence: Evidence = {}) {
  const vendorData = `user-${randomUUID()}`;
  world.biometrics.enrolled.add(vendorData);
  const created = await application.create({ workflow_id: workflow, vendor_data: vendorData });
  await world.look(created, evidence, undefined, application.applicationId);
  await world.settled();
  return created;
}

const setStatus = (application: Application, id: string, new_status: string) =>
  application.call('PATCH', `/v3/session/${id}/update-status/`, { new_status });

it('counts approved sessions and those in review, once each, and nothing that failed', async () => {
  expect(await used(world.demo)).toEqual([]);
  await passed(world.demo, 'wf_first_verification');
  await passed(world.demo, 'wf_reauth');
  const between = await passed(world.demo, 'wf_reauth', { similarityScore: 60 });
  const declined = await passed(world.demo, 'wf_reauth', { similarityScore: 10 });
  await passed(world.demo, 'wf_reusable_kyc');
  await world.demo.create({ workflow_id: 'wf_liveness' });
  const counted = ['KYC 1 0.33', 'BIOMETRIC_AUTHENTICATION 2 0.25', 'REUSABLE_KYC 1 0.00'];
  expect(await used(world.demo)).toEqual(counted);
  // Whatever a person makes of a session that was counted.
  for (const status of ['Declined', 'Approved', 'Declined'])
    await setStatus(world.demo, between.session_id, status);
  expect(await used(world.demo)).toEqual(counted);
  // And one that comes to be approved after all.
  await setStatus(world.demo, declined.session_id, 'Approved');
  expect(await used(world.demo)).toEqual([
    'KYC 1 0.33',
    'BIOMETRIC_AUTHENTICATION 3 0.375',
    'REUSABLE_KYC 1 0.00',
  ]);
  await world.demo.call('DELETE', `/v3/session/${between.session_id}/delete/`);
  expect((await used(world.demo))[1]).toBe('BIOMETRIC_AUTHENTICATION 3 0.375');
  const { body } = await world.demo.call('GET', '/v3/usage/');
  expect(body).toEqual({
    from: expect.stringMatching(/^\d{4}-\d\d-01$/),
    to: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    items: expect.any(Array),
    total_usd: '0.705',
  });
  expect(body.items).toHaveLength(4);
});

it('counts an import for the application that imports', async () => {
  const shared = async (evidence: Evidence) => {
    const created = await passed(world.demo, 'wf_first_verification', evidence);
    const { applicationId } = world.demo;
    return world.rpc.exportSession({ applicationId, sessionId: created.session_id, scope: 'kyc' });
  };
  const take = async (snapshotJson: Buffer) => {
    const importId = randomUUID();
    const request = {
      importId,
      applicationId: partner.applicationId,
      workflowRef: 'partner_b_wf',
      trustReview: true,
      snapshotJson,
      sharedFrom: { scope: 'kyc', sharedAt: new Date() },
    };
    await Promise.all([world.rpc.importSession(request), world.rpc.importSession(request)]);
    return importId;
  };
  await take((await shared({})).snapshotJson);
  const declined = await take((await shared({ livenessScore: 2 })).snapshotJson);
  expect(await used(partner)).toEqual(['SHARED_IMPORT 1 0.30']);
  await setStatus(partner, declined, 'Approved');
  expect(await used(partner)).toEqual(['SHARED_IMPORT 2 0.60']);
});

it('costs nothing in a sandbox', async () => {
  await passed(sandbox, 'wf_reusable_kyc');
  expect(await used(sandbox)).toEqual([]);
});

it('is asked for by days, the last one included', async () => {
  const at = (day: string) => new Date(`${day}T23:59:59Z`);
  for (const day of ['2025-01-31', '2025-02-01', '2025-02-28', '2025-03-01']) {
    await world.database.db
      .insertInto('usage')
      .values({
        session_id: randomUUID(),
        application_id: sandbox.applicationId,
        item: 'KYC',
        price_micros: 330_000,
        used_at: at(day),
      })
      .execute();
  }
  const asked = (query: string) => sandbox.call('GET', `/v3/usage/?${query}`);
  const { body } = await asked('from=2025-02-01&to=2025-02-28');
  expect(body).toMatchObject({ from: '2025-02-01', to: '2025-02-28', total_usd: '0.66' });
  expect((await asked('from=2025-02-01&to=2025-01-01')).body.total_usd).toBe('0.00');
  const refused = await asked('from=yesterday&to=2025-02-30');
  expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['from', 'to']]);
});
