import type { Context } from './context.ts';
import { formatAddress, networkOf, readAddress } from './domain/addresses.ts';
import type { Visit } from './visit.ts';

/** What visits are told apart by, as keyed hashes; null: there is none. Columns of table assessments. */
export interface Marks {
  readonly subject_hash: Buffer | null;
  readonly address_hash: Buffer | null;
  readonly device_hash: Buffer | null;
}

/** The marks of a visit. */
export function marksOf({ hash }: Context, visit: Visit): Marks {
  const { applicationId, vendorData, device } = visit;
  const place = placeOf(visit.ipAddress);
  return {
    subject_hash: vendorData === '' ? null : subjectHash(hash, applicationId, vendorData),
    address_hash: place === '' ? null : hash('network', applicationId, place),
    device_hash:
      device.keySha256 === null ? null : deviceHash(hash, applicationId, hash('device', device.keySha256)),
  };
}

/**
 * Names a device within an application.
 * @param device as all applications have it
 */
export function deviceHash(hash: Context['hash'], applicationId: string, device: Buffer): Buffer {
  return hash('device-name', applicationId, device);
}

/** Names a subject in table assessments. */
export function subjectHash(hash: Context['hash'], applicationId: string, vendorData: string): Buffer {
  return hash('subject', applicationId, vendorData);
}

/** Where an address is: the address itself, of IPv6 its network of 64 bits, within which a phone changes. Empty: none. */
export function placeOf(ipAddress: string): string {
  const address = readAddress(ipAddress);
  if (address === null) return '';
  return formatAddress(address.version === 4 ? address : networkOf(address, 64).first);
}
