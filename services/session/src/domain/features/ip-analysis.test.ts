import { describe, expect, it } from 'vitest';
import { goodFace } from '../../../test/faces.ts';
import { alpha3 } from '../countries.ts';
import { implicitReports, judgeSteps, verdictOf } from '../verdict.ts';
import type {
  AssessmentEvidence,
  DeviceEvidence,
  ListHit,
  NetworkEvidence,
  VisitMatch,
} from './assessment.ts';
import type { Evidence } from './evidence.ts';
import { ipAnalysis } from './ip-analysis.ts';
import type { KnownSession } from './known-session.ts';
import { checkSettings } from './settings.ts';

const network: NetworkEvidence = {
  ipAddress: '203.0.113.7',
  country: 'Spain',
  countryCode: 'ES',
  state: 'Madrid',
  city: 'Madrid',
  latitude: 40.4,
  longitude: -3.7,
  isp: 'Example Net',
  organization: 'Example',
  isVpnOrTor: false,
  isDataCenter: false,
  timeZone: 'Europe/Madrid',
  timeZoneOffset: '+0100',
};
const device: DeviceEvidence = {
  fingerprint: 'selfsame-fp-00ff',
  brand: 'Apple',
  model: 'iPhone',
  browserFamily: 'Mobile Safari',
  osFamily: 'iOS',
  platform: 'mobile',
  isKnown: false,
  isNetworkKnown: false,
  isProved: true,
  recovered: null,
};
const quiet: AssessmentEvidence = {
  id: 'a1',
  riskScore: 7.5,
  riskLevel: 'LOW',
  reasons: [{ signal: 'dev_age_days', weight: 4 }],
  signals: { value: 230, absent: 40, unavailable: 12 },
  catalogueVersion: 'c1',
  network,
  device,
  listHits: [],
  matches: [],
  detections: [],
  stepUp: null,
  failures: [],
  hasBlocklists: false,
};
const other: KnownSession = {
  number: 7,
  vendorData: 'somebody else',
  status: 'Approved',
  apiService: null,
  verifiedAt: new Date(0),
};
const match: VisitMatch = {
  sessionId: '0198a000-0000-7000-8000-00000000000a',
  matchType: 'ip_address',
  matchSource: 'ip_address',
  confidence: 0,
  matchMode: 'co_occurrence',
  recoverySimilarity: null,
  isTlsCorroborated: false,
  recoveryGateReason: null,
  device: { ...device, fingerprint: 'selfsame-fp-11ee' },
  network: { ...network, ipAddress: '198.51.100.1' },
  isOtherSubject: true,
  session: other,
};
const double: VisitMatch = { ...match, matchType: 'device_fingerprint', matchSource: 'persistent_id' };
const hit = (kind: ListHit['kind'], entryType: string): ListHit => ({
  kind,
  entryType,
  listId: 'l1',
  entryId: 'e1',
});

const evaluate = (
  changes: Partial<AssessmentEvidence> | null,
  settings: Record<string, unknown> = {},
  evidence: Partial<Evidence> = {},
) =>
  ipAnalysis.evaluate(
    settings,
    {
      face: goodFace,
      vendorData: 'somebody',
      assessment: changes && { ...quiet, ...changes },
      ...evidence,
    },
    'feature_ip_analysis_1',
  );
const risksOf = (report: ReturnType<typeof evaluate>) => report.warnings.map(({ risk }) => risk);

