import { StringDecoder } from 'node:string_decoder';

/** What is kept of an answer's body. */
export const keptBytes = 20_000;

/** RFC 9110: a whole number of seconds. */
const seconds = /^\d+$/;
/** The three forms of a date in HTTP all begin with a weekday; the oldest says nothing of its zone, which is UTC. */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;
const hasZone = /GMT$/;

/**
 * How long a receiver asks to be left alone.
 *
 * @param value of the `Retry-After` header: seconds, or a date in one of HTTP's three forms
 * @param nowMs Unix time
 * @returns milliseconds from now, 0 for a date that has passed; null when absent or nonsense
 */
export function readRetryAfter(value: string | string[] | undefined, nowMs: number): number | null {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined) return null;
  if (seconds.test(text)) {
    const waitMs = Number(text) * 1_000;
    return Number.isSafeInteger(waitMs) ? waitMs : null;
  }
  if (!httpDate.test(text)) return null;
  const date = Date.parse(hasZone.test(text) ? text : `${text} GMT`);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** The first 20 kB of a body as text that PostgreSQL takes: broken UTF-8 and NUL are U+FFFD; a character cut in two is left out. */
export function readBodyText(chunks: readonly Buffer[]): string {
  const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  const text =
    bytes.length <= keptBytes
      ? bytes.toString('utf8')
      : new StringDecoder('utf8').write(bytes.subarray(0, keptBytes));
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
