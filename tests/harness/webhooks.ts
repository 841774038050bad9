import { createHmac, timingSafeEqual } from 'node:crypto';

/** The verifiers that receivers write, each from its own reading and with no code of ours. */

/** HMAC of the bytes as they came. */
export function verifyRaw(rawBody: Buffer, signature: string, secret: string): boolean {
  return sameHex(createHmac('sha256', secret).update(rawBody).digest('hex'), signature);
}

/** HMAC of the parsed body, re-encoded with sorted keys, compact, unescaped. */
export function verifyCanonical(rawBody: Buffer, signature: string, secret: string): boolean {
  const canonical = JSON.stringify(sortKeys(JSON.parse(rawBody.toString('utf8'))));
  return sameHex(createHmac('sha256', secret).update(canonical, 'utf8').digest('hex'), signature);
}

/** Standard Webhooks 1.0.0: one `v1` entry of the list has to hold over `id.timestamp.body`. */
export function verifyStandard(
  rawBody: Buffer,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  secret: string,
): boolean {
  const signed = createHmac('sha256', secret)
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`)
    .update(rawBody)
    .digest('base64');
  return String(headers['webhook-signature'])
    .split(' ')
    .some((entry) => sameText(entry, `v1,${signed}`));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  const sorted: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    sorted[key] = sortKeys(inner);
  }
  return sorted;
}

function sameText(expected: string, actual: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(actual)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function sameHex(expected: string, actual: string): boolean {
  const a = Buffer.from(expected, 'hex');
  const b = Buffer.from(actual, 'hex');
  return a.length === b.length && timingSafeEqual(a, b);
}