describe('the block', () => {
  it('has every field of the contract, and what the assessment says beside it', () => {
    const report = evaluate({ matches: [double] });
    const block = ipAnalysis.block(report, 's1', new Map([[double.sessionId, other]]));
    const location = { latitude: 40.4, longitude: -3.7 };
    expect(block).toEqual({
      node_id: 'feature_ip_analysis_1',
      status: 'Approved',
      device_brand: 'Apple',
      device_model: 'iPhone',
      browser_family: 'Mobile Safari',
      os_family: 'iOS',
      platform: 'mobile',
      device_fingerprint: 'selfsame-fp-00ff',
      ip_address: '203.0.113.7',
      ip_country: 'Spain',
      ip_country_code: 'ES',
      ip_state: 'Madrid',
      ip_city: 'Madrid',
      ...location,
      isp: 'Example Net',
      organization: 'Example',
      is_vpn_or_tor: false,
      is_data_center: false,
      time_zone: 'Europe/Madrid',
      time_zone_offset: '+0100',
      ip: { location, distance_from_id_document: null, distance_from_poa_document: null },
      id_document: { location: null, distance_from_ip: null, distance_from_poa_document: null },
      poa_document: { location: null, distance_from_ip: null, distance_from_id_document: null },
      matches: [
        {
          session_id: double.sessionId,
          session_number: 7,
          vendor_data: 'somebody else',
          verification_date: '1970-01-01T00:00:00.000Z',
          match_type: 'device_fingerprint',
          match_source: 'persistent_id',
          matched_value: 'selfsame-fp-00ff',
          status: 'Approved',
          is_blocklisted: false,
          api_service: null,
          source: 'session',
          device_info: {
            brand: 'Apple',
            model: 'iPhone',
            browser_family: 'Mobile Safari',
            os_family: 'iOS',
            platform: 'mobile',
            device_fingerprint: 'selfsame-fp-11ee',
          },
          location_info: {
            ip_address: null,
            ip_country: 'Spain',
            ip_country_code: 'ES',
            ip_state: 'Madrid',
            ip_city: 'Madrid',
            is_vpn_or_tor: false,
            is_data_center: false,
          },
          confidence: 0,
          match_mode: 'co_occurrence',
          recovery_similarity: null,
          tls_ja4_corroborated: false,
          recovery_gate_reason: null,
        },
      ],
      warnings: [expect.objectContaining({ risk: 'DUPLICATED_DEVICE_FINGERPRINT', feature: 'LOCATION' })],
      risk_score: 7.5,
      risk_level: 'LOW',
      reasons: [{ signal: 'dev_age_days', weight: 4 }],
      signals_evaluated: { value: 230, absent: 40, unavailable: 12 },
      assessment_id: 'a1',
    });
  });

  it('has the same fields, empty, when nobody could say anything', () => {
    const full = ipAnalysis.block(evaluate({}), 's1');
    const empty = ipAnalysis.block(evaluate(null), 's1');
    expect(Object.keys(empty).sort()).toEqual(Object.keys(full).sort());
    expect(empty).toMatchObject({ status: 'In Review', ip_address: null, risk_score: null, matches: [] });
  });

  it('shows no session of the same user, and of one that is gone only that it was there', () => {
    const own = { ...match, isOtherSubject: false };
    const { matches } = ipAnalysis.block(evaluate({ matches: [own, match] }), 's1', new Map());
    expect(matches).toEqual([
      expect.objectContaining({
        session_id: match.sessionId,
        vendor_data: null,
        status: null,
        device_info: expect.objectContaining({ model: null, device_fingerprint: null }),
        location_info: expect.objectContaining({ ip_city: null, ip_address: null }),
      }),
    ]);
  });
});

