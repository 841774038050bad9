import { createHash } from 'node:crypto';

/** What a client offers with its first message (RFC 8446, 4.1.2). Numbers in wire order, GREASE included. */
export interface ClientHello {
  /** What it says for old servers' sake: 0x0303 with everything of today. */
  readonly legacyVersion: number;
  readonly ciphers: readonly number[];
  readonly extensions: readonly number[];
  /** Null: it names none. */
  readonly serverName: string | null;
  readonly alpn: readonly Buffer[];
  readonly groups: readonly number[];
  readonly pointFormats: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  readonly versions: readonly number[];
  /** Groups that it has sent a key for. */
  readonly keyShares: readonly number[];
}

/** more: what is here may be the beginning of one. no: it is none. */
export type HelloReading =
  | { readonly is: 'hello'; readonly hello: ClientHello }
  | { readonly is: 'more' }
  | { readonly is: 'no' };

/** With a post-quantum key and a long ticket they have 4,000 bytes. */
export const helloBytesMax = 16_384;

const handshakeRecord = 22;
const clientHello = 1;
const recordHead = 5;
const messageHead = 4;
const ext = {
  serverName: 0,
  groups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  versions: 43,
  keyShare: 51,
  encryptedHello: 65_037,
} as const;

/** Reads the first bytes of a connection. Never throws, whatever they are, and never looks at more than it needs. */
export function readClientHello(bytes: Buffer): HelloReading {
  const message = handshakeMessage(bytes);
  if (message === 'more') return bytes.length >= helloBytesMax ? { is: 'no' } : { is: 'more' };
  const hello = message === 'no' ? null : parse(message);
  return hello === null ? { is: 'no' } : { is: 'hello', hello };
}

/** The body of the first message, which may lie in several records. */
function handshakeMessage(bytes: Buffer): Buffer | 'more' | 'no' {
  const parts: Buffer[] = [];
  let have = 0;
  let needed: number | null = null;
  for (let at = 0; needed === null || have < needed; ) {
    if (at < bytes.length && bytes[at] !== handshakeRecord) return 'no';
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return 'no';
    if (at + recordHead > bytes.length) return 'more';
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > helloBytesMax) return 'no';
    const part = bytes.subarray(at + recordHead, at + recordHead + length);
    parts.push(part);
    have += part.length;
    if (needed === null && have > 0) {
      // Four bytes at most are looked at here: a part that does not bring them is shorter than that.
      const head = Buffer.concat(parts.length === 1 ? [part.subarray(0, messageHead)] : parts);
      if (head[0] !== clientHello) return 'no';
      if (head.length >= messageHead) needed = messageHead + head.readUIntBE(1, 3);
      if ((needed ?? 0) > helloBytesMax) return 'no';
    }
    if (part.length < length && (needed === null || have < needed)) return 'more';
    at += recordHead + length;
  }
  return Buffer.concat(parts).subarray(messageHead, needed);
}

/** A place in bytes of which nothing is taken twice. Null: there is not as much. */
interface Reader {
  readonly left: () => number;
  readonly bytes: (length: number) => Buffer | null;
  readonly number: (length: 1 | 2) => number | null;
  /** Bytes behind their length. */
  readonly block: (lengthBytes: 1 | 2) => Buffer | null;
}

function readerOf(buffer: Buffer): Reader {
  let at = 0;
  const bytes = (length: number) => {
    if (at + length > buffer.length) return null;
    at += length;
    return buffer.subarray(at - length, at);
  };
  const number = (length: 1 | 2) => bytes(length)?.readUIntBE(0, length) ?? null;
  return {
    left: () => buffer.length - at,
    bytes,
    number,
    block(lengthBytes) {
      const length = number(lengthBytes);
      return length === null ? null : bytes(length);
    },
  };
}

function parse(message: Buffer): ClientHello | null {
  const reader = readerOf(message);
  const legacyVersion = reader.number(2);
  const random = reader.bytes(32);
  const session = reader.block(1);
  const ciphers = reader.block(2);
  const compression = reader.block(1);
  if (legacyVersion === null || random === null || session === null) return null;
  if (ciphers === null || compression === null) return null;
  const extensions = reader.left() === 0 ? new Map<number, Buffer>() : extensionsIn(reader.block(2));
  if (extensions === null) return null;
  const bodyOf = (type: number) => extensions.get(type) ?? Buffer.alloc(0);
  return {
    legacyVersion,
    ciphers: numbersIn(ciphers, 2),
    extensions: [...extensions.keys()],
    serverName: serverNameIn(bodyOf(ext.serverName)),
    alpn: blocksIn(readerOf(bodyOf(ext.alpn)).block(2)),
    groups: numbersIn(readerOf(bodyOf(ext.groups)).block(2), 2),
    pointFormats: numbersIn(readerOf(bodyOf(ext.pointFormats)).block(1), 1),
    signatureAlgorithms: numbersIn(readerOf(bodyOf(ext.signatureAlgorithms)).block(2), 2),
    versions: numbersIn(readerOf(bodyOf(ext.versions)).block(1), 2),
    keyShares: keySharesIn(readerOf(bodyOf(ext.keyShare)).block(2)),
  };
}

