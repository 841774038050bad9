import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  ConfigError,
  commandDatabaseUrl,
  type Environment,
  readSettings,
  type Setting,
  setting,
  sharedSettings,
} from './config.ts';

function mistakesOf(settings: Record<string, Setting<unknown>>, environment: Environment): readonly string[] {
  try {
    readSettings(settings, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('every mistake is reported at once, each with its variable and the way out', () => {
  const mistakes = mistakesOf(
    {
      port: setting.integer('PORT', { min: 1, max: 65535 }),
      mode: setting.oneOf('MODE', ['live', 'sandbox']),
      database: sharedSettings.databaseUrl,
      key: setting.key('TOKEN_KEY', { bytes: 32 }),
    },
    {
      PORT: '70000',
      MODE: 'test',
      DATABASE_URL: 'mysql://db',
      LOG_LEVEL: 'loud',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'x:1',
    },
  );
  expect(mistakes).toEqual([
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
    'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that starts with http:// or https://',
    'PORT must be a whole number from 1 to 65535, not "70000"',
    'MODE must be one of live, sandbox, not "test"',
    'DATABASE_URL must be a URL that starts with postgres:// or postgresql://',
    'TOKEN_KEY is not set (make one with: openssl rand -base64 32)',
  ]);
});

test('keys and URLs, which may hold secrets, are never repeated in a mistake', () => {
  const secret = randomBytes(16).toString('base64');
  const mistakes = mistakesOf(
    { key: setting.key('KEY', { bytes: 32 }), url: setting.url('URL', { protocols: ['nats'] }) },
    { KEY: secret, URL: `postgres://user:${secret}@host` },
  );
  expect(mistakes).toHaveLength(2);
  expect(mistakes.join()).not.toContain(secret);
});

test.each<[string, Setting<unknown>, string | undefined, unknown]>([
  ['text', setting.string('X'), ' a ', 'a'],
  ['a default', setting.string('X', { default: 'b' }), undefined, 'b'],
  ['an empty variable counts as unset', setting.string('X', { default: 'b' }), '', 'b'],
  ['nothing', setting.optionalString('X'), '', undefined],
  ['an integer', setting.integer('X', {}), '-12', -12],
  ['true', setting.boolean('X', { default: false }), 'true', true],
  ['0', setting.boolean('X', { default: true }), '0', false],
  ['a list', setting.list('X'), ' a, ,b ', ['a', 'b']],
  ['an empty list', setting.list('X', { default: [] }), '', []],
  ['a choice', setting.oneOf('X', ['a', 'b']), 'b', 'b'],
  ['a URL', setting.url('X'), 'http://a/b', 'http://a/b'],
  ['a key without padding', setting.key('X', { bytes: 1 }), '/w', Buffer.from([255])],
])('%s is read', (_name, each, text, value) => {
  expect(readSettings({ value: each }, { X: text }).value).toEqual(value);
});

test.each<[Setting<unknown>, string, string]>([
  [setting.integer('X', { min: 0 }), '1.5', 'must be a whole number'],
  [setting.integer('X', {}), '99999999999999999', 'must be a whole number'],
  [setting.boolean('X', { default: true }), 'yes', 'must be true or false'],
  [setting.url('X'), 'nonsense', 'must be a URL'],
  [setting.string('X', { pattern: /^a+$/, hint: 'only a' }), 'b', 'must match /^a+$/ (only a)'],
  [setting.key('X', { bytes: 4 }), 'AAAA', 'must hold 4 bytes, holds 3'],
  [setting.key('X', { bytes: 3 }), '????', 'must be base64'],
])('%# a wrong value is refused with its reason', (each, text, reason) => {
  expect(mistakesOf({ value: each }, { X: text })[0]).toContain(`X ${reason}`);
});

test('text with rules of its own is read by them, and its default too', () => {
  const even = setting.parsed('EVEN', {
    default: '2',
    read: (text) => (Number(text) % 2 === 0 ? { value: Number(text) } : { mistake: 'must be even' }),
  });
  expect(readSettings({ even }, {}).even).toBe(2);
  expect(readSettings({ even }, { EVEN: ' 4 ' }).even).toBe(4);
  expect(mistakesOf({ even }, { EVEN: '5' })).toEqual(['EVEN must be even']);
});

test('a command tells where the database of a service is found', () => {
  const read = (url: string) => readSettings({ url: commandDatabaseUrl }, { DATABASE_URL: url }).url;
  expect(() => read('')).toThrow(
    /^DATABASE_URL is not set: .*npm start: export DATABASE_URL=.*local\.json.*kubectl exec/s,
  );
  expect(() => read('mysql://db')).toThrow('DATABASE_URL must be a URL that starts with postgres://');
  expect(read('postgres://db/selfsame')).toBe('postgres://db/selfsame');
});