describe('a finding', () => {
  const recovered = {
    deviceId: 'd1',
    similarity: 0.98765,
    band: 'very_high',
    gateReason: 'hardware_root_match',
  };
  const fence = {
    is_ip_geofencing_enabled: true,
    ip_geofencing_by_country: { ESP: { allowed: false, states: { madrid: true } } },
  };
  const cases: [string, string, Partial<AssessmentEvidence>, Partial<Evidence>?, Record<string, unknown>?][] =
    [
      ['PRIVATE_NETWORK_DETECTED', 'vpn_detection_action', { network: { ...network, isVpnOrTor: true } }],
      [
        'EXPECTED_IP_ADDRESS_MISMATCH',
        'expected_ip_mismatch_action',
        {},
        { expectedIpAddress: '2001:db8::7' },
      ],
      ['DUPLICATED_IP_ADDRESS', 'duplicated_ip_action', { matches: [match] }],
      ['DUPLICATED_DEVICE_FINGERPRINT', 'duplicated_device_action', { matches: [double] }],
      ['DEVICE_RECOVERED_HIGH_CONFIDENCE', 'recovered_device_action', { device: { ...device, recovered } }],
      [
        'IP_LOCATION_NOT_DETERMINED',
        'ip_location_not_determined_action',
        { network: { ...network, countryCode: null } },
      ],
      [
        'IP_LOCATION_NOT_ALLOWED',
        'ip_geofencing_action',
        { network: { ...network, state: 'Catalonia' } },
        {},
        fence,
      ],
      ...(
        [
          ['AUTOMATION_FRAMEWORK_DETECTED', 'automation_detected_action'],
          ['DEVICE_EMULATOR_DETECTED', 'device_emulator_action'],
          ['DEVICE_ROOTED_OR_JAILBROKEN', 'device_rooted_action'],
          ['DEVICE_RUNTIME_HOOKING_DETECTED', 'device_hooking_action'],
          ['DEVICE_APP_TAMPERED', 'device_app_tampered_action'],
        ] as const
      ).map(([risk, key]): [string, string, Partial<AssessmentEvidence>] => [
        risk,
        key,
        { detections: [{ risk, signals: ['auto_webdriver_flag'] }] },
      ]),
      ['HIGH_RISK', 'high_risk_action', { riskLevel: 'HIGH', riskScore: 88 }],
    ];
  it.each(cases)('%s does what %s says', (risk, key, assessment, evidence = {}, settings = {}) => {
    for (const [action, status] of [
      ['NO_ACTION', 'Approved'],
      ['REVIEW', 'In Review'],
      ['DECLINE', 'Declined'],
    ]) {
      const report = evaluate(assessment, { ...settings, [key]: action }, evidence);
      expect([risksOf(report), report.status]).toEqual([[risk], status]);
    }
    expect(risksOf(evaluate({}, settings))).toEqual([]);
  });

  it('of a fence declines unless it says otherwise; a state beats its country, unnamed countries are free', () => {
    const at = (state: string | null, countryCode = 'ES') =>
      evaluate({ network: { ...network, state, countryCode } }, fence);
    expect(at('MADRID').status).toBe('Approved');
    expect(at(null)).toMatchObject({
      status: 'Declined',
      warnings: [{ additional_data: { ip_country_code: 'ESP', ip_state: null, restricted_by: 'country' } }],
    });
    expect(at('Catalonia', 'PT').status).toBe('Approved');
    const states = {
      ...fence,
      ip_geofencing_by_country: { ESP: { allowed: true, states: { Madrid: false } } },
    };
    expect(evaluate({}, states).warnings[0]?.additional_data).toMatchObject({ restricted_by: 'state' });
    expect(evaluate({}, { ...states, is_ip_geofencing_enabled: false }).status).toBe('Approved');
  });

  it('of an expected address reads every spelling of it', () => {
    const at = (expectedIpAddress: string, ipAddress: string | null) =>
      risksOf(evaluate({ network: { ...network, ipAddress } }, {}, { expectedIpAddress }));
    expect(at('203.0.113.7', '203.0.113.7')).toEqual([]);
    expect(at('2001:DB8:0:0::7', '2001:db8::7')).toEqual([]);
    expect(at('203.0.113.7', '::ffff:203.0.113.7')).toEqual([]);
    expect(at('::ffff:203.0.113.7', '203.0.113.7')).toEqual([]);
    expect(at('203.0.113.8', '203.0.113.7')).toEqual(['EXPECTED_IP_ADDRESS_MISMATCH']);
    expect(at('203.0.113.8', null)).toEqual(['EXPECTED_IP_ADDRESS_MISMATCH']);
  });

  it('of the same address or device needs another user with a name, and is silenced by an allowlist', () => {
    const nobody = { ...other, vendorData: null };
    const both = { matches: [match, double] };
    const named = ['DUPLICATED_IP_ADDRESS', 'DUPLICATED_DEVICE_FINGERPRINT'];
    expect(risksOf(evaluate(both))).toEqual(named);
    expect(risksOf(evaluate(both, {}, { vendorData: null }))).toEqual([]);
    expect(risksOf(evaluate({ matches: [{ ...match, session: nobody }] }))).toEqual([]);
    expect(risksOf(evaluate({ matches: [{ ...match, session: null }] }))).toEqual(['DUPLICATED_IP_ADDRESS']);
    const allowed = (...types: string[]) =>
      risksOf(evaluate({ ...both, listHits: types.map((type) => hit('allowlist', type)) }));
    expect(allowed('ip_address')).toEqual(['IP_ADDRESS_IN_ALLOWLIST', 'DUPLICATED_DEVICE_FINGERPRINT']);
    expect(allowed('device_fingerprint')).toEqual([
      'DEVICE_FINGERPRINT_IN_ALLOWLIST',
      'DUPLICATED_IP_ADDRESS',
    ]);
    expect(allowed('user')).toEqual(['USER_IN_ALLOWLIST']);
  });

  it('that nobody knows is none that is harmless', () => {
    const strange = [{ risk: 'DEVICE_HAUNTED', signals: ['x'] }];
    expect(risksOf(evaluate({ detections: strange }))).toEqual(['DEVICE_APP_TAMPERED']);
    expect(evaluate({ listHits: [hit('blocklist', 'wallet')] })).toMatchObject({
      status: 'Declined',
      warnings: [{ risk: 'OTHER_IN_BLOCKLIST', additional_data: { list_id: 'l1', entry_id: 'e1' } }],
    });
  });

  it('is there once, however many entries or signals stand behind it', () => {
    const listHits = [
      hit('allowlist', 'user'),
      hit('blocklist', 'ip_address'),
      hit('blocklist', 'ip_address'),
    ];
    expect(risksOf(evaluate({ listHits }))).toEqual(['IP_ADDRESS_IN_BLOCKLIST', 'USER_IN_ALLOWLIST']);
    const detections = ['a', 'b'].map((name) => ({ risk: 'DEVICE_EMULATOR_DETECTED', signals: [name] }));
    expect(evaluate({ detections }).warnings).toMatchObject([{ additional_data: { signals: ['a', 'b'] } }]);
  });
});

