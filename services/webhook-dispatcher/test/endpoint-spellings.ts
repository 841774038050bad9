import fc from 'fast-check';

/** A way to write a forbidden address, and what it is. */
export interface Spelling {
  readonly host: string;
  readonly meaning: string;
}

const forbiddenV4 = [
  '127.0.0.1',
  '127.255.0.9',
  '0.0.0.0',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.254',
  '192.0.0.192',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
];
const forbiddenV6 = [
  '::1',
  '::',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '100::1',
  '2001:db8::1',
];
const forbiddenNames = [
  'localhost',
  'a.localhost',
  'db',
  'printer.local',
  'x.internal',
  'a.b.svc',
  'r.home.arpa',
];

const pick = <T>(...values: readonly [T, ...T[]]) => fc.constantFrom(...values);

/** One number in decimal, octal or hexadecimal, with zeros before it. */
function numeral(value: number): fc.Arbitrary<string> {
  return fc.tuple(pick('decimal', 'octal', 'hex', 'HEX'), fc.nat(4)).map(([base, zeros]) => {
    if (base === 'octal') return `0${'0'.repeat(zeros)}${value.toString(8)}`;
    if (base === 'hex') return `0x${'0'.repeat(zeros)}${value.toString(16)}`;
    if (base === 'HEX') return `0X${'0'.repeat(zeros)}${value.toString(16).toUpperCase()}`;
    return String(value);
  });
}

/** Four numbers, or fewer whose last one holds what is left. */
function inet(octets: readonly number[]): fc.Arbitrary<string> {
  return fc.integer({ min: 1, max: 4 }).chain((count) => {
    const rest = octets.slice(count - 1).reduce((sum, octet) => sum * 256 + octet, 0);
    return fc.tuple(...[...octets.slice(0, count - 1), rest].map(numeral)).map((parts) => parts.join('.'));
  });
}

/** One character as another that the URL parser takes for the same, or with one beside it that it drops. */
function disguise(character: string): fc.Arbitrary<string> {
  const code = character.codePointAt(0) ?? 0;
  const same = [character, character, character, character.toUpperCase(), percent(character)];
  if (code > 0x20 && code < 0x7f) same.push(String.fromCodePoint(code + 0xfee0)); // full-width
  if (character >= '1' && character <= '9') same.push(String.fromCodePoint(0x245f + Number(character)));
  if (/\d/.test(character)) same.push(String.fromCodePoint(0x1d7ce + Number(character)));
  if (character === '.') same.push('。', '．', '｡', percent('。'));
  const dropped = pick('', '', '', '', '', '\u00ad', '\u200b', '\u2060', '\ufeff', '\t', '\n', '\r');
  return fc.tuple(fc.constantFrom(...same), dropped).map(([one, other]) => one + other);
}

function percent(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function disguised(text: string): fc.Arbitrary<string> {
  return fc.tuple(...[...text].map(disguise)).map((parts) => parts.join(''));
}

const v4Host: fc.Arbitrary<Spelling> = fc.constantFrom(...forbiddenV4).chain((meaning) =>
  inet(meaning.split('.').map(Number))
    .chain((text) => fc.tuple(disguised(text), pick('', '', '.', '。')))
    .map(([text, dot]) => ({ host: text + dot, meaning })),
);

const embeddedHost: fc.Arbitrary<Spelling> = fc
  .tuple(fc.constantFrom(...forbiddenV4), fc.nat(8), fc.boolean())
  .map(([meaning, form, isUpper]) => {
    const octets = meaning.split('.').map(Number);
    const [a = 0, b = 0, c = 0, d = 0] = octets;
    const high = (a * 256 + b).toString(16);
    const low = (c * 256 + d).toString(16);
    const text = [
      `::ffff:${meaning}`,
      `::ffff:${high}:${low}`,
      `0:0:0:0:0:ffff:${high}:${low}`,
      `0000:0000:0000:0000:0000:ffff:${meaning}`,
      `::${meaning}`,
      `::ffff:0:${meaning}`,
      `64:ff9b::${meaning}`,
      `64:ff9b:1::${high}:${low}`,
      `2002:${high}:${low}::${low}`,
    ][form];
    return { host: `[${isUpper ? text?.toUpperCase() : text}]`, meaning };
  });

const v6Host: fc.Arbitrary<Spelling> = fc
  .tuple(fc.constantFrom(...forbiddenV6), fc.boolean())
  .map(([meaning, isUpper]) => ({ host: `[${isUpper ? meaning.toUpperCase() : meaning}]`, meaning }));

const nameHost: fc.Arbitrary<Spelling> = fc
  .constantFrom(...forbiddenNames)
  .chain((meaning) =>
    fc.tuple(disguised(meaning), pick('', '', '.')).map(([text, dot]) => ({ host: text + dot, meaning })),
  );

/** Hosts that mean an address or a name that webhooks never go to, in all spellings that we can think of. */
export const forbiddenHost: fc.Arbitrary<Spelling> = fc.oneof(
  { weight: 5, arbitrary: v4Host },
  { weight: 2, arbitrary: embeddedHost },
  { weight: 1, arbitrary: v6Host },
  { weight: 2, arbitrary: nameHost },
);

/** URLs around a host: schemes, slashes, user names, ports and paths of every kind. */
export function urlAround(host: fc.Arbitrary<string>, port: number): fc.Arbitrary<string> {
  const scheme = pick('http', 'https', 'HTTP', 'hTtPs', 'ht\ntp');
  const slashes = pick('://', '://', '://', ':', ':/', ':///', ':\\\\', ':/\\');
  const user = pick('', '', '', '', 'user@', 'example.com@', 'example.com:443@', 'a:b@');
  const tail = pick('', '/', '/hook', '?q=1', '#x', '/@example.com', '\\@example.com', '/%2e%2e/');
  const ports = pick(`:${port}`, `:${port}`, `:0${port}`, '', ':443');
  return fc.tuple(scheme, slashes, user, host, ports, tail).map((parts) => parts.join(''));
}

/** What nobody would type: fragments of URLs in any order. */
export function garbage(port: number): fc.Arbitrary<string> {
  const piece = fc.oneof(
    pick('http://', 'https://', 'http:', '//', '/', '\\', '@', ':', '#', '?', '[', ']', '%', '.', '..', '。'),
    pick(
      'localhost',
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '0',
      '::1',
      '[::1]',
      '::ffff:7f00:1',
      'xn--',
      '%00',
      '%2f',
    ),
    pick(`:${port}`, `@127.0.0.1:${port}`, '\t', '\n', ' ', '\u00ad', '\u200b', '\u202e', '\ud800'),
    fc.string({ maxLength: 6, unit: 'binary' }),
    fc.webUrl(),
    fc.ipV6(),
  );
  return fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
}
