import type {
  DeviceView,
  NetworkView,
  Assessment as WireAssessment,
  ListHit as WireHit,
  VisitMatch as WireMatch,
} from '@selfsame/contracts/fraud_signals/v1/assessment';
import {
  ListKind,
  RiskLevel,
  StepUpAction as WireAction,
} from '@selfsame/contracts/fraud_signals/v1/assessment';
import type {
  AssessmentEvidence,
  DeviceEvidence,
  ListHit,
  NetworkEvidence,
  StepUpAction,
  VisitMatch,
} from '../domain/features/assessment.ts';

const levels: Partial<Record<RiskLevel, AssessmentEvidence['riskLevel']>> = {
  [RiskLevel.LOW]: 'LOW',
  [RiskLevel.MEDIUM]: 'MEDIUM',
  [RiskLevel.HIGH]: 'HIGH',
};

const actions: Partial<Record<WireAction, StepUpAction>> = {
  [WireAction.SKIP]: 'SKIP',
  [WireAction.PASSIVE]: 'PASSIVE',
  [WireAction.FLASHING]: 'FLASHING',
  [WireAction.ACTIVE_3D]: 'ACTIVE_3D',
};

/** Texts and lists of a neighbour are cut here: what is stored and shown has an end, whatever it sends. */
const longestText = 200;
const mostReasons = 20;
/** By address, and by each way that a device is recognised. */
const mostMatches = 15;
const mostHits = 20;

/**
 * Wire → domain. What this version does not know never reads as something harmless: an unknown level is HIGH, an unknown
 * action the strictest, a hit on a list of an unknown kind blocks, and an assessment without its parts failed.
 */
export function readAssessment(wire: WireAssessment): AssessmentEvidence {
  const { network, device, stepUp } = wire;
  const missing = [network === undefined ? 'network' : '', device === undefined ? 'device' : ''];
  const failures = [...new Set([...wire.failures.map(cut), ...missing])].filter((part) => part !== '');
  return {
    id: cut(wire.assessmentId),
    riskScore: Number.isFinite(wire.riskScore) ? Math.min(100, Math.max(0, wire.riskScore)) : 100,
    riskLevel: levels[wire.riskLevel] ?? 'HIGH',
    reasons: wire.reasons
      .slice(0, mostReasons)
      .map(({ signal, weight }) => ({ signal: cut(signal), weight: finite(weight) ?? 0 })),
    signals: {
      value: wire.signalsWithValue,
      absent: wire.signalsAbsent,
      unavailable: wire.signalsUnavailable,
    },
    catalogueVersion: cut(wire.catalogueVersion),
    network: readNetwork(network),
    device: readDevice(device),
    listHits: wire.listHits.slice(0, mostHits).map(readHit),
    matches: wire.matches.slice(0, mostMatches).map(readMatch),
    detections: wire.detections.slice(0, mostHits).map(({ risk, signals }) => ({
      risk: cut(risk),
      signals: signals.slice(0, mostReasons).map(cut),
    })),
    stepUp:
      stepUp === undefined
        ? null
        : {
            name: cut(stepUp.name),
            action: actions[stepUp.action] ?? 'ACTIVE_3D',
            because: stepUp.because.slice(0, mostReasons).map(cut),
          },
    failures,
    // Lists that could not be read look as if there were none.
    hasBlocklists: wire.hasBlocklists || (failures.includes('lists') ? null : false),
  };
}

function readNetwork(wire: NetworkView | undefined): NetworkEvidence {
  return {
    ipAddress: text(wire?.ipAddress),
    country: text(wire?.country),
    countryCode: text(wire?.countryCode),
    state: text(wire?.state),
    city: text(wire?.city),
    latitude: finite(wire?.latitude),
    longitude: finite(wire?.longitude),
    isp: text(wire?.isp),
    organization: text(wire?.organization),
    isVpnOrTor: wire?.isVpnOrTor ?? false,
    isDataCenter: wire?.isDataCenter ?? false,
    timeZone: text(wire?.timeZone),
    timeZoneOffset: text(wire?.timeZoneOffset),
  };
}

function readDevice(wire: DeviceView | undefined): DeviceEvidence {
  const recovered = wire?.recovered;
  return {
    fingerprint: text(wire?.fingerprint),
    brand: text(wire?.brand),
    model: text(wire?.model),
    browserFamily: text(wire?.browserFamily),
    osFamily: text(wire?.osFamily),
    platform: text(wire?.platform),
    isKnown: wire?.isKnown ?? false,
    isNetworkKnown: wire?.isNetworkKnown ?? false,
    isProved: wire?.isProved ?? false,
    recovered:
      recovered === undefined
        ? null
        : {
            deviceId: cut(recovered.deviceId),
            similarity: finite(recovered.similarity) ?? 0,
            band: cut(recovered.band),
            gateReason: cut(recovered.gateReason),
          },
  };
}

function readHit(wire: WireHit): ListHit {
  return {
    kind: wire.kind === ListKind.ALLOWLIST ? 'allowlist' : 'blocklist',
    entryType: cut(wire.entryType),
    listId: text(wire.listId),
    entryId: text(wire.entryId),
  };
}

function readMatch(wire: WireMatch): VisitMatch {
  return {
    sessionId: cut(wire.sessionId),
    matchType: wire.matchType === 'ip_address' ? 'ip_address' : 'device_fingerprint',
    matchSource: cut(wire.matchSource),
    confidence: finite(wire.confidence) ?? 0,
    matchMode: cut(wire.matchMode),
    recoverySimilarity: finite(wire.recoverySimilarity),
    isTlsCorroborated: wire.isTlsCorroborated,
    recoveryGateReason: text(wire.recoveryGateReason),
    device: wire.device === undefined ? null : readDevice(wire.device),
    network: wire.network === undefined ? null : readNetwork(wire.network),
    isOtherSubject: wire.isOtherSubject,
    session: null,
  };
}

function cut(value: string): string {
  return value.slice(0, longestText);
}

/** Empty texts stand for nothing. */
function text(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : cut(value);
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
