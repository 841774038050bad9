import type { Past, Present, SubjectVisit } from './domain/past/past.ts';
import type { Place } from './domain/travel.ts';
import { type Identity, readTraits } from './identity.ts';
import type { OwnRow, PastAnswer, SubjectVisitRow } from './outbound/past-answer.ts';
import type { Visit } from './visit.ts';

/** Bytes as JSON from the database has them. */
export function hexOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : `\\x${bytes.toString('hex')}`;
}

/** The reverse of hexOf. */
export function bytesOf(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex.slice(2), 'hex');
}

/** The visit as it is compared with the past. A look comes without what the page told when it was opened: that is on record. */
export function presentOf(visit: Visit, identity: Identity, own: OwnRow | null): Present {
  const { software } = identity;
  const { browserFamily = '', browserMajor = null, osFamily = '', osVersion = '' } = software ?? own ?? {};
  return {
    nowMs: visit.now.getTime(),
    phase: visit.phase,
    subject: hexOf(identity.subject),
    device: hexOf(identity.device) ?? own?.device ?? null,
    isProved: identity.device === null ? (own?.isProved ?? false) : identity.isProved,
    hasCookie: identity.cookie !== null,
    network: hexOf(identity.network),
    isPrivateAddress: visit.facts.get('net.is_private') === true,
    asn: identity.asn,
    country: identity.country,
    place: identity.place,
    ja4: hexOf(identity.ja4) ?? own?.ja4 ?? null,
    fingerprint: hexOf(identity.fingerprint) ?? own?.fingerprint ?? null,
    hardware: hexOf(identity.hardware) ?? own?.hardware ?? null,
    traits: readTraits(identity.traits ?? bytesOf(own?.traits ?? null)),
    camera: hexOf(identity.camera),
    ...{ browserFamily, browserMajor, osFamily, osVersion },
    localHour: identity.localHour ?? own?.localHour ?? null,
  };
}

/** The database's answer as the facts are made from it. */
export function pastOf(answer: PastAnswer): Past {
  const { deviceBefore: before } = answer;
  return {
    ofSubject: (answer.ofSubject ?? []).map(subjectVisitOf),
    subjectFirstSeenAtMs: time(answer.subjectFirstSeenAt),
    ...answer.looks,
    knownDevices: answer.known.devices,
    knownNetworks: answer.known.networks,
    deviceApprovedAtMs: time(answer.deviceApprovedAt),
    networkApprovedAtMs: time(answer.networkApprovedAt),
    ofDevice: (answer.ofDevice ?? []).map(seenOf),
    deviceFirstSeenAtMs: time(answer.deviceFirstSeenAt),
    deviceTenants30d: answer.deviceTenants,
    deviceBefore: before && {
      ...before,
      traits: readTraits(bytesOf(before.traits)),
      camera: answer.cameraBefore,
    },
    cookieOwner: answer.cookieOwner,
    fingerprintDevices30d: answer.fingerprintDevices,
    network: { ...answer.network, firstSeenAtMs: time(answer.networkFirstSeenAt) },
    prefixSessions10m: answer.prefixSessions10m,
    asn: answer.asn,
    ja4: answer.ja4,
    hours: {
      ...answer.hours,
      past: { ...answer.hours.past, firstMs: time(answer.hours.past.first) },
    },
    status: answer.own?.status ?? null,
  };
}

function subjectVisitOf({ latitude, longitude, radiusKm, decidedAt, ...row }: SubjectVisitRow): SubjectVisit {
  return {
    ...seenOf(row),
    place: placed(latitude, longitude, radiusKm),
    decidedAtMs: time(decidedAt),
  };
}

function seenOf<Row extends { readonly cameAt: string; readonly seenAt: string }>({
  cameAt,
  seenAt,
  ...row
}: Row) {
  return { ...row, cameAtMs: Date.parse(cameAt), seenAtMs: Date.parse(seenAt) };
}

function placed(latitude: number | null, longitude: number | null, radiusKm: number | null): Place | null {
  return latitude === null || longitude === null || radiusKm === null
    ? null
    : { latitude, longitude, radiusKm };
}

const time = (iso: string | null) => (iso === null ? null : Date.parse(iso));
