import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type SessionEvent, sessionBody, withTimestamp } from './body.ts';
import { canonicalJson, parseJson } from './canonical.ts';

const seed = 20_260_301;
const count = 10_000;

/** Texts on which languages, parsers and databases have disagreed. */
const nastyTexts = [
  '',
  '\u0000',
  '\u0001\b\f\n\r\t\u001f\u007f\u0085\u009f',
  '\u2028\u2029\ufeff',
  '\ud800',
  'a\udc00b',
  '\udc00\ud800',
  '\ud83d\ude00',
  '\ue000\uffff',
  'e\u0301\u212b\u1e9b\u0323',
  '\u202eabc\u200f',
  '"\\/"',
  '"timestamp":1,"',
  '</script>',
  '__proto__',
  'constructor',
  'toString',
  '2',
  '10',
  '-0',
  '1e21',
];

/** Numbers as somebody may have written them. */
const nastyNumbers = [
  '-0',
  '-0.0',
  '0e0',
  '1.0',
  '2.50',
  '1E2',
  '96.7777777',
  '1e21',
  '1e-7',
  '0.0001',
  '0.00009',
  '5e-324',
  '1e-400',
  '1.7976931348623157e308',
  '1e999',
  '-1e999',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '9007199254740992.5',
  '1234567890123456.7',
  '12345678901234567890',
  '0.1000000000000000055511151231257827',
];

const nastyText = fc.oneof(fc.constantFrom(...nastyTexts), fc.string({ unit: 'binary', maxLength: 12 }));
const quoted = fc.tuple(nastyText, fc.boolean()).map(([text, isAscii]) => {
  const json = JSON.stringify(text);
  if (!isAscii) return json;
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
});
const number = fc.oneof(
  fc.constantFrom(...nastyNumbers),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
);
const space = fc.constantFrom('', '', ' ', '\n\t', '\r\n  ');

/** JSON as text, so that it may hold what no parsed value can: repeated keys, -0, 1.0, spaces, escapes. */
const { json: jsonText } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    quoted,
    number,
    fc.constantFrom('true', 'false', 'null', '{}', '[]', ' [ { } ] '),
    fc
      .tuple(space, fc.array(tie('json'), { maxLength: 5 }))
      .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
    fc
      .tuple(space, fc.array(fc.tuple(quoted, tie('json')), { maxLength: 6 }))
      .map(
        ([gap, members]) =>
          `{${gap}${members.map(([key, value]) => `${key}${gap}:${value}`).join(`,${gap}`)}}`,
      ),
  ),
}));

/** Bodies that a random test is not likely to reach. */
const large = [
  JSON.stringify('x'.repeat(100_000)),
  JSON.stringify('\u{1f600}é\u2028"\\'.repeat(20_000)),
  JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`${index}`, index / 3]))),
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
];

const event: SessionEvent = {
  eventId: '0193d0a2-1111-7000-8000-000000000001',
  applicationId: '5b3c7f10-0000-4000-8000-000000000001',
  environment: 'live',
  sessionId: '8f7d5d06-93ab-4ea6-a7ab-3fbf4b7e9fc1',
  sequence: 3,
  status: 'Approved',
  workflowId: '5b3c7f10-0000-4000-8000-000000000002',
  workflowVersion: 2,
  vendorData: '',
  metadataJson: '',
  decisionJson: '',
  resubmitInfoJson: '',
  occurredAt: new Date(1_766_000_000_400),
};

let bodies: string[];
beforeAll(() => {
  const random = fc.record({
    vendorData: nastyText,
    metadataJson: jsonText,
    decisionJson: jsonText.map(
      (text) => `{"metadata":${text},"liveness_checks":[{"score":96.123456}],"x":${text}}`,
    ),
  });
  const events = fc.sample(random, { numRuns: count - large.length, seed });
  for (const metadataJson of large) events.push({ vendorData: '', metadataJson, decisionJson: '' });
  bodies = events.map((changes) => sessionBody({ ...event, ...changes }, 'v3'));
});

test('10,000 random bodies parse and serialise back to the same bytes', () => {
  expect(new Set(bodies).size).toBeGreaterThan(count * 0.95);
  for (const body of bodies) {
    expect(canonicalJson(parseJson(body))).toBe(body);
    expect(Buffer.from(body, 'utf8').toString('utf8')).toBe(body);
  }
});

type Order = (left: string, right: string) => number;
const byBytes: Order = (left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right));
const byUtf16: Order = (left, right) => (left < right ? -1 : 1);

/** What a receiver in JavaScript writes after reading the rules: parse, sort, compact. Nothing of ours. */
function receiverCanonical(value: unknown, order: Order): string {
  if (Array.isArray(value)) return `[${value.map((item) => receiverCanonical(item, order)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => order(a, b));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${receiverCanonical(member, order)}`).join(',')}}`;
}

test('a receiver in JavaScript that sorts by code point gets the same bytes', () => {
  for (const body of bodies) expect(receiverCanonical(JSON.parse(body), byBytes)).toBe(body);
});

test('one that sorts by UTF-16 unit does too, unless keys stand on both sides of the surrogates', () => {
  const astral = /[\u{10000}-\u{10ffff}]/u;
  const private16 = /[\ue000-\uffff]/;
  const plain = bodies.filter((body) => !(astral.test(body) && private16.test(body)));
  expect(plain.length).toBeGreaterThan(count * 0.3);
  for (const body of plain) expect(receiverCanonical(JSON.parse(body), byUtf16)).toBe(body);
});

/** The rules in Python: whole numbers lose their fraction, the rest is json.dumps. */
const python = `
import json, sys
def whole(value):
    if isinstance(value, float): return int(value) if value.is_integer() else value
    if isinstance(value, list): return [whole(item) for item in value]
    if isinstance(value, dict): return {key: whole(item) for key, item in value.items()}
    return value
for line in sys.stdin.buffer:
    text = json.dumps(whole(json.loads(line)), sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    sys.stdout.buffer.write(text.encode('utf-8') + b'\\n')
`;
const hasPython = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!hasPython)(
  'a receiver in Python gets the same bytes (left out where python3 is missing)',
  () => {
    const input = `${bodies.join('\n')}\n`;
    const { stdout, stderr } = spawnSync('python3', ['-c', python], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, PYTHONUTF8: '1' },
    });
    expect(stderr).toBe('');
    const answers = stdout.split('\n');
    expect(answers.length).toBe(bodies.length + 1);
    for (const [index, body] of bodies.entries()) expect(answers[index]).toBe(body);
  },
);

test('another timestamp makes the same bytes as writing the body with it', () => {
  for (const body of bodies) {
    const written = canonicalJson({ ...(parseJson(body) as object), timestamp: 1_766_000_999 });
    expect(withTimestamp(body, 1_766_000_999)).toBe(written);
  }
});
