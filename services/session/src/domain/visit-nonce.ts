import { createHmac, timingSafeEqual } from 'node:crypto';

/** From the moment that a page is sent until it is opened: whoever reads it first has time to. */
const lifetimeMs = 600_000;
/** Replicas' clocks differ by less. */
const skewMs = 60_000;
const timeBytes = 6;
const macBytes = 24;

/**
 * What a page signs when it opens its session, so that its device is believed: the time and an authentication code, 40
 * URL-safe characters. Stateless: it is good for one session and ten minutes, and no table holds it.
 * @param key 32 secret bytes of the deployment
 */
export function visitNonce(key: Uint8Array, sessionId: string, now: Date): string {
  const time = Buffer.alloc(timeBytes);
  time.writeUIntBE(now.getTime(), 0, timeBytes);
  return Buffer.concat([time, code(key, sessionId, time)]).toString('base64url');
}

/** Whether a nonce was made here, for this session, and is not over; how long that takes says nothing about it. */
export function holdsVisitNonce(key: Uint8Array, sessionId: string, nonce: string, now: Date): boolean {
  const bytes = Buffer.from(nonce, 'base64url');
  if (bytes.length !== timeBytes + macBytes || bytes.toString('base64url') !== nonce) return false;
  const time = bytes.subarray(0, timeBytes);
  if (!timingSafeEqual(bytes.subarray(timeBytes), code(key, sessionId, time))) return false;
  const ageMs = now.getTime() - time.readUIntBE(0, timeBytes);
  return ageMs < lifetimeMs && ageMs > -skewMs;
}

function code(key: Uint8Array, sessionId: string, time: Buffer): Buffer {
  const message = ['visit', sessionId, time.toString('hex')].join('\0');
  return createHmac('sha256', key).update(message).digest().subarray(0, macBytes);
}
