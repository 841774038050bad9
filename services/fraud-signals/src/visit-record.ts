import type { NetworkView } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Context } from './context.ts';
import { type Identity, identify } from './identity.ts';
import type { AssessmentRecord } from './outbound/assessment-store.ts';
import { insertVisit } from './outbound/visit-store.ts';
import type { Visit } from './visit.ts';

const dayMs = 86_400_000;
const phases = { CREATION: 1, OPENING: 2, CAPTURE: 3 };

/**
 * Remembers a visit, after it was assessed: what is seen of it now counts for others, not for itself. One statement; repeated,
 * or done by two replicas at once, it is remembered once.
 *
 * @param network what its address was found to be; null: it could not be looked up
 * @param identity as lookBack has found it
 * @param assessment what was made of it, kept along with it
 */
export async function recordVisit(
  context: Context,
  visit: Visit,
  network: NetworkView | null,
  identity: Identity = identify(context, visit),
  assessment: AssessmentRecord | null = null,
): Promise<void> {
  const { applicationId: application_id, sessionId: session_id, facts, now } = visit;
  const { subject, place, software, ...seen } = identity;
  const hasAddress = seen.network !== null;
  const similarity = facts.get('look.similarity');
  const record = {
    application_id,
    session_id,
    phase: phases[visit.phase],
    subject,
    device: seen.device,
    device_name: seen.deviceName,
    is_proved: seen.isProved,
    network: seen.network,
    prefix: seen.prefix,
    asn: seen.asn,
    country: seen.country,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
    radius_km: place?.radiusKm ?? null,
    is_vpn_or_tor: network?.isVpnOrTor ?? null,
    is_data_center: network?.isDataCenter ?? null,
    ja4: seen.ja4,
    fingerprint: seen.fingerprint,
    hardware: seen.hardware,
    traits: seen.traits,
    camera: seen.camera,
    brand: software?.brand ?? '',
    model: software?.model ?? '',
    browser_family: software?.browserFamily ?? '',
    browser_major: software?.browserMajor ?? null,
    os_family: software?.osFamily ?? '',
    os_version: software?.osVersion ?? '',
    platform: software?.platform ?? '',
    local_hour: seen.localHour,
    similarity: typeof similarity === 'number' ? similarity : null,
    came_at: now,
    seen_at: now,
    raw: hasAddress ? JSON.stringify(rawOf(visit, network)) : null,
    raw_until: hasAddress ? new Date(now.getTime() + context.config.rawDays * dayMs) : null,
    cookie: seen.cookie,
    attempt_id: (visit.phase === 'CAPTURE' && visit.attemptId) || null,
    application_device: seen.applicationDevice,
    application_network: seen.applicationNetwork,
  };
  await insertVisit(context.database.db, record, assessment);
}

/** As matches show the session: its address, and the place that it was looked up as. */
function rawOf({ ipAddress, applicationIpAddress }: Visit, network: NetworkView | null) {
  const { country = '', state = '', city = '' } = network ?? {};
  return { ip_address: ipAddress || applicationIpAddress, country, state, city };
}
