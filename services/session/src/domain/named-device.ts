import { isIP } from 'node:net';
import { isObject } from './fields.ts';

/** What an application says itself of its user's device and address; null where it says nothing. */
export interface NamedDevice {
  readonly deviceId: string | null;
  readonly ipAddress: string | null;
}

const idLength = { min: 8, max: 128 };

/**
 * Reads `device_id` and `from_ip` of a session's metadata. Metadata is the application's own: what does not read as a
 * device or as an address says nothing, and is no mistake.
 */
export function namedDevice(metadata: unknown): NamedDevice {
  if (!isObject(metadata)) return { deviceId: null, ipAddress: null };
  const { device_id: id, from_ip: address } = metadata;
  const isId = typeof id === 'string' && id.length >= idLength.min && id.length <= idLength.max;
  return {
    deviceId: isId ? id : null,
    ipAddress: typeof address === 'string' && isIP(address) !== 0 ? address : null,
  };
}
