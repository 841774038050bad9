import { BlockList, isIP } from 'node:net';
import { alpha3 } from '../countries.ts';
import type { AssessmentEvidence, ListHit, NetworkEvidence, StepUpAction, VisitMatch } from './assessment.ts';
import { stepUpActions } from './assessment.ts';
import type { Evidence } from './evidence.ts';
import type { Finding } from './feature.ts';
import { actionSeverity } from './feature.ts';
import type { SettingsOf } from './settings.ts';
import { action, countries, flag } from './settings.ts';

/** What follows from a finding is the application's to say: honest users have VPNs, families share devices. */
export const ipSettings = {
  vpn_detection_action: action('NO_ACTION'),
  expected_ip_mismatch_action: action('NO_ACTION'),
  duplicated_ip_action: action('NO_ACTION'),
  duplicated_device_action: action('NO_ACTION'),
  recovered_device_action: action('NO_ACTION'),
  ip_location_not_determined_action: action('NO_ACTION'),
  automation_detected_action: action('NO_ACTION'),
  device_emulator_action: action('NO_ACTION'),
  device_rooted_action: action('NO_ACTION'),
  device_hooking_action: action('NO_ACTION'),
  device_app_tampered_action: action('NO_ACTION'),
  high_risk_action: action('NO_ACTION'),
  is_ip_geofencing_enabled: flag(false),
  ip_geofencing_by_country: countries(),
  // Whoever draws a fence means it.
  ip_geofencing_action: action('DECLINE'),
} as const;

type Settings = SettingsOf<typeof ipSettings>;

