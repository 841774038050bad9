import { deviationOf } from '../baseline.ts';
import { daysSince, type Past, type PastFacts, type Present } from './past.ts';
import { nothingOf } from './subject.ts';

/** What is known of the address, its network and its way to connect. */
export function networkFacts(now: Present, past: Past): PastFacts {
  const { network } = past;
  const ofAddress = {
    network_first_seen_days: daysSince(now.nowMs, network.firstSeenAtMs),
    network_sessions_10m: network.sessions10m + 1,
    network_subjects_24h: network.subjects24h + (now.subject === null ? 0 : 1),
    network_devices_24h: network.devices24h + (now.device === null ? 0 : 1),
    network_decided_24h: network.decided,
    network_declined_24h: network.declined,
    prefix_sessions_10m: past.prefixSessions10m + 1,
  };
  const ofAsn = { asn_decided_24h: past.asn.decided, asn_declined_24h: past.asn.declined };
  const ofJa4 = {
    ja4_decided_24h: past.ja4.decided,
    ja4_declined_24h: past.ja4.declined,
    ja4_subjects_1h: past.ja4.subjects1h + (now.subject === null ? 0 : 1),
  };
  return {
    ...(now.network === null || now.isPrivateAddress ? nothingOf(ofAddress) : ofAddress),
    ...(now.asn === null ? nothingOf(ofAsn) : ofAsn),
    ...(now.ja4 === null ? nothingOf(ofJa4) : ofJa4),
  };
}

const over = new Set(['Approved', 'Declined', 'In Review', 'Expired', 'Abandoned', 'Kyc Expired']);

/** What is known of the application and of the session itself. */
export function surroundingFacts(now: Present, past: Past): PastFacts {
  const { volumeZ, declineRateZ } = deviationOf(past.hours, now.nowMs);
  return {
    volume_z: volumeZ,
    decline_rate_z: declineRateZ,
    link_is_reused: now.phase === 'CREATION' ? null : over.has(past.status ?? ''),
  };
}