describe('settings', () => {
  it('that nothing would act on are refused with the reason, and fences of the wrong shape', () => {
    const mistakes = (given: Record<string, unknown>) =>
      checkSettings(ipAnalysis.settings, given, ipAnalysis.unavailable).mistakes;
    expect(mistakes({ ip_mismatch_action: 'REVIEW' })).toEqual([
      'ip_mismatch_action cannot be set yet: no session has document data that could differ.',
    ]);
    expect(mistakes({ cross_org_fraud_ip_action: 'REVIEW' })[0]).toMatch(/kept apart/);
    expect(mistakes({ ip_geofencing_by_country: { ESP: { allowed: true } } })).toEqual([]);
    for (const wrong of [
      [],
      { ES: { allowed: true } },
      { ESP: true },
      { ESP: { allowed: 'no' } },
      { ESP: { allowed: true, states: { Madrid: 'no' } } },
      { ESP: { allowed: true, cities: {} } },
    ]) {
      expect(mistakes({ ip_geofencing_by_country: wrong })[0]).toMatch(/must be an object by ISO 3166-1/);
    }
  });

  it('name countries as the contract does', () => {
    expect([alpha3('de'), alpha3('XK'), alpha3('ZZ'), alpha3(null)]).toEqual(['DEU', 'XKX', null, null]);
  });
});

describe('a workflow without the step', () => {
  const steps = [{ node_id: 'feature_liveness_1', feature: 'LIVENESS', label: '', config: {} }];
  const verdict = (assessment: Partial<AssessmentEvidence> | null, more: Partial<Evidence> = {}) => {
    const evidence = { face: goodFace, assessment: assessment && { ...quiet, ...assessment }, ...more };
    const implicit = implicitReports(steps, evidence);
    const status = verdictOf([...judgeSteps(steps, evidence), ...implicit]);
    return [status, ...implicit.flatMap(({ warnings }) => warnings.map(({ risk }) => risk))];
  };
  const asked = { name: 'r', action: 'ACTIVE_3D' as const, because: [] };

  it('declines what is blocked, and passes over everything else', () => {
    expect(verdict({ listHits: [hit('blocklist', 'email')] })).toEqual(['Declined', 'EMAIL_IN_BLOCKLIST']);
    for (const assessment of [
      {},
      null,
      { failures: ['history'] },
      { riskLevel: 'HIGH' as const },
      { listHits: [hit('allowlist', 'user')] },
    ]) {
      expect(verdict(assessment)).toEqual(['Approved']);
    }
  });

  it('approves nothing when nobody could tell who is blocked', () => {
    const unknown = ['In Review', 'IP_ANALYSIS_FAILED'];
    expect(verdict({ failures: ['lists'] })).toEqual(unknown);
    expect(verdict(null, { hasBlocklists: true })).toEqual(unknown);
    expect(verdict({ failures: ['history'] }, { hasBlocklists: true })).toEqual(['Approved']);
    expect(verdict({}, { hasBlocklists: true })).toEqual(['Approved']);
  });

  it('that is adaptive approves nothing that was not assessed, or showed less than was asked for', () => {
    const adaptive = { isAdaptive: true };
    expect(verdict({}, adaptive)).toEqual(['Approved']);
    expect(verdict(null, adaptive)).toEqual(['In Review', 'IP_ANALYSIS_FAILED']);
    expect(verdict({ failures: ['lists'] }, adaptive)).toEqual(['In Review', 'IP_ANALYSIS_FAILED']);
    expect(verdict({}, { ...adaptive, askedStepUp: asked })).toEqual(['In Review', 'STEP_UP_NOT_PERFORMED']);
    const challenge = { method: 'ACTIVE_3D' as const, passed: true, score: 95, failures: [] };
    const performed = { face: { ...goodFace, challenge } };
    expect(verdict({}, { ...adaptive, askedStepUp: asked, ...performed })).toEqual(['Approved']);
  });
});
