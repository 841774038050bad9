import { hourDistance } from '../habits.ts';
import { distanceBeyondKm, speedKmh } from '../travel.ts';
import {
  dayMs,
  daysSince,
  distinct,
  hourMs,
  type Past,
  type PastFacts,
  type Present,
  type SubjectVisit,
} from './past.ts';

const ended = new Set(['Approved', 'Declined', 'Expired', 'Abandoned', 'Kyc Expired']);
/** Fewer points make no line. */
const fewestSimilarities = 4;

/** What is known of the subject; all null when the session names none. */
export function subjectFacts(now: Present, past: Past): PastFacts {
  const facts = {
    ...counts(now, past),
    ...course(now, past),
    ...familiarity(now, past),
    ...journey(now, past.ofSubject),
  };
  return now.subject === null ? nothingOf(facts) : facts;
}

function counts(now: Present, { ofSubject, ...past }: Past) {
  const since = (ms: number) => ofSubject.filter(({ cameAtMs }) => cameAtMs > now.nowMs - ms);
  const month = since(30 * dayMs);
  const declines = ofSubject.filter(
    ({ status, decidedAtMs }) => status === 'Declined' && (decidedAtMs ?? 0) > now.nowMs - 24 * hourMs,
  );
  return {
    subject_sessions_30d: month.length + 1,
    subject_successes_30d: month.filter(({ isApproved }) => isApproved).length,
    subject_declines_24h: declines.length,
    subject_attempts_10m: past.attempts10m + (now.phase === 'CAPTURE' ? 1 : 0),
    subject_looks_30d: past.looks30d,
    subject_liveness_failures_30d: past.livenessFailures30d,
    subject_devices_30d: distinct(
      month.map(({ device }) => device),
      now.device,
    ),
    subject_countries_30d: distinct(
      month.map(({ country }) => country),
      now.country,
    ),
    subject_asns_30d: distinct(
      month.map(({ asn }) => asn),
      now.asn,
    ),
    subject_known_devices: past.knownDevices,
    subject_known_networks: past.knownNetworks,
  };
}

function course(now: Present, { ofSubject, subjectFirstSeenAtMs }: Past) {
  const approved = ofSubject.filter(({ isApproved }) => isApproved);
  const enrolled = approved.filter(({ enrols }) => enrols).map(({ decidedAtMs }) => decidedAtMs);
  const daysAgo = (ms: number | null | undefined) => daysSince(now.nowMs, ms ?? null);
  return {
    subject_is_new: ofSubject.length === 0,
    subject_first_seen_days: daysAgo(subjectFirstSeenAtMs),
    subject_last_seen_days: daysAgo(ofSubject[0]?.seenAtMs),
    subject_last_success_days: daysAgo(approved[0]?.decidedAtMs),
    subject_review_is_open: ofSubject.some(({ status }) => status === 'In Review'),
    subject_last_status: ofSubject.find(({ status }) => ended.has(status))?.status ?? null,
    subject_last_step_up_status:
      ofSubject.find(({ method, status }) => method !== null && method !== 'PASSIVE' && ended.has(status))
        ?.status ?? null,
    subject_enrolled_days: daysAgo(enrolled.at(-1)),
    subject_reenrolled_days: enrolled.length > 1 ? daysAgo(enrolled[0]) : null,
    subject_similarity_slope: slope(approved.flatMap(({ similarity }) => similarity ?? []).toReversed()),
  };
}

function familiarity(now: Present, { ofSubject, ...past }: Past) {
  const approved = ofSubject.filter(({ isApproved }) => isApproved);
  // From a private address nobody can be placed: that is nothing to compare with.
  const among = <T>(own: T | null, values: readonly (T | null)[]) => {
    const placed = values.filter((value) => value !== null);
    return own === null || placed.length === 0 ? null : placed.includes(own);
  };
  return {
    device_is_known: past.deviceApprovedAtMs !== null,
    device_approved_days: daysSince(now.nowMs, past.deviceApprovedAtMs),
    network_is_known: now.network === null ? null : past.networkApprovedAtMs !== null,
    asn_is_known: among(
      now.asn,
      approved.map(({ asn }) => asn),
    ),
    country_is_known: among(
      now.country,
      approved.map(({ country }) => country),
    ),
    subject_hour_distance: hourDistance(
      now.localHour,
      approved.flatMap(({ localHour }) => localHour ?? []),
    ),
  };
}

function journey(now: Present, ofSubject: readonly SubjectVisit[]) {
  const last = ofSubject.find(({ place }) => place !== null);
  if (now.place === null || !last?.place) return { subject_travel_km: null, subject_travel_kmh: null };
  return {
    subject_travel_km: distanceBeyondKm(last.place, now.place),
    subject_travel_kmh: speedKmh(last.place, now.place, now.nowMs - last.seenAtMs),
  };
}

/** Least squares over equal steps, two decimals. */
function slope(values: readonly number[]): number | null {
  if (values.length < fewestSimilarities) return null;
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [at, value] of values.entries()) {
    above += (at - middle) * (value - mean);
    below += (at - middle) ** 2;
  }
  return Math.round((100 * above) / below) / 100;
}

/** The same names without values. */
export function nothingOf(facts: PastFacts): PastFacts {
  return Object.fromEntries(Object.keys(facts).map((name) => [name, null]));
}
