import { randomUUID } from 'node:crypto';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest, factsOf, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const facts = factsOf({
  'http.user_agent':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
});

/** Everything a session goes through to be approved by a look; @returns how the device was seen at its opening */
async function pass(vendorData: string, key: string, ipAddress = '198.51.100.7') {
  const session = { sessionId: randomUUID(), vendorData };
  const observation = { ipAddress, device: { keySha256: digest(key) }, facts };
  const opened = await world.assess({ session, observation });
  const attemptId = randomUUID();
  await world.assess({ session, observation, phase: AssessmentPhase.CAPTURE, attemptId });
  await world.tell({ ...session, attemptId });
  await world.settled();
  return { ...session, device: opened.device };
}

const path = (user: string, name = '') =>
  `/v3/users/${encodeURIComponent(user)}/devices/${name && `${name}/`}`;

describe('the known devices of a user', () => {
  it('are listed as last seen, with how long they stay known', async () => {
    const { device } = await pass('anna@example.com', 'anna');
    const { status, body } = await world.call('GET', path('anna@example.com'));
    expect(status).toBe(200);
    expect(body).toEqual({
      count: 2,
      next: null,
      previous: null,
      results: [
        {
          type: 'device',
          device_fingerprint: device?.fingerprint,
          network_fingerprint: null,
          source: 'browser',
          device_brand: 'Apple',
          device_model: 'iPhone',
          browser_family: 'Safari',
          os_family: 'iOS',
          platform: 'mobile',
          ip_country_code: null,
          first_approved_at: expect.any(String),
          last_approved_at: expect.any(String),
          last_seen_at: expect.any(String),
          expires_at: expect.any(String),
        },
        expect.objectContaining({
          type: 'network',
          device_fingerprint: null,
          network_fingerprint: expect.stringMatching(/^selfsame-net-[0-9a-f]{32}$/),
          device_brand: null,
        }),
      ],
    });
    const [{ last_approved_at, expires_at }] = body.results;
    expect(Date.parse(expires_at) - Date.parse(last_approved_at)).toBe(90 * 86_400_000);
  });

  it('are listed page by page', async () => {
    await pass('paged', 'one');
    await pass('paged', 'two', '198.51.100.8');
    const first = await world.call('GET', `${path('paged')}?limit=3`);
    expect([first.body.count, first.body.results.length]).toEqual([4, 3]);
    const second = await fetch(first.body.next, { headers: { 'x-api-key': world.application.apiKey } });
    const rest = (await second.json()) as { count: number; next: null; results: unknown[] };
    expect([rest.count, rest.results.length, rest.next]).toEqual([4, 1, null]);
  });

  it('are nobody else’s to read or to forget', async () => {
    const { device } = await pass('bert', 'bert');
    const stranger = world.as(world.otherApplication);
    expect((await stranger('GET', path('bert'))).body.count).toBe(0);
    expect((await stranger('DELETE', path('bert', device?.fingerprint))).status).toBe(404);
    expect((await stranger('DELETE', path('bert'))).status).toBe(204);
    expect((await world.call('GET', path('bert'))).body.count).toBe(2);
    expect((await fetch(`${world.url}${path('bert')}`)).status).toBe(401);
  });

  it('are forgotten one by one, each once', async () => {
    const { device } = await pass('carl', 'carl');
    const [, network] = (await world.call('GET', path('carl'))).body.results;
    for (const name of [device?.fingerprint, network.network_fingerprint]) {
      expect((await world.call('DELETE', path('carl', name))).status).toBe(204);
      expect((await world.call('DELETE', path('carl', name))).status).toBe(404);
    }
    expect((await world.call('DELETE', path('carl', 'no-name'))).status).toBe(404);
    expect((await world.call('GET', path('carl'))).body.count).toBe(0);
  });

  it('are forgotten all at once, and what is forgotten is learnt again by a look only', async () => {
    await pass('dora', 'dora');
    expect((await world.call('DELETE', path('dora'))).status).toBe(204);
    const session = { sessionId: randomUUID(), vendorData: 'dora' };
    const observation = { ipAddress: '198.51.100.7', device: { keySha256: digest('dora') }, facts };
    expect((await world.assess({ session, observation })).device).toMatchObject({
      isKnown: false,
      isNetworkKnown: false,
    });
    await pass('dora', 'dora');
    const again = { sessionId: randomUUID(), vendorData: 'dora' };
    expect((await world.assess({ session: again, observation })).device).toMatchObject({
      isKnown: true,
      isNetworkKnown: true,
    });
  });

  it('are forgotten on the word of a neighbour, by name or by session', async () => {
    const applicationId = world.application.id;
    const first = await pass('emil', 'first');
    const second = await pass('emil', 'second');
    const forget = async (which: { fingerprint?: string; sessionId?: string }) =>
      (
        await world.rpc.forgetDevices({
          applicationId,
          vendorData: 'emil',
          fingerprint: '',
          sessionId: '',
          ...which,
        })
      ).forgotten;
    expect(await forget({ sessionId: first.sessionId }), 'device and address').toBe(2);
    expect(await forget({ sessionId: first.sessionId })).toBe(0);
    expect(await forget({ sessionId: randomUUID() })).toBe(0);
    expect(await forget({ fingerprint: second.device?.fingerprint ?? '' })).toBe(1);
    expect(await forget({})).toBe(0);
    await pass('emil', 'third');
    expect(await forget({}), 'device and address').toBe(2);
  });

  it('are forgotten with everything that a session came from', async () => {
    const applicationId = world.application.id;
    const vendorData = 'hugo';
    await pass(vendorData, 'his phone', '198.51.100.20');
    await pass(vendorData, 'his computer', '198.51.100.21');
    const session = {
      ...{ sessionId: randomUUID(), vendorData },
      ...{ applicationDeviceId: 'app-of-hugo', applicationIpAddress: '198.51.100.22' },
    };
    const seen = (key: string, ipAddress: string) => ({
      session,
      observation: { ipAddress, device: { keySha256: digest(key) }, facts },
    });
    // Opened on two devices that are known, and looked at on a third one.
    await world.assess(seen('his phone', '198.51.100.20'));
    await world.assess(seen('his computer', '198.51.100.21'));
    const attemptId = randomUUID();
    await world.assess({
      ...seen('his tablet', '198.51.100.22'),
      ...{ phase: AssessmentPhase.CAPTURE, attemptId },
    });
    await world.tell({ ...session, attemptId });
    await world.settled();
    expect((await world.call('GET', path(vendorData))).body.count).toBe(7);
    const { sessionId } = session;
    const { forgotten } = await world.rpc.forgetDevices({
      applicationId,
      vendorData,
      fingerprint: '',
      sessionId,
    });
    expect(forgotten, 'four devices, and the address of the look').toBe(5);
    const { results } = (await world.call('GET', path(vendorData))).body;
    expect(results.map(({ type }: { type: string }) => type)).toEqual(['network', 'network']);
  });
});

