import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whom a token vouches for: a device is known as one subject's, and for nobody else. */
export interface TokenOwner {
  readonly applicationId: string;
  readonly vendorData: string;
}

const format = 1;
const namePrefix = 'selfsame-fp-';
const nameBytes = 16;
const headBytes = 1 + nameBytes + 4;
const macBytes = 32;
const lifetimeMs = 90 * 86_400_000;

/**
 * Names a device that has proved itself, for an application that wants to ask for a session before there is a page: format,
 * device, end and an authentication code, 71 URL-safe characters.
 * @param key 32 secret bytes of the deployment
 * @param deviceName `selfsame-fp-` and 32 hexadecimal digits
 * @param since when its selfie was approved; it vouches for 90 days from then on
 * @returns null when the device has no such name, or the time is over
 */
export function deviceToken(
  key: Uint8Array,
  owner: TokenOwner,
  deviceName: string,
  since: Date,
  now: Date,
): string | null {
  if (!/^selfsame-fp-[0-9a-f]{32}$/.test(deviceName)) return null;
  const endsAt = new Date(since.getTime() + lifetimeMs);
  if (endsAt <= now) return null;
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(format, 0);
  head.write(deviceName.slice(namePrefix.length), 1, 'hex');
  head.writeUInt32BE(Math.floor(endsAt.getTime() / 1000), 1 + nameBytes);
  return Buffer.concat([head, code(key, owner, head)]).toString('base64url');
}

/** Whether a text has the form of a token. That it was made here, only `vouchedDevice` tells. */
export function isDeviceToken(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== headBytes + macBytes || bytes[0] !== format) return false;
  return bytes.toString('base64url') === text;
}

/**
 * The device that a token vouches for, as 32 hexadecimal digits; null when it is over, of somebody else, or not ours. Which
 * of them, and how long it took to tell, says nothing.
 */
export function vouchedDevice(key: Uint8Array, owner: TokenOwner, token: string, now: Date): string | null {
  if (!isDeviceToken(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  const head = bytes.subarray(0, headBytes);
  if (!timingSafeEqual(bytes.subarray(headBytes), code(key, owner, head))) return null;
  const endsAtMs = head.readUInt32BE(1 + nameBytes) * 1000;
  return endsAtMs > now.getTime() ? head.toString('hex', 1, 1 + nameBytes) : null;
}

function code(key: Uint8Array, { applicationId, vendorData }: TokenOwner, head: Buffer): Buffer {
  const message = ['device', applicationId, head.toString('hex'), vendorData].join('\0');
  return createHmac('sha256', key).update(message).digest().subarray(0, macBytes);
}
