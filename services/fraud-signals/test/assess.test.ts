import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RiskLevel, StepUpAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { sumOf } from '@selfsame/testing/series';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingOf } from '../src/observed.ts';
import { findAssessment } from '../src/outbound/assessment-store.ts';
import { digest, factsOf, openWorld, type World } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'selfsame-ip-data-'));
writeFileSync(join(folder, 'vpn-ipv4.txt'), '23.10.1.0/24\n');
writeFileSync(join(folder, 'datacenter-ipv4.txt'), '23.20.1.0/24\n');

const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const page = factsOf({ 'http.user_agent': chrome, 'page.time_zone': 'Europe/Berlin' });
const key = digest('a key');

let world: World;
beforeAll(async () => {
  world = await openWorld({ SIGNALS_IP_DATA: folder });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const recordOf = async (id: string) => {
  const record = await findAssessment(world.context.database.db, id);
  if (record === null) throw new Error('nothing is on record');
  return record;
};
const factsKept = async (id: string) => (await recordOf(id)).facts ?? {};

describe('an assessment', () => {
  it('says what was found, and what could not be looked for', async () => {
    const { CAPTURE, OPENING } = AssessmentPhase;
    const session = {
      sessionId: randomUUID(),
      vendorData: 'user-1',
      facts: factsOf({ 'session.attempts': 3 }),
    };
    const observation = { ipAddress: '192.0.2.7', device: { keySha256: key }, facts: page };
    const opened = await world.assess({ session, observation });
    expect(opened).toMatchObject({ failures: [], riskLevel: RiskLevel.LOW });
    expect(opened.network?.ipAddress).toBe('192.0.2.7');
    expect(opened.device?.fingerprint).toMatch(/^selfsame-fp-[0-9a-f]{32}$/);
    const looked = await world.assess({ session, observation, phase: CAPTURE, attemptId: randomUUID() });
    expect(looked.reasons).toContainEqual({ signal: 'beh_capture_retries', weight: 5 });
    for (const [phase, { assessmentId, ...counts }] of [
      [OPENING, opened],
      [CAPTURE, looked],
    ] as const) {
      const record = await recordOf(assessmentId);
      expect(record.counts, phase).toEqual({
        value: counts.signalsWithValue,
        absent: counts.signalsAbsent,
        unavailable: counts.signalsUnavailable,
      });
      expect(counts.signalsUnavailable).toBeGreaterThan(0);
    }
  });

  it('of an address that IPv6 carries is that of the address', async () => {
    const observation = { ipAddress: '::ffff:23.10.1.9', facts: page };
    const { network, assessmentId } = await world.assess({ observation });
    expect(network).toMatchObject({ ipAddress: '23.10.1.9', isVpnOrTor: true });
    expect(await factsKept(assessmentId)).toMatchObject({
      'net.ip_version': 'v4',
      'net.is_anonymous_vpn': true,
    });
  });

  it('before there is a page goes by what the application says, and finds nothing else there', async () => {
    const session = { applicationDeviceId: 'ios-17', applicationIpAddress: '23.20.1.3' };
    const created = await world.assess({ phase: AssessmentPhase.CREATION, session });
    expect(created.failures).toEqual([]);
    expect(created.network).toMatchObject({ ipAddress: '23.20.1.3', isDataCenter: true });
    expect(await factsKept(created.assessmentId)).toMatchObject(
      Object.fromEntries(nothingOf(['http.', 'tls.', 'page.', 'look.', 'opening.'])),
    );
    const unknown = await world.assess({ phase: AssessmentPhase.CREATION });
    expect(unknown).toMatchObject({ failures: [], network: { ipAddress: '' } });
  });

  it('of a page whose address nobody tells is a failed one', async () => {
    expect((await world.assess({ observation: { facts: page } })).failures).toEqual(['network']);
    expect((await world.assess({ observation: { ipAddress: 'unknown', facts: page } })).failures).toEqual([
      'network',
    ]);
  });

  it('compares the address with those that the application named', async () => {
    const session = { expectedIpAddress: '192.0.2.7', applicationIpAddress: '2001:db8:1:2::3' };
    const facts = async (ipAddress: string) =>
      factsKept((await world.assess({ session, observation: { ipAddress } })).assessmentId);
    expect(await facts('192.0.2.7')).toMatchObject({
      'session.is_expected_address': true,
      'session.is_application_address': false,
    });
    expect(await facts('2001:DB8:1:2:ffff::1')).toMatchObject({
      'session.is_expected_address': false,
      'session.is_application_address': true,
    });
  });
});

describe('a page that tells nothing', () => {
  const raised = async (id: string) => (await recordOf(id)).reasons.map(({ signal }) => signal);
  const http = factsOf({ 'http.user_agent': chrome });
  const spoken = factsOf({ 'http.user_agent': chrome, 'page.user_agent': chrome });
  const ipAddress = '192.0.2.9';

  it('stands out at the opening and at the look, unless it told something when it was opened', async () => {
    const { CAPTURE, CREATION } = AssessmentPhase;
    const looks = async (opening: typeof http) => {
      const session = { sessionId: randomUUID() };
      const opened = await world.assess({ session, observation: { ipAddress, facts: opening } });
      const looked = await world.assess({ session, phase: CAPTURE, observation: { ipAddress, facts: http } });
      return Promise.all([opened, looked].map(({ assessmentId }) => raised(assessmentId)));
    };
    for (const found of await looks(http)) expect(found).toContain('page_told_nothing');
    for (const found of await looks(spoken)) expect(found).not.toContain('page_told_nothing');
    const silent = await world.assess({ observation: { ipAddress, facts: http } });
    expect(silent.riskLevel).toBe(RiskLevel.MEDIUM);
    const created = await world.assess({ phase: CREATION });
    expect(await factsKept(created.assessmentId)).toMatchObject({ 'session.page_spoke': null });
    const unopened = await world.assess({ phase: CAPTURE, observation: { ipAddress, facts: http } });
    expect(await factsKept(unopened.assessmentId), 'nobody knows').not.toHaveProperty(['session.page_spoke']);
  });
});

describe('what others tell', () => {
  it('is kept when it has a place, a kind and a teller', async () => {
    const told = [
      ...factsOf({ 'page.time_zone': 'Europe/Berlin', 'http.user_agent': null }),
      { name: 'page.made_up', value: { $case: 'text' as const, value: 'x' } },
      { name: '__proto__', value: { $case: 'text' as const, value: 'x' } },
      { name: 'page.utc_offset_min', value: { $case: 'text' as const, value: '120' } },
      { name: 'page.outer_width', value: { $case: 'number' as const, value: Number.NaN } },
      // Ours to say.
      ...factsOf({
        'net.is_anonymous_vpn': false,
        'history.device_is_known': true,
        'lists.is_blocked': false,
        'clock.now_ms': 1,
        'session.attempts': 0,
        'opening.is_same_device': true,
      }),
    ];
    const { assessmentId } = await world.assess({ observation: { ipAddress: '23.10.1.1', facts: told } });
    const kept = await factsKept(assessmentId);
    expect(kept).toMatchObject({
      'page.time_zone': 'Europe/Berlin',
      'http.user_agent': null,
      'net.is_anonymous_vpn': true,
      'history.device_is_known': null,
      'opening.is_same_device': null,
    });
    for (const name of ['page.made_up', 'page.utc_offset_min', 'page.outer_width', 'session.attempts']) {
      expect(kept, name).not.toHaveProperty([name]);
    }
    expect(kept['clock.now_ms']).toBeGreaterThan(1);
  });

  it('has an end, and can be stored', async () => {
    const endless = `a\0${'😀'.repeat(1_000)}`;
    const facts = factsOf({
      'http.user_agent': endless,
      'http.header_names': new Array(100).fill(endless),
      'page.languages': ['\0'],
    });
    const kept = await factsKept(
      (await world.assess({ observation: { ipAddress: '192.0.2.1', facts } })).assessmentId,
    );
    const names = kept['http.header_names'] as string[];
    expect(String(kept['http.user_agent']).length).toBeLessThanOrEqual(512);
    expect(String(kept['http.user_agent']).isWellFormed()).toBe(true);
    expect(names).toHaveLength(64);
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(128);
    expect(kept['page.languages']).toEqual(['']);
    const many = Array.from({ length: 500 }, (_, at) => ({ name: 'page.locale', value: undefined, at }));
    await world.assess({ observation: { ipAddress: '192.0.2.1', facts: many } });
  });
});

describe('a look', () => {
  const { CAPTURE } = AssessmentPhase;

  it('goes by what the page told when it was opened, unless it tells anew', async () => {
    const session = { sessionId: randomUUID() };
    const opening = { ipAddress: '192.0.2.7', device: { keySha256: key } };
    await world.assess({ session, observation: { ...opening, facts: factsOf({ 'page.locale': 'fr' }) } });
    const latest = factsOf({
      'page.locale': 'de',
      'page.time_zone': 'Europe/Berlin',
      'http.user_agent': chrome,
    });
    await world.assess({ session, observation: { ...opening, facts: latest } });
    const facts = factsOf({ 'page.time_zone': 'Asia/Tokyo', 'http.user_agent': 'curl/8.14.1' });
    const observation = { ipAddress: '192.0.2.8', device: { keySha256: digest('another') }, facts };
    const looked = await world.assess({ session, phase: CAPTURE, observation });
    expect(await factsKept(looked.assessmentId)).toMatchObject({
      'page.locale': 'de',
      'page.time_zone': 'Asia/Tokyo',
      'opening.http.user_agent': chrome,
      'opening.is_same_address': false,
      'opening.is_same_device': false,
      'session.openings': 2,
      'session.opening_addresses': 1,
      'session.opening_devices': 1,
    });
    const raised = looked.reasons.map(({ signal }) => signal);
    expect(raised).toEqual(
      expect.arrayContaining(['ua_changed_in_session', 'device_changed_in_session', 'ip_changed_in_session']),
    );
    expect(looked.failures).toEqual([]);
  });

  it('without an opening on record is a failed one: nobody knows where it comes from', async () => {
    const session = { sessionId: randomUUID() };
    const observation = { ipAddress: '192.0.2.7', facts: page };
    const looked = await world.assess({ session, phase: CAPTURE, observation });
    expect(looked.failures).toEqual(['history']);
    const kept = await factsKept(looked.assessmentId);
    expect(Object.keys(kept).filter((name) => name.startsWith('opening.'))).toEqual([]);
  });

  it('does not take the page of another application’s session', async () => {
    const sessionId = randomUUID();
    const observation = { ipAddress: '192.0.2.7', facts: page };
    await world.assess({ session: { sessionId, applicationId: world.otherApplication.id }, observation });
    const looked = await world.assess({ session: { sessionId }, phase: CAPTURE, observation });
    expect(looked.failures).toEqual(['history']);
  });
});

describe('step-up rules', () => {
  const rule = (field: string, operator: string, value: unknown, action: StepUpAction) => ({
    name: `${field} ${operator}`,
    logic: 'and',
    conditions: [{ field, operator, valueJson: JSON.stringify(value) }],
    action,
  });

  it('answer the first that applies, and what it was about', async () => {
    const rules = [
      rule('ip_application_mismatch', 'equals', true, StepUpAction.ACTIVE_3D),
      rule('risk_level', 'equals', 'LOW', StepUpAction.PASSIVE),
      rule('risk_score', 'less_than', 30, StepUpAction.SKIP),
    ];
    const session = { rules, applicationIpAddress: '192.0.2.7' };
    const here = await world.assess({ session, observation: { ipAddress: '192.0.2.7' } });
    expect(here.stepUp).toEqual({
      rule: 1,
      name: 'risk_level equals',
      action: StepUpAction.PASSIVE,
      because: ['risk_level = LOW'],
    });
    const elsewhere = await world.assess({ session, observation: { ipAddress: '192.0.2.8' } });
    expect(elsewhere.stepUp).toMatchObject({ rule: 0, action: StepUpAction.ACTIVE_3D });
    expect((await world.assess({ observation: { ipAddress: '192.0.2.8' } })).stepUp).toBeUndefined();
  });

  it('are checked for whoever saves them, and refused where they cannot be matched', async () => {
    const wrong = rule('ip_is_evil', 'equals', true, StepUpAction.SKIP);
    const unset = rule('risk_level', 'equals', 'LOW', StepUpAction.UNSPECIFIED);
    const { mistakes } = await world.rpc.checkRules({ rules: [wrong, unset] });
    expect(mistakes).toEqual([
      'Rule 1 (ip_is_evil equals): ip_is_evil is not a signal, risk_score or risk_level.',
      'Rule 2 (risk_level equals): action must be one of SKIP, PASSIVE, FLASHING, ACTIVE_3D.',
    ]);
    await expect(world.assess({ session: { rules: [wrong] } })).rejects.toMatchObject({
      code: 'rules_invalid',
    });
    await expect(world.assess({ session: { sessionId: 'x' } })).rejects.toMatchObject({
      code: 'assessment_invalid',
    });
  });
});

describe('a part that fails', () => {
  const observation = { ipAddress: '192.0.2.7', facts: page };
  const hidden = async <T>(table: string, run: () => Promise<T>): Promise<T> => {
    const { db } = world.context.database;
    const away = sql.table(`${table}_away`);
    await sql`ALTER TABLE ${sql.table(table)} RENAME TO ${away}`.execute(db);
    try {
      return await run();
    } finally {
      await sql`ALTER TABLE ${away} RENAME TO ${sql.table(table)}`.execute(db);
    }
  };
  const onlyListed = {
    name: 'listed or not',
    logic: 'or',
    conditions: [
      { field: 'usr_in_tenant_blocklist', operator: 'equals', valueJson: 'false' },
      { field: 'usr_in_tenant_blocklist', operator: 'equals', valueJson: 'true' },
      { field: 'usr_in_tenant_blocklist', operator: 'is_empty', valueJson: '' },
    ],
    action: StepUpAction.PASSIVE,
  };
  const session = { vendorData: 'user-2', rules: [onlyListed] };

  it.each([
    ['lists', 'lists', 'lists.'],
    ['history', 'known_devices', 'history.'],
  ])('%s: the answer comes without its facts, and names it', async (part, table, area) => {
    const well = await world.assess({ observation, session });
    const broken = await hidden(table, () => world.assess({ observation, session }));
    expect(well.failures).toEqual([]);
    expect(broken.failures).toEqual([part]);
    expect(broken.signalsUnavailable).toBeGreaterThan(well.signalsUnavailable);
    const kept = Object.keys(await factsKept(broken.assessmentId));
    expect(kept.filter((name) => name.startsWith(area))).toEqual([]);
    // Known or not, on a list or not: neither is said.
    expect(well.stepUp).toBeDefined();
    if (part === 'lists') expect(broken.stepUp).toBeUndefined();
    expect(broken.device, 'as the visit tells it').toMatchObject({ browserFamily: 'Chrome', isKnown: false });
    expect(
      world
        .logged()
        .split('\n')
        .filter((line) => line.includes(`"part":"${part}"`)),
    ).toHaveLength(1);
    expect(world.logged(), 'a code alone').not.toContain('relation');
    const { value, absent, unavailable } = (await recordOf(well.assessmentId)).counts;
    expect(broken.signalsWithValue + broken.signalsAbsent + broken.signalsUnavailable).toBe(
      value + absent + unavailable,
    );
  });

  it('nobody is approved from a record that cannot be written down on, until one can', async () => {
    const failures = async () => (await world.assess({ observation, session })).failures;
    await hidden('erased_sessions', async () => {
      const lost = await world.assess({ observation, session });
      expect(lost.failures, 'answered before').toEqual([]);
      expect(await findAssessment(world.context.database.db, lost.assessmentId)).toBeNull();
      expect(await failures()).toEqual(['history']);
    });
    expect(await failures(), 'the first that is written down').toEqual(['history']);
    expect(await failures()).toEqual([]);
  });

  it('network: a database that is broken is no database that knows nothing', async () => {
    const file = join(folder, 'city.mmdb');
    writeFileSync(file, 'no database');
    await world.context.network.refresh();
    try {
      expect((await world.assess({ observation })).failures).toEqual(['network']);
    } finally {
      rmSync(file);
      await world.context.network.refresh();
    }
    expect((await world.assess({ observation })).failures).toEqual([]);
  });
});

describe('what can be watched', () => {
  it('is what was weighed, what asked for more, what failed and how old the data is', async () => {
    const before = (await exposeMetrics()).text;
    const session = {
      sessionId: randomUUID(),
      vendorData: 'watched-user',
      facts: factsOf({ 'session.attempts': 3 }),
    };
    const observation = { ipAddress: '23.10.1.9', device: { keySha256: key }, facts: page };
    const rules = [{ name: 'all', logic: 'and', action: StepUpAction.FLASHING, conditions: [] }];
    await world.assess({ session: { ...session, rules }, observation });
    const { text } = await exposeMetrics();
    const risen = (name: string, labels = {}) => sumOf(text, name, labels) - sumOf(before, name, labels);
    expect(risen('selfsame_assessments_total', { phase: 'OPENING' })).toBe(1);
    expect(risen('selfsame_assessments_total', { step_up: 'FLASHING' })).toBe(1);
    expect(risen('selfsame_assessment_score_count', { phase: 'OPENING' })).toBe(1);
    expect(risen('selfsame_assessment_score_sum')).toBeGreaterThan(0);
    expect(risen('selfsame_assessment_seconds_count')).toBe(1);
    expect(risen('selfsame_signals_fired_total', { family: 'ip_reputation' })).toBeGreaterThan(0);
    expect(risen('selfsame_assessment_failures_total')).toBe(0);
    expect(sumOf(text, 'selfsame_ip_data_age_seconds', { database: 'vpn-ipv4.txt' })).toBeGreaterThan(0);
    expect(sumOf(text, 'selfsame_ip_data_degraded')).toBe(0);
    expect(sumOf(text, 'selfsame_assessment_records_kept')).toBe(1);
    const told = [session.sessionId, session.vendorData, observation.ipAddress, key.toString('hex')];
    expect(told.filter((one) => text.includes(one))).toEqual([]);
  });
});
