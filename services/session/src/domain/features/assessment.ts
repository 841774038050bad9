import type { KnownSession } from './known-session.ts';

/** What a step-up rule asks for. SKIP: no selfie is needed. */
export const stepUpActions = ['SKIP', 'PASSIVE', 'FLASHING', 'ACTIVE_3D'] as const;
export type StepUpAction = (typeof stepUpActions)[number];

/** The first step-up rule that applies. */
export interface MatchedRule {
  readonly name: string;
  readonly action: StepUpAction;
  /** What its conditions were about and what that was: text for people. */
  readonly because: readonly string[];
}

/** What is known of the client's address; null: not known. */
export interface NetworkEvidence {
  readonly ipAddress: string | null;
  readonly country: string | null;
  /** ISO 3166-1 alpha-2 */
  readonly countryCode: string | null;
  readonly state: string | null;
  readonly city: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly isp: string | null;
  readonly organization: string | null;
  readonly isVpnOrTor: boolean;
  readonly isDataCenter: boolean;
  readonly timeZone: string | null;
  /** Such as +0100. */
  readonly timeZoneOffset: string | null;
}

/** What is known of the device; null: not known. */
export interface DeviceEvidence {
  /** The platform's name for it within the application: by its key where it proved itself, else by its traits. */
  readonly fingerprint: string | null;
  readonly brand: string | null;
  readonly model: string | null;
  readonly browserFamily: string | null;
  readonly osFamily: string | null;
  /** mobile, tablet, desktop or other */
  readonly platform: string | null;
  /** The subject has passed a selfie on it that was approved, not too long ago. */
  readonly isKnown: boolean;
  /** Likewise of the address. */
  readonly isNetworkKnown: boolean;
  /** It has just signed a nonce of ours. */
  readonly isProved: boolean;
  /** Seen before under other proof and recognised by its traits; null when not. */
  readonly recovered: {
    readonly deviceId: string;
    /** 0..1 */
    readonly similarity: number;
    readonly band: string;
    readonly gateReason: string;
  } | null;
}

/** An entry of the application's lists that a visit is on. */
export interface ListHit {
  readonly kind: 'blocklist' | 'allowlist';
  /** ip_address, device_fingerprint, user, country, email, phone */
  readonly entryType: string;
  readonly listId: string | null;
  readonly entryId: string | null;
}

/** Another session on the same address or device. */
export interface VisitMatch {
  readonly sessionId: string;
  readonly matchType: 'ip_address' | 'device_fingerprint';
  readonly matchSource: string;
  /** 0..1 */
  readonly confidence: number;
  readonly matchMode: string;
  readonly recoverySimilarity: number | null;
  readonly isTlsCorroborated: boolean;
  readonly recoveryGateReason: string | null;
  /** As that session was seen. */
  readonly device: DeviceEvidence | null;
  readonly network: NetworkEvidence | null;
  /** Of another subject, or of one that has no name. */
  readonly isOtherSubject: boolean;
  /** Filled in from this service's own tables before it is judged; null when nothing is known (any more). */
  readonly session: KnownSession | null;
}

/** What fraud-signals made of one visit. */
export interface AssessmentEvidence {
  readonly id: string;
  /** 0..100 */
  readonly riskScore: number;
  readonly riskLevel: 'LOW' | 'MEDIUM' | 'HIGH';
  /** Heaviest first; a weight below 0 speaks for the client. */
  readonly reasons: readonly { readonly signal: string; readonly weight: number }[];
  readonly signals: { readonly value: number; readonly absent: number; readonly unavailable: number };
  readonly catalogueVersion: string;
  readonly network: NetworkEvidence;
  readonly device: DeviceEvidence;
  readonly listHits: readonly ListHit[];
  readonly matches: readonly VisitMatch[];
  /** Findings about the client's software, by the contract's risk, with the signals that say so. */
  readonly detections: readonly { readonly risk: string; readonly signals: readonly string[] }[];
  /** null: no rule applies, or none was asked for. */
  readonly stepUp: MatchedRule | null;
  /** Parts that failed rather than being absent. With any of them nothing may be approved that relies on it. */
  readonly failures: readonly string[];
  /** The application has entries on its blocklists; null: nobody could say. */
  readonly hasBlocklists: boolean | null;
}
