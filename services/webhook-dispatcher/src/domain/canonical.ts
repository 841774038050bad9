/** A value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What canonicalJson accepts: members that are undefined are left out. */
export type JsonInput =
  | null
  | boolean
  | number
  | string
  | JsonInput[]
  | { [key: string]: JsonInput | undefined };

/** Python's decoder gives up near 1000 levels; nobody means anything beyond this. Deeper values become null. */
const maxDepth = 200;

/**
 * One JSON string, or one JSON number. Strings are listed first, so that digits inside them are left alone. Only for
 * text that is JSON: a string without an end would be tried in exponentially many ways.
 */
const stringOrNumber = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses JSON text without losing digits: a number that a double cannot hold exactly as an integer arrives as a string
 * of its own digits. The text is rewritten before parsing, because a reviver would recurse on hostile nesting.
 *
 * @throws SyntaxError when the text is not JSON
 */
export function parseJson(text: string): Json {
  JSON.parse(text);
  const safe = text.replace(stringOrNumber, (token) => {
    if (token.startsWith('"')) return token;
    const value = Number(token);
    return Number.isInteger(value) ? (Number.isSafeInteger(value) ? token : `"${token}"`) : keepFinite(token);
  });
  return JSON.parse(safe) as Json;
}

/** 1e999 is legal JSON, and Infinity to every parser. */
function keepFinite(token: string): string {
  return Number.isFinite(Number(token)) ? token : `"${token}"`;
}

/**
 * Serialises a value so that every common receiver, whatever its language, gets the same bytes from parsing and
 * serialising again: keys in code point order, no spaces, minimal escapes, non-ASCII literal, and none of the values
 * on which languages disagree:
 *
 * - 2.0 is 2 and -0 is 0; integers beyond 2^53 and numbers closer to zero than 0.0001 are strings;
 * - lone surrogates are U+FFFD (of keys that become equal the last one stays);
 * - an empty object is null (PHP would give [] back).
 *
 * Parsing the result and serialising it again gives the same text.
 */
export function canonicalJson(value: JsonInput): string {
  return serialise(value, 0);
}

function serialise(value: JsonInput, depth: number): string {
  if (value === null || depth > maxDepth) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value === 'number') return serialiseNumber(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (Array.isArray(value)) return `[${value.map((item) => serialise(item, depth + 1)).join(',')}]`;
  return serialiseObject(value, depth);
}

function serialiseNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const size = Math.abs(value);
  if (size > Number.MAX_SAFE_INTEGER) return `"${BigInt(value)}"`;
  if (size !== 0 && size < 0.0001) return `"${value}"`;
  return size === 0 ? '0' : String(value);
}

function serialiseObject(value: { [key: string]: JsonInput | undefined }, depth: number): string {
  const members = new Map<string, string>();
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.set(key.toWellFormed(), serialise(member, depth + 1));
  }
  if (members.size === 0) return 'null';
  const keys = [...members.keys()].sort(byCodePoint);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${members.get(key)}`).join(',')}}`;
}

/** Order of Python's and PHP's string comparison. JavaScript's own differs from it above U+FFFF only. */
function byCodePoint(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return surrogatesLast(a) - surrogatesLast(b);
  }
  return left.length - right.length;
}

/** Moves surrogates (halves of characters above U+FFFF) behind U+E000..U+FFFF. */
function surrogatesLast(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** Rounds every number to at most 4 decimals, apart from those below the named keys, which are the customer's own. */
export function roundNumbers(value: Json, untouchedKeys: ReadonlySet<string>, depth = 0): Json {
  if (typeof value === 'number') return Math.round(value * 10_000) / 10_000;
  if (value === null || typeof value !== 'object' || depth > maxDepth) return value;
  if (Array.isArray(value)) return value.map((item) => roundNumbers(item, untouchedKeys, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      untouchedKeys.has(key) ? member : roundNumbers(member, untouchedKeys, depth + 1),
    ]),
  );
}
