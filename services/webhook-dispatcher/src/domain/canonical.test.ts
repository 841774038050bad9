import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, type Json, type JsonInput, parseJson, roundNumbers } from './canonical.ts';

describe('canonical JSON', () => {
  const table: [string, JsonInput, string][] = [
    [
      'keys sort recursively, arrays keep order',
      { b: [2, 1], a: { d: 1, c: 2 } },
      '{"a":{"c":2,"d":1},"b":[2,1]}',
    ],
    ['keys that look like integers sort as strings', { 2: 'b', 10: 'a', a: 1 }, '{"10":"a","2":"b","a":1}'],
    ['keys sort by code point', { '\u{1F600}': 1, '\uFFFD': 2, z: 3 }, '{"z":3,"\uFFFD":2,"\u{1F600}":1}'],
    ['a prefix comes first', { ab: 1, a: 2 }, '{"a":2,"ab":1}'],
    ['__proto__ is a key like any other', JSON.parse('{"__proto__":1,"a":2}'), '{"__proto__":1,"a":2}'],
    ['whole numbers have no fraction', [2.0, -0, 1e3], '[2,0,1000]'],
    ['fractions are shortest', [0.96, 0.1, 0.0001], '[0.96,0.1,0.0001]'],
    ['numbers near zero are strings', [0.00005, -0.000099], '["0.00005","-0.000099"]'],
    [
      'integers beyond 2^53 are strings',
      [2 ** 53, -(2 ** 53), 2 ** 53 - 1],
      '["9007199254740992","-9007199254740992",9007199254740991]',
    ],
    ['exponents never appear', [1e21, 1e-7], '["1000000000000000000000","1e-7"]'],
    ['what is no number is null', [Number.NaN, Number.POSITIVE_INFINITY], '[null,null]'],
    ['lone surrogates are replaced', ['a\uD800b', '\uDC00'], '["a\uFFFDb","\uFFFD"]'],
    ['keys that become equal are one', JSON.parse('{"\\ud800":1,"\\ud801":2}'), '{"\uFFFD":2}'],
    ['empty objects are null, empty arrays stay', { a: {}, b: [], c: [{}] }, '{"a":null,"b":[],"c":[null]}'],
    ['undefined members are left out', { a: undefined, b: 1 }, '{"b":1}'],
    ['an object of undefined members is empty', { a: { b: undefined } }, '{"a":null}'],
    ['non-ASCII is literal', { name: 'Zoë 東京 \u2028' }, '{"name":"Zoë 東京 \u2028"}'],
    ['escapes are minimal', 'a"b\\c/\b\f\n\r\t\u0001\u001f', '"a\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f"'],
    ['booleans and null stay', [true, false, null], '[true,false,null]'],
  ];
  test.each(table)('%s', (_name, value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });

  test('hostile nesting ends instead of exhausting the stack', () => {
    const text = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(canonicalJson(parseJson(text))).toMatch(/^\[+null\]+$/);
  });
});

describe('parsing without loss', () => {
  const table: [string, Json][] = [
    ['12345678901234567890', '12345678901234567890'],
    ['{"a":9007199254740993,"b":9007199254740991}', { a: '9007199254740993', b: 9007199254740991 }],
    ['{"12345678901234567890":"12345678901234567890"}', { '12345678901234567890': '12345678901234567890' }],
    ['"say \\"12345678901234567890\\""', 'say "12345678901234567890"'],
    ['"ends in a backslash \\\\",'.slice(0, -1), 'ends in a backslash \\'],
    ['[1e999,-1e999,1e21]', ['1e999', '-1e999', '1e21']],
    ['[1.50,2.0,-0,1E2]', [1.5, 2, -0, 100]],
    [' { "a" : [ true , null ] } ', { a: [true, null] }],
  ];
  test.each(table)('%s', (text, expected) => {
    expect(parseJson(text)).toEqual(expected);
  });

  test('text that is not JSON stays an error', () => {
    const broken = ['', '{', '1 2', '{"a":01}', "{'a':1}", '[NaN]', '{12345678901234567890:1}', '[1.]'];
    for (const text of broken) expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  test('a string without an end is an error, and soon', () => {
    expect(() => parseJson(`{"a":"${'a'.repeat(100)}`)).toThrow(SyntaxError);
  });

  test('JSON that holds nothing unsafe means the same as to JSON.parse', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text);
        const safe = !/[eE\d.+-]{16,}/.test(text);
        if (safe) expect(parseJson(text)).toEqual(value);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('own numbers have at most four decimals, the customer’s are left alone', () => {
  const value = { score: 96.123456, nested: [{ ratio: 0.00004 }], metadata: { pi: Math.PI } };
  expect(roundNumbers(value, new Set(['metadata']))).toEqual({
    score: 96.1235,
    nested: [{ ratio: 0 }],
    metadata: { pi: Math.PI },
  });
});
