import type { Hours } from '../baseline.ts';
import type { Place } from '../travel.ts';

/** Hashes are hexadecimal; times are milliseconds since 1970; null: not known. */

interface PastSession {
  readonly country: string | null;
  /** Empty: none was told. */
  readonly status: string;
  /** Approved after a look. */
  readonly isApproved: boolean;
  readonly cameAtMs: number;
  readonly seenAtMs: number;
}

/** An earlier session on the same device. */
export interface DeviceVisit extends PastSession {
  readonly subject: string | null;
  readonly network: string | null;
  readonly browserFamily: string;
  readonly browserMajor: number | null;
  readonly osFamily: string;
  readonly osVersion: string;
}

/** An earlier session of the same subject. */
export interface SubjectVisit extends PastSession {
  readonly device: string | null;
  readonly asn: number | null;
  readonly place: Place | null;
  readonly localHour: number | null;
  readonly similarity: number | null;
  readonly enrols: boolean;
  readonly method: string | null;
  readonly decidedAtMs: number | null;
}

/** How many of the latest sessions of a crowd came to an end, and how. */
export interface Decisions {
  readonly decided: number;
  readonly declined: number;
}

/** What an address has seen; this session does not count. */
export interface PastNetwork extends Decisions {
  readonly sessions10m: number;
  /** This session's subject and device do not count. */
  readonly subjects24h: number;
  readonly devices24h: number;
  readonly firstSeenAtMs: number | null;
}

/** What a device was like in the session before. */
export interface PastLook {
  readonly traits: readonly (string | null)[] | null;
  readonly hardware: string | null;
  readonly ja4: string | null;
  readonly browserFamily: string;
  readonly browserMajor: number | null;
  /** The latest that was told. */
  readonly camera: string | null;
}

/** Everything that the past says of one visit. Lists are newest first and hold no more than a hundred. */
export interface Past {
  readonly ofSubject: readonly SubjectVisit[];
  readonly subjectFirstSeenAtMs: number | null;
  readonly attempts10m: number;
  readonly looks30d: number;
  readonly livenessFailures30d: number;
  readonly knownDevices: number;
  readonly knownNetworks: number;
  /** When this device was approved last; null: it is not known. */
  readonly deviceApprovedAtMs: number | null;
  readonly networkApprovedAtMs: number | null;
  readonly ofDevice: readonly DeviceVisit[];
  readonly deviceFirstSeenAtMs: number | null;
  readonly deviceTenants30d: number;
  readonly deviceBefore: PastLook | null;
  /** Whose cookie it is; null: nobody's, or none came. */
  readonly cookieOwner: string | null;
  /** Others that look exactly the same. */
  readonly fingerprintDevices30d: number;
  readonly network: PastNetwork;
  readonly prefixSessions10m: number;
  readonly asn: Decisions;
  readonly ja4: Decisions & { readonly subjects1h: number };
  readonly hours: Hours;
  /** The session's own state before this visit; null: it was not heard of. */
  readonly status: string | null;
}

/** What the visit itself brings along. */
export interface Present {
  readonly nowMs: number;
  readonly phase: 'CREATION' | 'OPENING' | 'CAPTURE';
  readonly subject: string | null;
  readonly device: string | null;
  readonly isProved: boolean;
  readonly hasCookie: boolean;
  readonly network: string | null;
  readonly isPrivateAddress: boolean;
  readonly asn: number | null;
  readonly country: string | null;
  readonly place: Place | null;
  readonly ja4: string | null;
  readonly fingerprint: string | null;
  readonly hardware: string | null;
  readonly traits: readonly (string | null)[] | null;
  readonly camera: string | null;
  readonly browserFamily: string;
  readonly browserMajor: number | null;
  readonly osFamily: string;
  readonly osVersion: string;
  readonly localHour: number | null;
}

/** The facts of one part of the past, by name without `history.` in front. */
export type PastFacts = Readonly<Record<string, string | number | boolean | null>>;

const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** Whole days; null stays null. */
export function daysSince(nowMs: number, atMs: number | null): number | null {
  return atMs === null ? null : Math.max(0, Math.floor((nowMs - atMs) / dayMs));
}

/** How many different ones there are, the last one among them; nulls do not count. */
export function distinct<T>(values: readonly (T | null)[], own: T | null): number {
  const known = new Set(values.filter((value) => value !== null));
  if (own !== null) known.add(own);
  return known.size;
}