it('an erased user is known nowhere', async () => {
  await pass('frida', 'frida');
  await world.tellErased('frida');
  await world.settled();
  expect((await world.call('GET', path('frida'))).body.count).toBe(0);
});

it('a repeated event teaches once', async () => {
  const { device, sessionId } = await pass('gina', 'gina');
  expect(device?.isKnown).toBe(false);
  const id = await world.tell({ sessionId, vendorData: 'gina', status: 'Declined', sequence: 9n });
  await world.tell({ sessionId, vendorData: 'gina', status: 'Declined', sequence: 9n }, id);
  await world.settled();
  expect((await world.call('GET', path('gina'))).body.count).toBe(0);
});

it('a device that proves its key elsewhere is named as it was here, and otherwise in every other application', async () => {
  const { device } = await pass('nadia@example.com', 'nadia');
  const nameIn = async (applicationId: string, key: string) =>
    (await world.rpc.nameDevice({ applicationId, keySha256: digest(key) })).deviceName;
  expect(await nameIn(world.application.id, 'nadia')).toBe(device?.fingerprint);
  expect(await nameIn(world.application.id, 'somebody')).not.toBe(device?.fingerprint);
  expect(await nameIn(world.otherApplication.id, 'nadia')).not.toBe(device?.fingerprint);
});
