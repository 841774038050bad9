import type { VisitMatch } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Recognised } from './domain/device-likeness.ts';
import { spellName } from './identity.ts';
import type { MatchRow } from './outbound/past-answer.ts';
import { bytesOf } from './past-rows.ts';

/** Sessions that share an address or a device with this one, by the way in which they were found. */
export interface FoundMatches {
  readonly subject: string | null;
  readonly network: readonly MatchRow[];
  /** The same proved key. */
  readonly device: readonly MatchRow[];
  /** The same look. */
  readonly fingerprint: readonly MatchRow[];
  readonly recovered: (Recognised & { readonly rows: readonly MatchRow[] }) | null;
}

type Way = Pick<VisitMatch, 'matchType' | 'matchSource' | 'confidence' | 'matchMode'> & Partial<VisitMatch>;

const ways = {
  network: {
    matchType: 'ip_address',
    matchSource: 'ip_address',
    confidence: 0,
    matchMode: 'co_occurrence',
  },
  device: {
    matchType: 'device_fingerprint',
    matchSource: 'persistent_id',
    confidence: 1,
    matchMode: 'deterministic',
  },
  fingerprint: {
    matchType: 'device_fingerprint',
    matchSource: 'legacy_fp',
    confidence: 0.5,
    matchMode: 'probabilistic',
  },
} satisfies Record<string, Way>;

const matchesMax = 5;

/** Five by address, five by an exact device (its key before its look), five by a recovered one; newest first within each. */
export function matchesOf({ subject, network, device, fingerprint, recovered }: FoundMatches): VisitMatch[] {
  const shown = (rows: readonly MatchRow[], way: Way) =>
    rows
      .toSorted((a, b) => Date.parse(b.cameAt) - Date.parse(a.cameAt))
      .map((row) => matchOf(row, way, row.subject === null || row.subject !== subject));
  const exact = [...shown(device, ways.device), ...shown(fingerprint, ways.fingerprint)];
  return [
    ...shown(network, ways.network).slice(0, matchesMax),
    ...exact.slice(0, matchesMax),
    ...(recovered === null ? [] : shown(recovered.rows, recoveredWay(recovered)).slice(0, matchesMax)),
  ];
}

function recoveredWay({ similarity, gateReason, isTlsCorroborated }: Recognised): Way {
  return {
    matchType: 'device_fingerprint',
    matchSource: 'recovered_high',
    confidence: similarity,
    matchMode: 'probabilistic',
    recoverySimilarity: similarity,
    recoveryGateReason: gateReason,
    isTlsCorroborated,
  };
}

function matchOf(row: MatchRow, way: Way, isOtherSubject: boolean): VisitMatch {
  const { brand, model, browserFamily, osFamily, platform, raw } = row;
  return {
    sessionId: row.sessionId,
    recoverySimilarity: undefined,
    isTlsCorroborated: false,
    recoveryGateReason: '',
    ...way,
    device: {
      fingerprint: spellName(bytesOf(row.deviceName)),
      ...{ brand, model, browserFamily, osFamily, platform },
      isKnown: false,
      isNetworkKnown: false,
      isProved: false,
      recovered: undefined,
    },
    network: {
      ipAddress: raw?.ip_address ?? '',
      country: raw?.country ?? '',
      countryCode: row.country ?? '',
      state: raw?.state ?? '',
      city: raw?.city ?? '',
      latitude: undefined,
      longitude: undefined,
      isp: '',
      organization: '',
      isVpnOrTor: row.isVpnOrTor ?? false,
      isDataCenter: row.isDataCenter ?? false,
      timeZone: '',
      timeZoneOffset: '',
    },
    isOtherSubject,
  };
}