/** By type, in wire order. None may come twice. */
function extensionsIn(block: Buffer | null): Map<number, Buffer> | null {
  if (block === null) return null;
  const found = new Map<number, Buffer>();
  const reader = readerOf(block);
  while (reader.left() > 0) {
    const type = reader.number(2);
    const body = reader.block(2);
    if (type === null || body === null || found.has(type)) return null;
    found.set(type, body);
  }
  return found;
}

function numbersIn(block: Buffer | null, length: 1 | 2): number[] {
  const numbers: number[] = [];
  for (let at = 0; block !== null && at + length <= block.length; at += length) {
    numbers.push(block.readUIntBE(at, length));
  }
  return numbers;
}

/** Protocol names behind their lengths; an empty one ends the list. */
function blocksIn(block: Buffer | null): Buffer[] {
  const blocks: Buffer[] = [];
  const reader = readerOf(block ?? Buffer.alloc(0));
  for (let next = reader.block(1); next !== null && next.length > 0; next = reader.block(1))
    blocks.push(next);
  return blocks;
}

function serverNameIn(body: Buffer): string | null {
  const reader = readerOf(readerOf(body).block(2) ?? Buffer.alloc(0));
  const kind = reader.number(1);
  const name = reader.block(2);
  return kind === 0 && name !== null && name.length > 0 ? name.toString('latin1') : null;
}

function keySharesIn(block: Buffer | null): number[] {
  const groups: number[] = [];
  const reader = readerOf(block ?? Buffer.alloc(0));
  while (reader.left() > 0) {
    const group = reader.number(2);
    if (group === null || reader.block(2) === null) break;
    groups.push(group);
  }
  return groups;
}

/** Values that mean nothing and keep servers used to unknown ones (RFC 8701). */
const isGrease = (value: number) => (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
const meant = (values: readonly number[]) => values.filter((value) => !isGrease(value));

/** Groups that join a classic and a post-quantum key: X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024, and the draft of the first. */
const hybrids: ReadonlySet<number> = new Set([4_588, 4_587, 4_589, 25_497]);

/** What is said of a hello. Lists as numbers, without GREASE. */
export function summaryOf(hello: ClientHello) {
  const lists = [hello.ciphers, hello.extensions, hello.groups, hello.versions, hello.keyShares];
  return {
    ja4: ja4Of(hello),
    ja3: ja3Of(hello),
    grease: lists.some((list) => list.some(isGrease)),
    cipher_count: meant(hello.ciphers).length,
    extension_count: meant(hello.extensions).length,
    server_name: hello.serverName === null ? null : printable(hello.serverName, 255),
    alpn_offered: hello.alpn.slice(0, 16).map((protocol) => printable(protocol.toString('latin1'), 32)),
    groups: meant(hello.groups).slice(0, 32).map(String),
    versions_offered: meant(hello.versions).slice(0, 8).map(String),
    post_quantum_share: hello.keyShares.some((group) => hybrids.has(group)),
    ech: hello.extensions.includes(ext.encryptedHello),
  };
}

const printable = (text: string, length: number) => text.slice(0, length).replace(/[^ -~]/g, '?');
const hex = (value: number) => value.toString(16).padStart(4, '0');
const digestOf = (list: string) =>
  list === '' ? '000000000000' : createHash('sha256').update(list).digest('hex').slice(0, 12);

const versionNames: Readonly<Record<number, string>> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
  2: 's2',
};

/**
 * JA4 of a hello over TCP, as FoxIO describes it: what is offered, counted, and digests of ciphers and extensions in order
 * of their numbers, so that browsers which shuffle them are one.
 */
export function ja4Of(hello: ClientHello): string {
  const ciphers = meant(hello.ciphers);
  const extensions = meant(hello.extensions);
  const version = Math.max(...meant(hello.versions), 0) || hello.legacyVersion;
  const counted = (list: readonly number[]) => String(Math.min(list.length, 99)).padStart(2, '0');
  const hashed = extensions.filter((type) => type !== ext.serverName && type !== ext.alpn);
  const algorithms = meant(hello.signatureAlgorithms).map(hex).join(',');
  const sorted = (list: readonly number[]) => list.map(hex).toSorted().join(',');
  return [
    't',
    versionNames[version] ?? '00',
    extensions.includes(ext.serverName) ? 'd' : 'i',
    counted(ciphers),
    counted(extensions),
    alpnMark(hello.alpn[0]),
    '_',
    digestOf(sorted(ciphers)),
    '_',
    digestOf(hashed.length === 0 ? '' : [sorted(hashed), algorithms].filter((part) => part !== '').join('_')),
  ].join('');
}

/** First and last character of the first protocol; of its hexadecimal form where one of them is none of a word. */
function alpnMark(protocol: Buffer | undefined): string {
  if (protocol === undefined) return '00';
  const text = protocol.toString('latin1');
  const ends = `${text.at(0)}${text.at(-1)}`;
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  const digits = protocol.toString('hex');
  return `${digits.at(0)}${digits.at(-1)}`;
}

/** JA3 of a hello: MD5 over its numbers as they came. */
export function ja3Of(hello: ClientHello): string {
  const fields = [[hello.legacyVersion], hello.ciphers, hello.extensions, hello.groups, hello.pointFormats];
  const text = fields.map((list) => meant(list).join('-')).join(',');
  return createHash('md5').update(text).digest('hex');
}