/** Every risk of the step: [short, long] description. */
export const ipRisks = {
  IP_ADDRESS_IN_BLOCKLIST: ['Blocked address', 'The address is on a blocklist of the application.'],
  DEVICE_FINGERPRINT_IN_BLOCKLIST: ['Blocked device', 'The device is on a blocklist of the application.'],
  USER_IN_BLOCKLIST: ['Blocked user', 'The user is on a blocklist of the application.'],
  COUNTRY_IN_BLOCKLIST: ['Blocked country', 'The country is on a blocklist of the application.'],
  EMAIL_IN_BLOCKLIST: ['Blocked e-mail address', 'The e-mail address is on a blocklist of the application.'],
  PHONE_IN_BLOCKLIST: ['Blocked phone number', 'The phone number is on a blocklist of the application.'],
  OTHER_IN_BLOCKLIST: ['On a blocklist', 'The visit is on a blocklist of the application.'],
  IP_ADDRESS_IN_ALLOWLIST: ['Allowed address', 'The address is on an allowlist of the application.'],
  DEVICE_FINGERPRINT_IN_ALLOWLIST: ['Allowed device', 'The device is on an allowlist of the application.'],
  USER_IN_ALLOWLIST: ['Allowed user', 'The user is on an allowlist of the application.'],
  COUNTRY_IN_ALLOWLIST: ['Allowed country', 'The country is on an allowlist of the application.'],
  EMAIL_IN_ALLOWLIST: ['Allowed e-mail address', 'The e-mail address is on an allowlist of the application.'],
  PHONE_IN_ALLOWLIST: ['Allowed phone number', 'The phone number is on an allowlist of the application.'],
  OTHER_IN_ALLOWLIST: ['On an allowlist', 'The visit is on an allowlist of the application.'],
  IP_ANALYSIS_FAILED: [
    'Device and network not assessed',
    'Device and network could not be looked at as a whole, so a person has to decide.',
  ],
  STEP_UP_NOT_PERFORMED: [
    'Less was shown than was asked for',
    'The visit calls for a stricter method of liveness than the one that was performed.',
  ],
  PRIVATE_NETWORK_DETECTED: ['Private network', 'The address belongs to a VPN, a proxy or Tor.'],
  EXPECTED_IP_ADDRESS_MISMATCH: [
    'Another address than expected',
    'The address is not the one that the application expects.',
  ],
  DUPLICATED_IP_ADDRESS: [
    'Address of another user',
    'Another user of the application came from this address.',
  ],
  DUPLICATED_DEVICE_FINGERPRINT: [
    'Device of another user',
    'Another user of the application came with this device.',
  ],
  DEVICE_RECOVERED_HIGH_CONFIDENCE: [
    'Device recognised by its traits',
    'The device was seen before under another identity: its storage was cleared, or it hides.',
  ],
  IP_LOCATION_NOT_DETERMINED: ['Place unknown', 'Where the address is could not be determined.'],
  IP_LOCATION_NOT_ALLOWED: ['Place not allowed', 'The application does not allow visits from this place.'],
  AUTOMATION_FRAMEWORK_DETECTED: ['Automated browser', 'A program seems to drive the browser.'],
  DEVICE_EMULATOR_DETECTED: ['Emulated device', 'The device seems to be an imitation of one.'],
  DEVICE_ROOTED_OR_JAILBROKEN: ['Device without its locks', 'The device seems to be rooted or jailbroken.'],
  DEVICE_RUNTIME_HOOKING_DETECTED: ['Changed runtime', 'Functions of the browser seem to be replaced.'],
  DEVICE_APP_TAMPERED: ['Changed page', 'The page that ran seems to be another one than ours.'],
  HIGH_RISK: ['High risk', 'Device, network and past together speak against this visit.'],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

type Risk = keyof typeof ipRisks;

const detectionSettings = {
  AUTOMATION_FRAMEWORK_DETECTED: 'automation_detected_action',
  DEVICE_EMULATOR_DETECTED: 'device_emulator_action',
  DEVICE_ROOTED_OR_JAILBROKEN: 'device_rooted_action',
  DEVICE_RUNTIME_HOOKING_DETECTED: 'device_hooking_action',
  DEVICE_APP_TAMPERED: 'device_app_tampered_action',
} as const satisfies Partial<Record<Risk, keyof Settings>>;

type Detected = keyof typeof detectionSettings;

/**
 * What a visit's assessment says. Blocklists always decline; allowlists are information, and silence that another user has
 * the same address or device. What could not be looked at is a warning: nothing is approved because nobody knows.
 * @param assessment null: nobody could say anything
 */
export function ipFindings(
  config: Settings,
  evidence: Evidence,
  assessment: AssessmentEvidence | null,
): Finding[] {
  if (assessment === null) return [failed(['assessment'])];
  return [
    ...listFindings(assessment.listHits),
    ...(assessment.failures.length > 0 ? [failed(assessment.failures)] : []),
    ...stepUpFindings(evidence),
    ...placeFindings(config, evidence, assessment.network),
    ...doubleFindings(config, evidence, assessment),
    ...softwareFindings(config, assessment),
    ...riskFindings(config, assessment),
  ];
}

function failed(parts: readonly string[]): Finding {
  return { risk: 'IP_ANALYSIS_FAILED', severity: 'warning', additionalData: { failed: parts } };
}

const listed = new Set(['ip_address', 'device_fingerprint', 'user', 'country', 'email', 'phone']);

/** One finding a risk, whatever the number of entries; blocking ones first. */
function listFindings(hits: readonly ListHit[]): Finding[] {
  const byRisk = Map.groupBy(hits, ({ kind, entryType }) => {
    const what = listed.has(entryType) ? entryType.toUpperCase() : 'OTHER';
    return `${what}_IN_${kind.toUpperCase()}`;
  });
  const found = [...byRisk].map(([risk, [hit]]): Finding => {
    const severity = hit?.kind === 'blocklist' ? 'error' : 'information';
    const data = { list_id: hit?.listId ?? null, entry_id: hit?.entryId ?? null };
    return { risk, severity, additionalData: data };
  });
  return found.sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
}

/** A look that showed less than the rules ask for. Before there is one, nothing was shown yet. */
function stepUpFindings({ face, askedStepUp = null }: Evidence): Finding[] {
  if (face === null || askedStepUp === null) return [];
  const performed: StepUpAction = face.challenge?.method ?? 'PASSIVE';
  if (stepUpActions.indexOf(askedStepUp.action) <= stepUpActions.indexOf(performed)) return [];
  const { action: asked, name: rule, because } = askedStepUp;
  const additionalData = { asked, performed, rule, because };
  return [{ risk: 'STEP_UP_NOT_PERFORMED', severity: 'warning', additionalData }];
}

function placeFindings(
  config: Settings,
  { expectedIpAddress }: Evidence,
  network: NetworkEvidence,
): Finding[] {
  const { ipAddress, country, countryCode, state, isVpnOrTor, isDataCenter } = network;
  const found: Finding[] = [];
  if (isVpnOrTor) {
    const additionalData = { is_vpn_or_tor: true, is_data_center: isDataCenter };
    found.push(finding('PRIVATE_NETWORK_DETECTED', config.vpn_detection_action, additionalData));
  }
  if (expectedIpAddress && !isSameAddress(expectedIpAddress, ipAddress)) {
    const additionalData = { expected_ip_address: expectedIpAddress, ip_address: ipAddress };
    found.push(finding('EXPECTED_IP_ADDRESS_MISMATCH', config.expected_ip_mismatch_action, additionalData));
  }
  if (countryCode === null) {
    found.push(finding('IP_LOCATION_NOT_DETERMINED', config.ip_location_not_determined_action));
  }
  const restrictedBy = config.is_ip_geofencing_enabled ? restriction(config, network) : null;
  if (restrictedBy !== null) {
    const additionalData = {
      ip_country_code: alpha3(countryCode),
      ip_country: country,
      ip_state: state,
      restricted_by: restrictedBy,
    };
    found.push(finding('IP_LOCATION_NOT_ALLOWED', config.ip_geofencing_action, additionalData));
  }
  return found;
}

/** IPv6 has many spellings, and may carry IPv4. */
function isSameAddress(one: string, other: string | null): boolean {
  const [first, second] = [isIP(one), other === null ? 0 : isIP(other)];
  if (first === 0 || second === 0 || other === null) return false;
  const single = new BlockList();
  single.addAddress(one, first === 4 ? 'ipv4' : 'ipv6');
  return single.check(other, second === 4 ? 'ipv4' : 'ipv6');
}

/** What keeps this place out; a state's own word beats its country's. */
function restriction(config: Settings, { countryCode, state }: NetworkEvidence): 'country' | 'state' | null {
  const code = alpha3(countryCode);
  const rules = config.ip_geofencing_by_country;
  const rule = code !== null && Object.hasOwn(rules, code) ? rules[code] : undefined;
  if (rule === undefined) return null;
  const wanted = state?.toLowerCase();
  const own = Object.entries(rule.states ?? {}).find(([name]) => name.toLowerCase() === wanted);
  if (own !== undefined) return own[1] ? null : 'state';
  return rule.allowed ? null : 'country';
}

/** Other users with the same address or device, unless a list says that this is as it should be. */
function doubleFindings(
  config: Settings,
  { vendorData = null }: Evidence,
  { device, matches, listHits }: AssessmentEvidence,
): Finding[] {
  const isAllowed = (...types: string[]) =>
    listHits.some(({ kind, entryType }) => kind === 'allowlist' && types.includes(entryType));
  const others = matches.filter((match) => isAnotherUser(match, vendorData));
  const found: Finding[] = [];
  const address = others.find(({ matchType }) => matchType === 'ip_address');
  if (address && !isAllowed('ip_address', 'user')) {
    found.push(finding('DUPLICATED_IP_ADDRESS', config.duplicated_ip_action, dataOf(address)));
  }
  if (isAllowed('device_fingerprint', 'user')) return found;
  const isExact = ({ matchType, matchSource }: VisitMatch) =>
    matchType === 'device_fingerprint' && matchSource !== 'recovered_high';
  const double = others.find(isExact);
  if (double) {
    found.push(finding('DUPLICATED_DEVICE_FINGERPRINT', config.duplicated_device_action, dataOf(double)));
  }
  const { recovered } = device;
  if (recovered !== null) {
    const additionalData = {
      recovery_match_device_uuid: recovered.deviceId,
      recovery_match_similarity: Math.round(recovered.similarity * 10_000) / 10_000,
      recovery_match_band: recovered.band,
      recovery_gate_reason: recovered.gateReason,
    };
    const { recovered_device_action } = config;
    found.push(finding('DEVICE_RECOVERED_HIGH_CONFIDENCE', recovered_device_action, additionalData));
  }
  return found;
}

/** As with faces: without a name of one's own there is nobody to be different from, and a deleted session names nobody. */
function isAnotherUser({ isOtherSubject, session }: VisitMatch, vendorData: string | null): boolean {
  if (!isOtherSubject || vendorData === null) return false;
  if (session === null) return true;
  return session.vendorData !== null && session.vendorData !== vendorData;
}

function dataOf({ sessionId, session }: VisitMatch): Record<string, unknown> {
  return {
    duplicated_session_id: sessionId,
    duplicated_session_number: session?.number ?? null,
    api_service: session?.apiService ?? null,
  };
}

/** A finding of a kind that this version does not know stands for a page that was changed. */
function softwareFindings(config: Settings, { detections }: AssessmentEvidence): Finding[] {
  const byRisk = Map.groupBy(detections, ({ risk }) => (isDetected(risk) ? risk : 'DEVICE_APP_TAMPERED'));
  return [...byRisk].map(([risk, group]) => {
    const signals = group.flatMap((detection) => detection.signals);
    return finding(risk, config[detectionSettings[risk]], { signals });
  });
}

function isDetected(risk: string): risk is Detected {
  return Object.hasOwn(detectionSettings, risk);
}

function riskFindings(config: Settings, { riskLevel, riskScore, reasons }: AssessmentEvidence): Finding[] {
  if (riskLevel !== 'HIGH') return [];
  const signals = reasons.slice(0, 5).map(({ signal }) => signal);
  return [finding('HIGH_RISK', config.high_risk_action, { risk_score: riskScore, signals })];
}

function finding(
  risk: Risk,
  wanted: 'NO_ACTION' | 'REVIEW' | 'DECLINE',
  additionalData?: Readonly<Record<string, unknown>>,
): Finding {
  const severity = actionSeverity(wanted);
  return additionalData === undefined ? { risk, severity } : { risk, severity, additionalData };
}
