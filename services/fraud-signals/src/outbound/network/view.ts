import type { NetworkView } from '@selfsame/contracts/fraud_signals/v1/assessment';
import { type Address, formatAddress } from '../../domain/addresses.ts';
import type { FactValue } from '../../domain/facts.ts';
import { formatUtcOffset, utcOffsetMin } from '../../domain/time-zones.ts';
import type { NetworkFact } from './record-facts.ts';

const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/**
 * What is known of an address, as answers tell it.
 *
 * @param countryName as a database calls the country; '' lets the runtime name it
 */
export function viewOf(
  facts: ReadonlyMap<NetworkFact, FactValue | null>,
  address: Address | null,
  countryName: string,
  nowMs: number,
): NetworkView {
  const text = (fact: NetworkFact) => String(facts.get(fact) ?? '');
  const number = (fact: NetworkFact) => {
    const value = facts.get(fact);
    return typeof value === 'number' ? value : undefined;
  };
  const any = (...flags: NetworkFact[]) => flags.some((fact) => facts.get(fact) === true);
  const countryCode = text('net.country_code');
  const timeZone = text('net.time_zone');
  const offsetMin = timeZone === '' ? null : utcOffsetMin(timeZone, nowMs);
  return {
    ipAddress: address === null ? '' : formatAddress(address),
    country: countryName === '' ? nameOfCountry(countryCode) : countryName,
    countryCode,
    state: text('net.region'),
    city: text('net.city'),
    latitude: number('net.latitude'),
    longitude: number('net.longitude'),
    isp: text('net.isp') || text('net.as_org'),
    organization: text('net.organization') || text('net.as_org'),
    isVpnOrTor: any(
      'net.is_anonymous_vpn',
      'net.is_tor_exit',
      'net.is_public_proxy',
      'net.is_residential_proxy',
    ),
    isDataCenter: any('net.is_hosting'),
    timeZone,
    timeZoneOffset: offsetMin === null ? '' : formatUtcOffset(offsetMin),
  };
}

function nameOfCountry(code: string): string {
  return code === '' ? '' : (countryNames.of(code) ?? '');
}
