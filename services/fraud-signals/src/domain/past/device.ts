import { compareDevices, type Recognised } from '../device-likeness.ts';
import { dayMs, daysSince, distinct, hourMs, type Past, type PastFacts, type Present } from './past.ts';
import { nothingOf } from './subject.ts';

/** What likeness to other devices says. */
export interface Likeness {
  readonly recognised: Recognised | null;
  readonly isNearDuplicate: boolean | null;
}

/** What is known of the device; all null when nothing tells which one it is. */
export function deviceFacts(now: Present, past: Past, likeness: Likeness): PastFacts {
  const facts = {
    ...identity(now, past),
    ...counts(now, past),
    ...changes(now, past),
    ...alike(now, past, likeness),
  };
  return now.device === null ? nothingOf(facts) : facts;
}

function identity(now: Present, past: Past) {
  return {
    device_proof: now.isProved ? 'key' : 'traits',
    cookie_is_copied: now.hasCookie ? isCopied(now, past) : null,
    device_age_days: daysSince(now.nowMs, past.deviceFirstSeenAtMs) ?? 0,
    device_last_seen_days: daysSince(now.nowMs, past.ofDevice[0]?.seenAtMs ?? null),
  };
}

/** A browser may lose its key and keep its cookie: who passed a look since then is believed. */
function isCopied(now: Present, { cookieOwner, deviceApprovedAtMs }: Past): boolean {
  const isOwn = cookieOwner === null || (now.isProved && cookieOwner === now.device);
  return !isOwn && deviceApprovedAtMs === null;
}

function counts(now: Present, { ofDevice, ...past }: Past) {
  const since = (ms: number) => ofDevice.filter(({ cameAtMs }) => cameAtMs > now.nowMs - ms);
  const [month, day] = [since(30 * dayMs), since(dayMs)];
  return {
    device_sessions_1h: since(hourMs).length + 1,
    device_sessions_30d: month.length + 1,
    device_subjects_30d: distinct(
      month.map(({ subject }) => subject),
      now.subject,
    ),
    device_decided_30d: month.filter(({ status }) => status === 'Approved' || status === 'Declined').length,
    device_declined_30d: month.filter(({ status }) => status === 'Declined').length,
    // The visit that is looked at may be the first of this application.
    device_tenants_30d: past.deviceTenants30d + 1,
    device_networks_24h: distinct(
      day.map(({ network }) => network),
      now.network,
    ),
    device_countries_24h: distinct(
      day.map(({ country }) => country),
      now.country,
    ),
  };
}

function changes(now: Present, { deviceBefore: before, ofDevice }: Past) {
  const differ = <T>(one: T | null, other: T | null | undefined) =>
    one === null || (other ?? null) === null ? null : one !== other;
  // Another version of the browser connects in another way.
  const isSameBrowser =
    before?.browserFamily === now.browserFamily && before?.browserMajor === now.browserMajor;
  const approved = ofDevice.find(({ isApproved }) => isApproved);
  return {
    device_traits_changed:
      now.traits === null || !before?.traits
        ? null
        : compareDevices(now.traits, before.traits).differing.length,
    device_hardware_changed: differ(now.hardware, before?.hardware),
    device_ja4_changed: isSameBrowser ? differ(now.ja4, before?.ja4) : null,
    device_camera_changed: differ(now.camera, before?.camera),
    device_software_is_older: approved === undefined ? null : isOlder(now, approved),
  };
}

type Software = Pick<Present, 'browserFamily' | 'browserMajor' | 'osFamily' | 'osVersion'>;

/** Whether a version is lower than before. null: another browser or system, or their versions are not told. */
function isOlder(now: Software, before: Software): boolean | null {
  if (now.osFamily !== before.osFamily || now.browserFamily !== before.browserFamily) return null;
  if (now.browserMajor === null || before.browserMajor === null) return null;
  return now.browserMajor < before.browserMajor || compareVersions(now.osVersion, before.osVersion) < 0;
}

/** By numbers, as far as both tell them. */
function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (const [at, number] of (a ?? []).entries()) {
    const difference = number - (b?.[at] ?? Number.NaN);
    if (Number.isNaN(difference)) return 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

function alike(now: Present, past: Past, { recognised, isNearDuplicate }: Likeness) {
  return {
    device_is_near_duplicate: isNearDuplicate,
    recovered_similarity: recognised?.similarity ?? null,
    recovered_is_other_subject: recognised === null ? null : !recognised.isSameSubject,
    fingerprint_devices_30d: now.fingerprint === null ? null : past.fingerprintDevices30d + 1,
  };
}
