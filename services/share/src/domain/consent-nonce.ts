import { timingSafeEqual } from 'node:crypto';
import { keyed } from './keyed.ts';

/** A person may read for a while. */
const nonceMs = 60 * 60_000;
const timeBytes = 8;
const nonceForm = /^[A-Za-z0-9_-]{54}$/;

/** What a page signs with an answer, of one consent and for an hour; nothing of it is stored. */
export function consentNonce(root: Buffer, consentId: string, now: Date): string {
  const until = Buffer.alloc(timeBytes);
  until.writeBigUInt64BE(BigInt(now.getTime() + nonceMs));
  return Buffer.concat([until, macOf(root, consentId, until)]).toString('base64url');
}

/** Whether it was made for this consent, and is still good. */
export function isNonceGood(root: Buffer, consentId: string, nonce: string, now: Date): boolean {
  if (!nonceForm.test(nonce)) return false;
  const bytes = Buffer.from(nonce, 'base64url');
  const until = bytes.subarray(0, timeBytes);
  if (!timingSafeEqual(bytes.subarray(timeBytes), macOf(root, consentId, until))) return false;
  return until.readBigUInt64BE() > BigInt(now.getTime());
}

function macOf(root: Buffer, consentId: string, until: Buffer): Buffer {
  return keyed(root, 'consent nonce', consentId, until.toString('hex'));
}
