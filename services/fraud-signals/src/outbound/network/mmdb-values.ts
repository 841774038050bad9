import { Failure } from '@selfsame/runtime/errors';

/** What a record of an MMDB file holds. Whole numbers beyond 2^53 are bigint. */
export type MmdbValue = string | number | bigint | boolean | Uint8Array | readonly MmdbValue[] | MmdbMap;
export type MmdbMap = ReadonlyMap<string, MmdbValue>;

/** Real records nest five deep; what nests deeper is made to exhaust us. */
const maxDepth = 32;
/** Values in one record, those behind pointers counted as often as they are reached. Real ones have up to 200. */
const maxValues = 2_000;
/** Bytes of text and binary data in one record, counted likewise. */
const maxTextBytes = 256 * 1024;

/** Texts behind pointers that are kept: keys, names of countries and time zones. */
const maxKnownTexts = 2_048;
const maxKnownTextLength = 128;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads values of the MaxMind DB file format 2.0 from one section of a file. Every step is checked against the section's
 * bounds and a record's limits, so that no file can make it run long, take much memory or read anything else: records share
 * parts by pointers, and a small file could otherwise unfold into any size.
 *
 * @returns reads the value at an offset of the section. @throws Failure `mmdb_data` saying what is wrong there
 */
export function createMmdbDecoder(bytes: Buffer, start: number, end: number): (offset: number) => MmdbValue {
  let at = start;
  let valuesLeft = 0;
  let textLeft = 0;
  /** By offset: nearly all keys and many names are told by pointers to the first place that has them. */
  const texts = new Map<number, string>();

  const wrong = (what: string) =>
    new Failure(
      'invalid',
      'mmdb_data',
      `${what} at offset ${at - start} of a section of ${end - start} bytes`,
    );

  /** Steps over so many bytes. @returns where they begin */
  function take(size: number): number {
    const from = at;
    if (size > end - from) throw wrong('Data goes on beyond the end');
    at = from + size;
    return from;
  }

  function unsigned(size: number): number {
    const from = take(size);
    let value = 0;
    for (let index = 0; index < size; index++) value = value * 256 + (bytes[from + index] ?? 0);
    return value;
  }

  function whole(size: number, maxSize: number): number | bigint {
    if (size > maxSize) throw wrong('A number is too long');
    if (size <= 6) return unsigned(size);
    const value = BigInt(`0x${bytes.toString('hex', take(size), at)}`);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  function signed(size: number): number {
    const value = Number(whole(size, 4));
    // Shorter ones are positive: the zeros in front are left off.
    return size === 4 ? value | 0 : value;
  }

  function text(size: number): string {
    textLeft -= size;
    if (textLeft < 0) throw wrong('A record has too much text');
    const from = take(size);
    for (let index = from; index < at; index++) {
      if ((bytes[index] ?? 0) > 0x7f) return unicode(from);
    }
    return bytes.toString('latin1', from, at);
  }

  function unicode(from: number): string {
    try {
      return utf8.decode(bytes.subarray(from, at));
    } catch {
      throw wrong('A text is no UTF-8');
    }
  }

  function binary(size: number): Uint8Array {
    textLeft -= size;
    if (textLeft < 0) throw wrong('A record has too much data');
    const from = take(size);
    return new Uint8Array(bytes.subarray(from, at));
  }

  function float(size: number, expected: 4 | 8): number {
    if (size !== expected) throw wrong('A number has a wrong length');
    const from = take(size);
    return expected === 8 ? bytes.readDoubleBE(from) : bytes.readFloatBE(from);
  }

  function flag(size: number): boolean {
    if (size > 1) throw wrong('A flag is neither true nor false');
    return size === 1;
  }

  function list(size: number, depth: number): MmdbValue[] {
    const items: MmdbValue[] = [];
    for (let index = 0; index < size; index++) items.push(value(depth + 1, true));
    return items;
  }

  function map(size: number, depth: number): MmdbMap {
    const entries = new Map<string, MmdbValue>();
    for (let index = 0; index < size; index++) {
      const key = value(depth + 1, true);
      if (typeof key !== 'string') throw wrong('A key is no text');
      entries.set(key, value(depth + 1, true));
    }
    return entries;
  }

  function follow(control: number, depth: number): MmdbValue {
    const size = (control >> 3) & 3;
    const high = size === 3 ? 0 : control & 7;
    const base = size === 1 ? 2_048 : size === 2 ? 526_336 : 0;
    const target = base + high * 256 ** (size + 1) + unsigned(size + 1);
    if (target >= end - start) throw wrong('A pointer leads out of the data');
    const known = texts.get(target);
    if (known !== undefined) return counted(known);
    const after = at;
    at = start + target;
    const found = value(depth, false);
    at = after;
    if (typeof found === 'string' && found.length <= maxKnownTextLength && texts.size < maxKnownTexts)
      texts.set(target, found);
    return found;
  }

  function counted(known: string): string {
    textLeft -= known.length;
    if (textLeft < 0) throw wrong('A record has too much text');
    return known;
  }

  function sizeOf(control: number): number {
    const size = control & 0x1f;
    if (size < 29) return size;
    if (size === 29) return 29 + unsigned(1);
    return size === 30 ? 285 + unsigned(2) : 65_821 + unsigned(3);
  }

  function value(depth: number, mayPoint: boolean): MmdbValue {
    valuesLeft -= 1;
    if (valuesLeft < 0) throw wrong('A record has too many values');
    if (depth > maxDepth) throw wrong('A record nests too deep');
    const control = unsigned(1);
    let type = control >> 5;
    if (type === 1) {
      if (!mayPoint) throw wrong('A pointer leads to a pointer');
      return follow(control, depth);
    }
    if (type === 0) type = 7 + unsigned(1);
    const size = sizeOf(control);
    switch (type) {
      case 2:
        return text(size);
      case 3:
        return float(size, 8);
      case 4:
        return binary(size);
      case 5:
        return whole(size, 2);
      case 6:
        return whole(size, 4);
      case 7:
        // Two bytes an entry at least: a size that cannot be is refused before anything is made of it.
        if (size * 2 > end - at) throw wrong('A map goes on beyond the end');
        return map(size, depth);
      case 8:
        return signed(size);
      case 9:
        return whole(size, 8);
      case 10:
        return whole(size, 16);
      case 11:
        if (size > end - at) throw wrong('A list goes on beyond the end');
        return list(size, depth);
      case 14:
        return flag(size);
      case 15:
        return float(size, 4);
      default:
        throw wrong('A value is of no known type');
    }
  }

  return (offset) => {
    at = start + offset;
    valuesLeft = maxValues;
    textLeft = maxTextBytes;
    if (!(offset >= 0 && at < end)) throw wrong('A record lies outside the data');
    return value(0, false);
  };
}
