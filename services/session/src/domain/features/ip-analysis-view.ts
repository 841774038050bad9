import type { AssessmentEvidence, DeviceEvidence, NetworkEvidence, VisitMatch } from './assessment.ts';
import type { FeatureReport, ReportedVisit, ReportedVisitMatch } from './feature.ts';
import type { KnownSession } from './known-session.ts';

const unknownNetwork: NetworkEvidence = {
  ipAddress: null,
  country: null,
  countryCode: null,
  state: null,
  city: null,
  latitude: null,
  longitude: null,
  isp: null,
  organization: null,
  isVpnOrTor: false,
  isDataCenter: false,
  timeZone: null,
  timeZoneOffset: null,
};

const unknownDevice: DeviceEvidence = {
  fingerprint: null,
  brand: null,
  model: null,
  browserFamily: null,
  osFamily: null,
  platform: null,
  isKnown: false,
  isNetworkKnown: false,
  isProved: false,
  recovered: null,
};

/** What is kept of a visit with its step, by the names of the contract. @param assessment null: nobody could say */
export function reportedVisit(assessment: AssessmentEvidence | null): ReportedVisit {
  const { network = unknownNetwork, device = unknownDevice } = assessment ?? {};
  return {
    facts: {
      ...deviceFacts(device),
      ip_address: network.ipAddress,
      ...locationFacts(network),
      latitude: network.latitude,
      longitude: network.longitude,
      isp: network.isp,
      organization: network.organization,
      time_zone: network.timeZone,
      time_zone_offset: network.timeZoneOffset,
      risk_score: assessment?.riskScore ?? null,
      risk_level: assessment?.riskLevel ?? null,
      reasons: assessment?.reasons ?? [],
      signals_evaluated: assessment?.signals ?? null,
      assessment_id: assessment?.id ?? null,
    },
    matches: (assessment?.matches ?? [])
      .filter(({ isOtherSubject }) => isOtherSubject)
      .map((match) => reportedMatch(match, { network, device })),
  };
}

function deviceFacts(device: DeviceEvidence): Record<string, unknown> {
  return {
    device_brand: device.brand,
    device_model: device.model,
    browser_family: device.browserFamily,
    os_family: device.osFamily,
    platform: device.platform,
    device_fingerprint: device.fingerprint,
  };
}

function locationFacts(network: NetworkEvidence): Record<string, unknown> {
  return {
    ip_country: network.country,
    ip_country_code: network.countryCode,
    ip_state: network.state,
    ip_city: network.city,
    is_vpn_or_tor: network.isVpnOrTor,
    is_data_center: network.isDataCenter,
  };
}

/** An address that this visit does not share with the other one is the other one's alone: it is not copied. */
function reportedMatch(
  match: VisitMatch,
  own: { network: NetworkEvidence; device: DeviceEvidence },
): ReportedVisitMatch {
  const isByAddress = match.matchType === 'ip_address';
  const { brand, model, browserFamily, osFamily, platform, fingerprint } = match.device ?? unknownDevice;
  const similarity = match.recoverySimilarity;
  return {
    session_id: match.sessionId,
    match_type: match.matchType,
    match_source: match.matchSource,
    matched_value: isByAddress ? own.network.ipAddress : own.device.fingerprint,
    confidence: match.confidence,
    match_mode: match.matchMode,
    recovery_similarity: similarity === null ? null : Math.round(similarity * 10_000) / 10_000,
    tls_ja4_corroborated: match.isTlsCorroborated,
    recovery_gate_reason: match.recoveryGateReason,
    device_info: {
      brand,
      model,
      browser_family: browserFamily,
      os_family: osFamily,
      platform,
      device_fingerprint: fingerprint,
    },
    location_info: {
      ip_address: isByAddress ? own.network.ipAddress : null,
      ...locationFacts(match.network ?? unknownNetwork),
    },
  };
}

/** One item of `ip_analyses`. @param known what is known now of the sessions that it names, by id */
export function visitBlock(
  report: FeatureReport,
  known: ReadonlyMap<string, KnownSession> | undefined,
): Record<string, unknown> {
  const { facts, matches } = report.visit ?? { facts: reportedVisit(null).facts, matches: [] };
  return {
    node_id: report.node_id,
    status: report.status,
    ...facts,
    ...distances(facts),
    matches: matches.map((match) => matchView(match, known?.get(match.session_id))),
    warnings: report.warnings,
  };
}

/** The same report with as many of its matches, the first ones, as fit into `maxBytes` of JSON. */
export function withFewerMatches(
  report: FeatureReport,
  known: ReadonlyMap<string, KnownSession>,
  maxBytes: number,
): FeatureReport {
  if (report.visit === undefined) return report;
  let left = maxBytes;
  const matches = report.visit.matches.filter((match) => {
    left -= Buffer.byteLength(JSON.stringify(matchView(match, known.get(match.session_id)))) + 1;
    return left >= 0;
  });
  return { ...report, visit: { ...report.visit, matches } };
}

/** No session has documents yet: there is nothing to measure a distance to. */
function distances({ latitude = null, longitude = null }: Readonly<Record<string, unknown>>) {
  const location = latitude === null || longitude === null ? null : { latitude, longitude };
  return {
    ip: { location, distance_from_id_document: null, distance_from_poa_document: null },
    id_document: { location: null, distance_from_ip: null, distance_from_poa_document: null },
    poa_document: { location: null, distance_from_ip: null, distance_from_id_document: null },
  };
}

/** A session that is gone takes what it showed of its device and place with it. */
function matchView(match: ReportedVisitMatch, known: KnownSession | undefined): Record<string, unknown> {
  const { device_info, location_info, ...facts } = match;
  return {
    ...facts,
    session_number: known?.number ?? null,
    vendor_data: known?.vendorData ?? null,
    verification_date: known?.verifiedAt.toISOString() ?? null,
    status: known?.status ?? null,
    is_blocklisted: false,
    api_service: known?.apiService ?? null,
    source: 'session',
    device_info: known === undefined ? emptied(device_info) : device_info,
    location_info: known === undefined ? emptied(location_info) : location_info,
  };
}

function emptied(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(facts).map((key) => [key, null]));
}
