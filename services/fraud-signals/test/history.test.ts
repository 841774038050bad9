import { randomUUID } from 'node:crypto';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FactName, FactValue } from '../src/domain/facts.ts';
import { eraseSession, eraseSubject } from '../src/erasure.ts';
import { type LookedBack, lookBack } from '../src/history.ts';
import { deviceNameOf } from '../src/identity.ts';
import { learn } from '../src/knowledge.ts';
import { eraseAll } from '../src/retention.ts';
import type { Phase, Visit } from '../src/visit.ts';
import { recordVisit } from '../src/visit-record.ts';
import { digest, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Far from the hour's edge, in the past of the real clock, which no answer depends on. */
const start = new Date('2026-03-02T12:30:00Z');
const later = (ms: number) => new Date(start.getTime() + ms);

const mac = {
  'http.user_agent':
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'tls.ja4': 't13d1516h2_8daaf6152771_d8a2da3f94cd',
  'page.webgl_renderer': 'ANGLE (Apple, ANGLE Metal Renderer: Apple M2, Unspecified Version)',
  'page.webgl_vendor': 'Google Inc. (Apple)',
  'page.webgl_digest': 'b0a6ee0ec1ff2e2b0ab9c2ed1d2d0c6a',
  'page.canvas_digest': '0f343b0931126a20f133d67c2b018a3b',
  'page.audio_digest': '5f3c1c1b9b7cbb1c4d1d6a3ea1c2d0aa',
  'page.math_digest': '2ab96390c7dbe3439de74d0c9b0b1767',
  'page.fonts': ['Helvetica Neue', 'Menlo'],
  'page.hardware_concurrency': 8,
  'page.device_memory_gb': 8,
  'page.screen_width': 1_512,
  'page.screen_height': 982,
  'page.pixel_ratio': 2,
  'page.max_touch_points': 0,
  'page.platform': 'MacIntel',
  'page.time_zone': 'Europe/Paris',
  'page.languages': ['fr-FR', 'fr'],
} satisfies Partial<Record<FactName, FactValue>>;

const paris = {
  'net.is_private': false,
  'net.country_code': 'FR',
  'net.asn': 3_215,
  'net.latitude': 48.8566,
  'net.longitude': 2.3522,
  'net.accuracy_radius_km': 20,
} satisfies Partial<Record<FactName, FactValue>>;

type Told = Partial<Omit<Visit, 'facts'>> & {
  readonly key?: string | null;
  readonly cookie?: string | null;
  readonly facts?: Partial<Record<FactName, FactValue | null>>;
};

let addresses = 0;
/** An address that no other test uses. */
const newAddress = () => `198.51.${Math.floor(addresses / 250)}.${(addresses++ % 250) + 1}`;

/** The opening of a page, unless told otherwise: a browser of its own, at an address of its own. */
function visitOf({ key, cookie, facts, ...rest }: Told = {}): Visit {
  const of = (name: string | null | undefined) => (name === null ? null : digest(name ?? randomUUID()));
  return {
    applicationId: world.application.id,
    sessionId: randomUUID(),
    vendorData: randomUUID(),
    phase: 'OPENING',
    attemptId: '',
    now: start,
    ipAddress: newAddress(),
    device: { keySha256: of(key), cookieSha256: cookie === undefined ? null : of(cookie) },
    applicationDeviceId: '',
    applicationIpAddress: '',
    email: '',
    phone: '',
    vouchedDeviceId: '',
    facts: new Map(Object.entries({ ...mac, ...paris, ...facts })) as Visit['facts'],
    ...rest,
  };
}

/** A look of the same session. */
const lookOf = (visit: Visit, told: Partial<Visit> = {}): Visit => ({
  ...visit,
  phase: 'CAPTURE' as Phase,
  attemptId: randomUUID(),
  facts: new Map([...visit.facts].filter(([name]) => !name.startsWith('page.'))),
  ...told,
});

/** Looks back, and then remembers the visit, as an assessment does. */
async function come(visit: Visit): Promise<LookedBack> {
  const past = await lookBack(world.context, visit);
  await recordVisit(world.context, visit, null, past.identity);
  return past;
}

let sequence = 0n;
/** The session got another status, because of the visit's look if it was one. */
async function tell(visit: Visit, told: Partial<SessionStatusChanged> = {}): Promise<void> {
  const { applicationId, sessionId, vendorData, attemptId, now } = visit;
  sequence += 1n;
  const message = SessionStatusChanged.fromPartial({
    ...{ applicationId, sessionId, vendorData, attemptId, sequence },
    status: 'Approved',
    workflowId: randomUUID(),
    occurredAt: now,
    decisionJson: JSON.stringify({
      liveness_checks: [{ method: 'PASSIVE', status: told.status ?? 'Approved' }],
    }),
    ...told,
  });
  await world.context.database.transaction((tx) => learn(world.context, tx, message));
}

/** Opens the page, is looked at and approved. */
async function pass(told: Told = {}): Promise<Visit> {
  const visit = visitOf(told);
  await come(visit);
  const look = lookOf(visit);
  await come(look);
  await tell(look);
  return visit;
}

const fact = (past: LookedBack, name: string) => past.facts.get(`history.${name}` as FactName);
const again = (visit: Visit, told: Partial<Visit> = {}): Visit => ({
  ...visit,
  sessionId: randomUUID(),
  now: new Date(visit.now.getTime() + hourMs),
  ...told,
});

describe('a device and an address are known', () => {
  it('after a look on them was approved, to this user of this application only', async () => {
    const visit = await pass({ key: 'known' });
    const past = await come(again(visit));
    expect(past.device).toMatchObject({
      isKnown: true,
      isNetworkKnown: true,
      osFamily: 'macOS',
      platform: 'desktop',
    });
    expect(past.device.fingerprint).toBe(deviceNameOf(world.context, visit.applicationId, digest('known')));
    expect(fact(past, 'device_is_known')).toBe(true);
    expect(fact(past, 'country_is_known')).toBe(true);

    const somebodyElse = await lookBack(world.context, again(visit, { vendorData: 'somebody else' }));
    expect(somebodyElse.device).toMatchObject({ isKnown: false, isNetworkKnown: false });
    const elsewhere = await lookBack(
      world.context,
      again(visit, { applicationId: world.otherApplication.id }),
    );
    expect(elsewhere.device).toMatchObject({ isKnown: false, isNetworkKnown: false });
    expect(elsewhere.device.fingerprint).not.toBe(past.device.fingerprint);
  });

  it('at 64 bits of an IPv6 address', async () => {
    const visit = await pass({ ipAddress: '2001:db8:1:2::7' });
    const near = await lookBack(world.context, again(visit, { ipAddress: '2001:db8:1:2:ffff::1' }));
    const far = await lookBack(world.context, again(visit, { ipAddress: '2001:db8:1:3::7' }));
    expect([near.device.isNetworkKnown, far.device.isNetworkKnown]).toEqual([true, false]);
  });

  it.each<[string, (visit: Visit, look: Visit) => Promise<void>]>([
    ['without a verdict', async () => {}],
    ['by a session that was skipped', (visit) => tell(visit)],
    [
      'by hand',
      async (visit, look) => {
        await tell(look, { status: 'In Review' });
        await tell(visit);
      },
    ],
    ['when the look was declined', (_, look) => tell(look, { status: 'Declined' })],
    ['by a look that was never assessed', (_, look) => tell({ ...look, attemptId: randomUUID() })],
    ['by another session’s look', async (_, look) => tell({ ...look, sessionId: randomUUID() })],
  ])('not %s', async (_, decide) => {
    const visit = visitOf();
    await come(visit);
    const look = lookOf(visit);
    await come(look);
    await decide(visit, look);
    const past = await lookBack(world.context, again(visit));
    expect(past.device).toMatchObject({ isKnown: false, isNetworkKnown: false });
  });

  it('only where the look came from, when it did not come from where the page was opened', async () => {
    const visit = visitOf({ key: 'opened here' });
    await come(visit);
    const look = lookOf(visit, {
      device: { keySha256: digest('looked here'), cookieSha256: null },
      ipAddress: newAddress(),
    });
    await come(look);
    await tell(look);
    const there = await lookBack(world.context, again(visit));
    const here = await lookBack(world.context, again(look, { phase: 'OPENING' }));
    expect([there.device.isKnown, there.device.isNetworkKnown]).toEqual([false, false]);
    expect([here.device.isKnown, here.device.isNetworkKnown]).toEqual([true, true]);
  });

  it('not the device, when it did not prove its key with the look, whatever it looks like', async () => {
    const visit = visitOf({ key: 'silent' });
    await come(visit);
    const silent = { keySha256: null, cookieSha256: null };
    const look = lookOf(visit, { device: silent, facts: visit.facts });
    await come(look);
    await tell(look);
    const past = await lookBack(world.context, again(visit));
    expect(past.device).toMatchObject({ isKnown: false, isNetworkKnown: true });
    const unproved = await lookBack(world.context, again(visit, { device: silent }));
    expect([unproved.device.isKnown, fact(unproved, 'subject_known_devices')]).toEqual([false, 0]);
  });

  it('until KNOWN_DAYS have passed without another approved look; a skip does not renew it', async () => {
    const visit = await pass();
    const { knownDays } = world.context.config;
    const last = new Date(visit.now.getTime() + knownDays * dayMs - minuteMs);
    const skipped = again(visit, { now: last });
    expect((await come(skipped)).device.isKnown).toBe(true);
    await tell(skipped);
    const past = await lookBack(
      world.context,
      again(visit, { now: new Date(last.getTime() + 2 * minuteMs) }),
    );
    expect(past.device).toMatchObject({ isKnown: false, isNetworkKnown: false });
  });

  it('no more when the session that taught it is declined later; what another one taught stays', async () => {
    const visit = visitOf();
    const look = lookOf(visit);
    await come(visit);
    await come(look);
    await tell(look);
    await tell(visit, { status: 'Declined' });
    expect((await lookBack(world.context, again(visit))).device).toMatchObject({
      isKnown: false,
      isNetworkKnown: false,
    });
    await tell(visit);
    expect((await lookBack(world.context, again(visit))).device.isKnown, 'approved again by hand').toBe(
      false,
    );

    const first = lookOf(again(visit));
    const second = lookOf(again(first, { now: later(2 * hourMs) }));
    for (const each of [first, second]) {
      await come(each);
      await tell(each);
    }
    await tell({ ...first, attemptId: '' }, { status: 'Declined' });
    const past = await lookBack(world.context, again(visit, { now: later(3 * hourMs) }));
    expect(past.device.isKnown, 'taught by the second').toBe(true);
  });

  it('once, however often and in which order the events come, and by two replicas at once', async () => {
    const visit = visitOf();
    const look = lookOf(visit);
    await Promise.all([come(visit), come(visit)]);
    await Promise.all([come(look), come(look), come(look)]);
    // The verdict of later is heard of first.
    await tell(visit, { status: 'Declined', sequence: 900n });
    await tell(look, { sequence: 800n });
    expect((await lookBack(world.context, again(visit))).device.isKnown).toBe(false);
    await Promise.all([tell(look, { sequence: 901n }), tell(look, { sequence: 901n })]);
    const past = await lookBack(world.context, again(visit));
    expect(past.device.isKnown).toBe(true);
    expect(fact(past, 'subject_known_devices')).toBe(1);
    expect(fact(past, 'subject_sessions_30d'), 'the one before, and this one').toBe(2);
    expect(fact(past, 'subject_successes_30d')).toBe(1);
  });

  it('when a verdict was heard of before anything was seen, nothing; and a visit after it changes no verdict', async () => {
    const visit = visitOf();
    await tell({ ...visit, attemptId: 'unseen' });
    await come(visit);
    const past = await lookBack(world.context, again(visit));
    expect(past.device.isKnown).toBe(false);
    expect(fact(past, 'subject_last_status')).toBe('Approved');
  });
});

describe('what the application names itself', () => {
  it('is known along with a look, and counts where there is no page yet', async () => {
    const address = newAddress();
    const named = { applicationDeviceId: 'phone-7', applicationIpAddress: address };
    const visit = await pass({ ...named, ipAddress: address });
    const creation = {
      phase: 'CREATION' as const,
      ipAddress: '',
      device: { keySha256: null, cookieSha256: null },
      facts: new Map(),
    };
    const past = await lookBack(world.context, again(visit, creation));
    expect(past.device).toMatchObject({ isKnown: true, isNetworkKnown: true, fingerprint: '' });
    const other = await lookBack(
      world.context,
      again(visit, { ...creation, applicationDeviceId: 'phone-8', applicationIpAddress: newAddress() }),
    );
    expect(other.device).toMatchObject({ isKnown: false, isNetworkKnown: false });
    // A page has to prove itself: the application’s word names no browser.
    const page = await lookBack(
      world.context,
      again(visit, { device: { keySha256: digest('new'), cookieSha256: null } }),
    );
    expect(page.device.isKnown).toBe(false);
  });

  it.each<[string, Told]>([
    ['is not where the look came from', { applicationIpAddress: '203.0.113.66' }],
    ['nobody told', { applicationIpAddress: '' }],
    [
      'is in another network of 64 bits',
      { ipAddress: '2001:db8:5::1', applicationIpAddress: '2001:db8:5:1::1' },
    ],
  ])('is not learned when the address it saw its user on %s', async (_, told) => {
    const visit = await pass({ applicationDeviceId: 'of-the-attacker', ...told });
    const creation = {
      phase: 'CREATION' as const,
      ipAddress: '',
      device: { keySha256: null, cookieSha256: null },
      facts: new Map(),
    };
    const past = await lookBack(world.context, again(visit, creation));
    expect(past.device).toMatchObject({ isKnown: false, isNetworkKnown: false });
  });

  it('is learned in the same network of 64 bits', async () => {
    const visit = await pass({
      applicationDeviceId: 'phone-9',
      ipAddress: '2001:db8:6::1',
      applicationIpAddress: '2001:db8:6::2',
    });
    const creation = { phase: 'CREATION' as const, ipAddress: '', facts: new Map() };
    const device = { keySha256: null, cookieSha256: null };
    const past = await lookBack(world.context, again(visit, { ...creation, device }));
    expect(past.device).toMatchObject({ isKnown: true, isNetworkKnown: true });
  });

  it('may be a name of ours that a token vouches for', async () => {
    const visit = await pass({ key: 'vouched' });
    const name = deviceNameOf(world.context, visit.applicationId, digest('vouched'));
    const creation = again(visit, {
      phase: 'CREATION',
      ipAddress: '',
      device: { keySha256: null, cookieSha256: null },
      vouchedDeviceId: name.replace('selfsame-fp-', ''),
    });
    expect((await lookBack(world.context, creation)).device).toMatchObject({
      isKnown: true,
      fingerprint: name,
    });
    const unproved = { ...creation, vouchedDeviceId: '', applicationDeviceId: name };
    expect((await lookBack(world.context, unproved)).device.isKnown, 'named without proof').toBe(false);
  });
});

describe('a copied cookie', () => {
  it('is a new device that stands out, with another key and with none', async () => {
    const visit = await pass({ key: 'owner', cookie: 'cookie' });
    const thief = { keySha256: digest('thief'), cookieSha256: digest('cookie') };
    for (const device of [thief, { ...thief, keySha256: null }]) {
      const past = await come(again(visit, { device }));
      expect(past.device.isKnown).toBe(false);
      expect(past.device.fingerprint).not.toBe(
        deviceNameOf(world.context, visit.applicationId, digest('owner')),
      );
      expect(fact(past, 'cookie_is_copied')).toBe(true);
    }
    const twice = await come(again(visit, { device: thief, now: later(3 * hourMs) }));
    expect(fact(twice, 'cookie_is_copied'), 'showing it once more makes it nobody’s own').toBe(true);
    const owner = await come(again(visit, { now: later(4 * hourMs) }));
    expect([fact(owner, 'cookie_is_copied'), owner.device.isKnown]).toEqual([false, true]);
  });

  it('is believed to be a browser that lost its key, once a look on it was approved', async () => {
    const visit = await pass({ key: 'before', cookie: 'kept' });
    const device = { keySha256: digest('after'), cookieSha256: digest('kept') };
    const renewed = again(visit, { device });
    await come(renewed);
    const look = lookOf(renewed);
    await come(look);
    await tell(look);
    const past = await come(again(renewed));
    expect([fact(past, 'cookie_is_copied'), past.device.isKnown]).toEqual([false, true]);
  });
});

describe('a device without its key', () => {
  it('is recovered by its likeness, named with its gate, and known to nobody', async () => {
    const visit = await pass({ key: 'cleared' });
    const facts = new Map([...visit.facts, ['page.languages', ['fr-FR', 'fr', 'en']]]) as Visit['facts'];
    const device = { keySha256: digest('made anew'), cookieSha256: null };
    const renewed = again(visit, { device, facts });
    const past = await come(renewed);
    expect(past.device).toMatchObject({
      isKnown: false,
      recovered: {
        deviceId: deviceNameOf(world.context, visit.applicationId, digest('cleared')),
        similarity: expect.closeTo(0.94, 1),
        gateReason: 'hardware_root_match',
        isTlsCorroborated: true,
      },
    });
    expect(past.matches.filter(({ matchSource }) => matchSource === 'recovered_high')).toMatchObject([
      {
        sessionId: visit.sessionId,
        matchMode: 'probabilistic',
        recoveryGateReason: 'hardware_root_match',
        isOtherSubject: false,
      },
    ]);
    // The look comes without what the page told when it was opened.
    const look = await come(lookOf(renewed));
    expect(look.device.recovered).toEqual(past.device.recovered);
    // It has a past of its own now.
    expect((await come(again(renewed))).device.recovered).toBeUndefined();
  });

  it('is none on other hardware', async () => {
    const visit = await pass();
    const facts = new Map([...visit.facts, ['page.hardware_concurrency', 10]]) as Visit['facts'];
    const past = await come(
      again(visit, { device: { keySha256: digest(randomUUID()), cookieSha256: null }, facts }),
    );
    expect(past.device.recovered).toBeUndefined();
  });

  it('that looks exactly the same is half believed, unless many look so', async () => {
    const look = { 'page.canvas_digest': 'c0ffee0931126a20f133d67c2b018a3b' };
    const visit = await pass({ facts: look });
    const same = { keySha256: null, cookieSha256: null };
    const stranger = again(visit, { vendorData: 'stranger', ipAddress: newAddress(), device: same });
    const past = await come(stranger);
    expect(past.device).toMatchObject({ isKnown: false, recovered: undefined });
    expect(past.matches).toMatchObject([
      {
        sessionId: visit.sessionId,
        matchSource: 'legacy_fp',
        confidence: 0.5,
        matchMode: 'probabilistic',
        isOtherSubject: true,
      },
    ]);
    expect(fact(past, 'fingerprint_devices_30d')).toBe(2);
    for (let other = 0; other < 4; other += 1) await come(visitOf({ facts: look }));
    expect(
      (await lookBack(world.context, again(stranger))).matches.map(({ matchSource }) => matchSource),
    ).not.toContain('legacy_fp');
  });
});

describe('matches', () => {
  it('are at most five by address and five by device, newest first, and of this application', async () => {
    const visit = visitOf({ key: 'farm' });
    const seen: string[] = [];
    for (let at = 0; at < 7; at += 1) {
      const other = again(visit, { vendorData: `farmed-${at}`, now: later(at * minuteMs) });
      await come(other);
      seen.unshift(other.sessionId);
      await come({ ...other, applicationId: world.otherApplication.id, sessionId: randomUUID() });
    }
    const { matches } = await come(again(visit, { now: later(hourMs) }));
    const of = (source: string) => matches.filter(({ matchSource }) => matchSource === source);
    expect(of('ip_address').map(({ sessionId }) => sessionId)).toEqual(seen.slice(0, 5));
    expect(of('persistent_id').map(({ sessionId }) => sessionId)).toEqual(seen.slice(0, 5));
    expect(matches).toHaveLength(10);
    expect(of('ip_address')[0]).toEqual({
      sessionId: seen[0],
      matchType: 'ip_address',
      matchSource: 'ip_address',
      confidence: 0,
      matchMode: 'co_occurrence',
      recoverySimilarity: undefined,
      isTlsCorroborated: false,
      recoveryGateReason: '',
      device: expect.objectContaining({
        fingerprint: deviceNameOf(world.context, world.application.id, digest('farm')),
        browserFamily: 'Chrome',
      }),
      network: expect.objectContaining({ ipAddress: visit.ipAddress, countryCode: 'FR' }),
      isOtherSubject: true,
    });
    expect(of('persistent_id')[0]).toMatchObject({ confidence: 1, matchMode: 'deterministic' });
  });

  it('name other users first where there are more than fit, and whoever has no name is another', async () => {
    const visit = visitOf();
    const nameless = again(visit, { vendorData: '' });
    await come(nameless);
    for (let at = 1; at < 7; at += 1) await come(again(visit, { now: later(at * hourMs) }));
    const { matches } = await come(again(visit, { now: later(9 * hourMs) }));
    const others = matches.filter(({ isOtherSubject }) => isOtherSubject);
    expect(new Set(others.map(({ sessionId }) => sessionId))).toEqual(new Set([nameless.sessionId]));
    const unnamed = await lookBack(world.context, again(visit, { vendorData: '', now: later(9 * hourMs) }));
    expect(unnamed.matches.every(({ isOtherSubject }) => isOtherSubject)).toBe(true);
  });

  it('show no address once raw values are gone', async () => {
    const visit = visitOf();
    await come(visit);
    const { rawDays } = world.context.config;
    await eraseAll(world.context, undefined, later(rawDays * dayMs + hourMs));
    const { matches } = await lookBack(world.context, again(visit));
    expect(matches[0]?.network).toMatchObject({ ipAddress: '', countryCode: 'FR' });
  });
});

describe('counts', () => {
  it('are exact, of this application, and take the present visit along', async () => {
    const address = '203.0.113.10';
    const user = randomUUID();
    const at = (minutes: number) => later(minutes * minuteMs);
    const tries = [
      visitOf({ key: 'counted', vendorData: user, ipAddress: address, now: at(-70) }),
      visitOf({ key: 'counted', vendorData: user, ipAddress: address, now: at(-50) }),
      visitOf({ key: 'counted', vendorData: 'second', ipAddress: address, now: at(-8) }),
      visitOf({
        vendorData: user,
        ipAddress: '203.0.113.200',
        now: at(-5),
        facts: { 'net.country_code': 'DE' },
      }),
    ];
    for (const each of tries) await come(each);
    await come({
      ...visitOf({ key: 'counted', ipAddress: address, now: at(-3) }),
      applicationId: world.otherApplication.id,
    });
    for (const [index, status] of ['Approved', 'Declined', 'Declined'].entries()) {
      const visit = tries[index];
      if (visit) await tell(visit, { status });
    }
    const past = await come(visitOf({ key: 'counted', vendorData: user, ipAddress: address }));
    const facts = Object.fromEntries(
      [...past.facts].map(([name, value]) => [name.replace('history.', ''), value]),
    );
    expect(facts).toMatchObject({
      subject_sessions_30d: 4,
      subject_devices_30d: 2,
      subject_countries_30d: 2,
      subject_declines_24h: 1,
      device_sessions_1h: 3,
      device_sessions_30d: 4,
      device_subjects_30d: 2,
      device_decided_30d: 3,
      device_declined_30d: 2,
      device_tenants_30d: 2,
      network_sessions_10m: 2,
      network_subjects_24h: 2,
      network_devices_24h: 1,
      network_decided_24h: 3,
      network_declined_24h: 2,
      prefix_sessions_10m: 3,
    });
  });

  it('are none of what is not there: no subject, no device, no address, a private one', async () => {
    const nobody = await lookBack(
      world.context,
      visitOf({
        vendorData: '',
        key: null,
        ipAddress: '',
        facts: Object.fromEntries(Object.keys(mac).map((name) => [name, null])),
      }),
    );
    expect(fact(nobody, 'subject_sessions_30d')).toBeNull();
    expect(fact(nobody, 'device_is_known')).toBeNull();
    expect(fact(nobody, 'device_sessions_1h')).toBeNull();
    expect(fact(nobody, 'network_sessions_10m')).toBeNull();
    const inside = await lookBack(
      world.context,
      visitOf({ ipAddress: '10.1.2.3', facts: { 'net.is_private': true } }),
    );
    expect(fact(inside, 'network_sessions_10m')).toBeNull();
    expect(fact(inside, 'network_is_known')).toBe(false);
  });

  it('of looks: attempts of ten minutes, and how many were taken for nobody alive', async () => {
    const visit = visitOf();
    await come(visit);
    for (const status of ['Declined', 'Declined', 'Approved']) {
      const look = lookOf(visit);
      await come(look);
      await tell(look, {
        status,
        decisionJson: JSON.stringify({ liveness_checks: [{ method: 'ACTIVE_3D', status }] }),
      });
    }
    const past = await come(lookOf(again(visit, { now: later(5 * minuteMs) })));
    expect(fact(past, 'subject_attempts_10m')).toBe(4);
    expect([fact(past, 'subject_looks_30d'), fact(past, 'subject_liveness_failures_30d')]).toEqual([3, 2]);
    expect(fact(past, 'subject_last_step_up_status')).toBe('Approved');
  });
});

describe('an application', () => {
  it('is compared with its own week', async () => {
    const applicationId = randomUUID();
    const visits = (count: number, hoursAgo: number) =>
      Promise.all(
        Array.from({ length: count }, () => come(visitOf({ applicationId, now: later(-hoursAgo * hourMs) }))),
      );
    for (let hoursAgo = 2; hoursAgo < 32; hoursAgo += 3) await visits(2, hoursAgo);
    await visits(12, 0);
    const past = await lookBack(world.context, visitOf({ applicationId }));
    // 20 sessions in 28 hours, against 12 in this one.
    expect(fact(past, 'volume_z')).toBeGreaterThan(9);
    expect(fact(past, 'decline_rate_z')).toBeNull();
    const other = await lookBack(world.context, visitOf({ applicationId: randomUUID() }));
    expect(fact(other, 'volume_z')).toBeNull();
  });
});

describe('a journey', () => {
  const sydney = { 'net.country_code': 'AU', 'net.latitude': -33.8688, 'net.longitude': 151.2093 };

  it('is impossible faster than anybody flies, and possible within circles that touch', async () => {
    const visit = await pass();
    const there = (facts: Partial<Record<FactName, FactValue>>) =>
      lookBack(
        world.context,
        again(visit, { facts: new Map([...visit.facts, ...Object.entries(facts)]) as Visit['facts'] }),
      );
    expect(fact(await there(sydney), 'subject_travel_kmh')).toBeGreaterThan(10_000);
    expect(
      fact(
        await there({ 'net.accuracy_radius_km': 500, 'net.latitude': 45.764, 'net.longitude': 4.8357 }),
        'subject_travel_kmh',
      ),
    ).toBe(0);
    expect(fact(await there(sydney), 'country_is_known')).toBe(false);
  });

  it('from a private address to a public one has no country to compare with', async () => {
    const nowhere = { 'net.country_code': null, 'net.asn': null };
    const visit = await pass({ facts: nowhere });
    const home = again(visit, { facts: new Map(Object.entries({ ...mac, ...paris })) as Visit['facts'] });
    const past = await lookBack(world.context, home);
    expect([fact(past, 'country_is_known'), fact(past, 'asn_is_known')]).toEqual([null, null]);
  });
});

describe('changes of a device', () => {
  it('are counted against the session before, not against the same one', async () => {
    const visit = await pass();
    const facts = new Map([
      ...visit.facts,
      ...Object.entries({
        'page.hardware_concurrency': 10,
        'page.time_zone': 'Asia/Tokyo',
        'tls.ja4': 't13d1715h2_5b57614c22b0_3d5424432f57',
      }),
      ['http.user_agent', String(mac['http.user_agent']).replace('140', '139')],
    ]) as Visit['facts'];
    const changed = again(visit, { facts });
    const expected = {
      'history.device_traits_changed': 2,
      'history.device_hardware_changed': true,
      // Another version connects in another way.
      'history.device_ja4_changed': null,
      'history.device_software_is_older': true,
    };
    const opened = await come(changed);
    expect(Object.fromEntries(opened.facts)).toMatchObject(expected);
    const looked = await come(lookOf(changed));
    expect(Object.fromEntries(looked.facts)).toMatchObject(expected);
  });
});

describe('a link', () => {
  it('that was used up is told from one that is in use', async () => {
    const visit = visitOf();
    await come(visit);
    expect(fact(await lookBack(world.context, visit), 'link_is_reused')).toBe(false);
    await tell(visit);
    expect(fact(await lookBack(world.context, visit), 'link_is_reused')).toBe(true);
  });
});

describe('erasure', () => {
  it('of a subject leaves nothing of it, nor a device that nobody else used, and nothing comes back', async () => {
    const visit = await pass({
      key: 'erased',
      cookie: 'erased',
      applicationDeviceId: 'own',
      applicationIpAddress: newAddress(),
    });
    const shared = await pass({ key: 'shared', vendorData: visit.vendorData });
    const neighbour = again(shared, { vendorData: 'neighbour' });
    await come(neighbour);
    const { identity } = await lookBack(world.context, visit);
    const other = await lookBack(world.context, shared);
    const traces = [
      identity.subject,
      identity.device,
      identity.deviceName,
      identity.cookie,
      identity.network,
    ].map((hash) => hash?.toString('hex') ?? 'none');
    const everything = async () => [...(await world.dump()).values()].join('\n');
    const before = await everything();
    for (const trace of traces) expect(before.includes(trace)).toBe(true);

    await world.context.database.transaction((tx) => eraseSubject(world.context, tx, visit));
    await come(lookOf(visit));
    await tell(visit, { status: 'Declined' });

    const after = await everything();
    for (const trace of traces) expect(after.includes(trace), trace).toBe(false);
    expect(after.includes(other.identity.device?.toString('hex') ?? 'none'), 'still the neighbour’s').toBe(
      true,
    );
    expect(after.includes(visit.vendorData)).toBe(false);
  });

  it('of a session takes what it taught last, and leaves what another one taught since', async () => {
    const visit = await pass({ key: 'taught', applicationDeviceId: 'phone-of-taught' });
    const twice = await pass({ key: 'taught twice', vendorData: visit.vendorData });
    const since = lookOf(again(twice));
    await come(since);
    await tell(since);
    for (const each of [visit, twice]) {
      await world.context.database.transaction((tx) => eraseSession(tx, each));
      await come(lookOf(each));
    }
    const past = await lookBack(world.context, again(visit));
    expect([past.device.isKnown, past.device.isNetworkKnown]).toEqual([false, false]);
    const other = await lookBack(world.context, again(since));
    expect([other.device.isKnown, other.device.isNetworkKnown]).toEqual([true, true]);
    expect(fact(other, 'subject_known_devices')).toBe(1);
    const { device } = past.identity;
    const gone = await world.context.database.db.selectFrom('devices').selectAll().execute();
    expect(gone.filter(({ id }) => device?.equals(id))).toEqual([]);
  });

  it('takes what is older than anything is kept', async () => {
    const old = new Date('2020-01-01T00:00:00Z');
    const visit = await pass({ now: old });
    await eraseAll(world.context, undefined, new Date('2022-01-01T00:00:00Z'));
    const past = await lookBack(world.context, { ...again(visit), now: later(0) });
    expect(fact(past, 'subject_is_new')).toBe(true);
    expect(fact(past, 'device_age_days')).toBe(0);
    const rows = await world.context.database.db.selectFrom('known_devices').selectAll().execute();
    expect(rows.filter(({ last_approved_at }) => last_approved_at <= old)).toEqual([]);
  });
});

describe('no row holds', () => {
  it('a key, a cookie, a name of a user or, but for raw values, an address', async () => {
    const visit = await pass({
      key: 'plain-key',
      cookie: 'plain-cookie',
      vendorData: 'plain-user',
      ipAddress: '203.0.113.77',
    });
    await come(visit);
    const all = [...(await world.dump())].map(([table, text]) => `${table}: ${text}`).join('\n');
    for (const secret of [
      digest('plain-key').toString('hex'),
      digest('plain-cookie').toString('hex'),
      'plain-user',
      mac['page.canvas_digest'],
    ]) {
      expect(all.includes(secret), secret).toBe(false);
    }
    const outside = all.replaceAll(/\{""[^}]*\}/g, '');
    expect(all.includes('203.0.113.77')).toBe(true);
    expect(outside.includes('203.0.113.77'), 'outside of raw').toBe(false);
  });
});
