import { BlockList, isIP } from 'node:net';
import { alpha3 } from '../countries.ts';
import type { AssessmentEvidence, ListHit, NetworkEvidence, StepUpAction, VisitMatch } from './assessment.ts';
import { stepUpActions } from './assessment.ts';
import type { Evidence } from './evidence.ts';
import type { Finding } from './feature.ts';
import { actionSeverity } from './feature.ts';
import type { IpRisk, IpSettings } from './ip-analysis-risks.ts';
import { detectionSettings } from './ip-analysis-risks.ts';

type Detected = keyof typeof detectionSettings;

/**
 * What a visit's assessment says. Blocklists always decline; allowlists are information, and silence that another user has
 * the same address or device. What could not be looked at is a warning: nothing is approved because nobody knows.
 * @param assessment null: nobody could say anything
 */
export function ipFindings(
  config: IpSettings,
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
  config: IpSettings,
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
function restriction(
  config: IpSettings,
  { countryCode, state }: NetworkEvidence,
): 'country' | 'state' | null {
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
  config: IpSettings,
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
function softwareFindings(config: IpSettings, { detections }: AssessmentEvidence): Finding[] {
  const byRisk = Map.groupBy(detections, ({ risk }) => (isDetected(risk) ? risk : 'DEVICE_APP_TAMPERED'));
  return [...byRisk].map(([risk, group]) => {
    const signals = group.flatMap((detection) => detection.signals);
    return finding(risk, config[detectionSettings[risk]], { signals });
  });
}

function isDetected(risk: string): risk is Detected {
  return Object.hasOwn(detectionSettings, risk);
}

function riskFindings(config: IpSettings, { riskLevel, riskScore, reasons }: AssessmentEvidence): Finding[] {
  if (riskLevel !== 'HIGH') return [];
  const signals = reasons.slice(0, 5).map(({ signal }) => signal);
  return [finding('HIGH_RISK', config.high_risk_action, { risk_score: riskScore, signals })];
}

function finding(
  risk: IpRisk,
  wanted: 'NO_ACTION' | 'REVIEW' | 'DECLINE',
  additionalData?: Readonly<Record<string, unknown>>,
): Finding {
  const severity = actionSeverity(wanted);
  return additionalData === undefined ? { risk, severity } : { risk, severity, additionalData };
}
