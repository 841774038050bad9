import type { Counts } from '../domain/baseline.ts';
import type { FactValue } from '../domain/facts.ts';

/** Bytes as JSON has them: \x and hexadecimal digits. */
export type JsonBytes = string;

interface SessionRow {
  readonly country: string | null;
  readonly status: string;
  readonly isApproved: boolean;
  readonly cameAt: string;
  readonly seenAt: string;
}

interface SoftwareRow {
  readonly browserFamily: string;
  readonly browserMajor: number | null;
  readonly osFamily: string;
  readonly osVersion: string;
}

/** A session on a device. Times are ISO 8601. */
export interface DeviceVisitRow extends SessionRow, SoftwareRow {
  readonly subject: JsonBytes | null;
  readonly network: JsonBytes | null;
}

/** A session of a subject. */
export interface SubjectVisitRow extends SessionRow {
  readonly device: JsonBytes | null;
  readonly asn: number | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly radiusKm: number | null;
  readonly localHour: number | null;
  readonly similarity: number | null;
  readonly enrols: boolean;
  readonly method: string | null;
  readonly decidedAt: string | null;
}

/** What else of a session shows what its device is like. */
export interface TraitsRow {
  readonly ja4: JsonBytes | null;
  readonly hardware: JsonBytes | null;
  readonly traits: JsonBytes | null;
}

/** A session as it is shown beside another one, and as its device is compared. */
export interface MatchRow extends TraitsRow {
  readonly sessionId: string;
  readonly subject: JsonBytes | null;
  readonly device: JsonBytes | null;
  readonly deviceName: JsonBytes | null;
  readonly brand: string;
  readonly model: string;
  readonly browserFamily: string;
  readonly osFamily: string;
  readonly platform: string;
  readonly country: string | null;
  readonly isVpnOrTor: boolean | null;
  readonly isDataCenter: boolean | null;
  readonly raw: {
    readonly ip_address: string;
    readonly country: string;
    readonly state: string;
    readonly city: string;
  } | null;
  readonly cameAt: string;
}

/** The session as it was seen before this visit. */
export interface OwnRow extends SoftwareRow, TraitsRow {
  readonly device: JsonBytes | null;
  readonly deviceName: JsonBytes | null;
  readonly localHour: number | null;
  readonly status: string;
  readonly isProved: boolean;
  readonly fingerprint: JsonBytes | null;
  readonly brand: string;
  readonly model: string;
  readonly platform: string;
}

/** One time that the page of the session was opened before. */
export interface OpeningRow {
  readonly assessedAt: string;
  readonly address: JsonBytes | null;
  readonly device: JsonBytes | null;
}

/** All that one question to the database answers. */
export interface PastAnswer {
  readonly own: OwnRow | null;
  readonly ofSubject: readonly SubjectVisitRow[] | null;
  readonly subjectFirstSeenAt: string | null;
  readonly looks: {
    readonly attempts10m: number;
    readonly looks30d: number;
    readonly livenessFailures30d: number;
  };
  readonly known: { readonly devices: number; readonly networks: number };
  readonly deviceApprovedAt: string | null;
  readonly networkApprovedAt: string | null;
  readonly ofDevice: readonly DeviceVisitRow[] | null;
  readonly deviceFirstSeenAt: string | null;
  readonly deviceTenants: number;
  readonly deviceBefore: (TraitsRow & Pick<SoftwareRow, 'browserFamily' | 'browserMajor'>) | null;
  readonly cameraBefore: JsonBytes | null;
  readonly cookieOwner: JsonBytes | null;
  readonly fingerprintDevices: number;
  readonly network: {
    readonly sessions10m: number;
    readonly subjects24h: number;
    readonly devices24h: number;
    readonly decided: number;
    readonly declined: number;
  };
  readonly networkFirstSeenAt: string | null;
  readonly prefixSessions10m: number;
  readonly asn: { readonly decided: number; readonly declined: number };
  readonly ja4: { readonly decided: number; readonly declined: number; readonly subjects1h: number };
  readonly hours: {
    readonly current: Counts;
    readonly previous: Counts;
    readonly past: Counts & { readonly squares: number; readonly first: string | null };
  };
  readonly networkMatches: readonly MatchRow[] | null;
  readonly deviceMatches: readonly MatchRow[] | null;
  readonly fingerprintMatches: readonly MatchRow[] | null;
  readonly candidates: readonly MatchRow[] | null;
  /** Newest first, 50 at most. */
  readonly openings: readonly OpeningRow[] | null;
  /** Of the newest opening, when it was asked for; null: there is none, or its facts are not kept any more. */
  readonly openingFacts: Readonly<Record<string, FactValue | null>> | null;
}
