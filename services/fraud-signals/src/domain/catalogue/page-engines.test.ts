import { describe, expect, it } from 'vitest';
import { agentOf } from '../user-agent.ts';
import { contradictsVersion, engineOf, featureVersion } from './page-engines.ts';

const chrome = (major: number) =>
  agentOf(
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`,
  );
const iphoneChrome = agentOf(
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/155.0.0.0 Mobile/15E148 Safari/604.1',
);
/** What Chromium 156 tells. */
const all = [
  ...[
    'find_last',
    'structured_clone',
    'css_has',
    'to_sorted',
    'css_nesting',
    'popover',
    'can_parse',
    'group_by',
  ],
  ...[
    'with_resolvers',
    'from_async',
    'set_union',
    'iterator_map',
    'duration_format',
    'promise_try',
    'url_parse',
  ],
  ...[
    'regexp_escape',
    'float16',
    'from_base64',
    'disposable',
    'get_or_insert',
    'view_transition',
    'anchor_name',
  ],
  ...['text_balance', 'temporal'],
];

describe('an engine', () => {
  it.each([
    ["Cannot read properties of null (reading 'part')", 'at ', 'v8'],
    ["Cannot read property 'part' of null", 'at ', 'v8'],
    [`can't access property "part", null is null`, '@', 'spidermonkey'],
    ['null is null', '@', 'spidermonkey'],
    ["null is not an object (evaluating 'null.part')", '@', 'javascriptcore'],
    ["Cannot read properties of null (reading 'part')", '@', null],
    ['something else', 'at ', null],
    [null, '@', null],
  ])('that says "%s" and writes stacks with "%s" is %s', (message, sign, expected) => {
    expect(engineOf(message, sign)).toBe(expected);
  });

  it('has at least the version of the newest thing that it can do', () => {
    expect(featureVersion(all, 'v8')).toBe(145);
    expect(featureVersion(['find_last', 'group_by'], 'spidermonkey')).toBe(119);
    expect(featureVersion([], 'v8')).toBeNull();
    expect(featureVersion(all, null)).toBeNull();
  });
});

describe('a version', () => {
  it('that is told truly is not contradicted, and neither is one that is newer than what is known', () => {
    expect(contradictsVersion(all, 'v8', chrome(156))).toBe(false);
    expect(contradictsVersion(all, 'v8', chrome(170))).toBe(false);
  });

  it('is contradicted by what came later, and by what the language lacks', () => {
    expect(contradictsVersion(all, 'v8', chrome(109))).toBe(true);
    expect(contradictsVersion(['find_last', 'to_sorted'], 'v8', chrome(150))).toBe(true);
  });

  it('of a view inside of another app is not contradicted by parts of the page that it lacks', () => {
    const bare = all.filter(
      (name) => !['popover', 'view_transition', 'anchor_name', 'css_has'].includes(name),
    );
    expect(contradictsVersion(bare, 'v8', chrome(156))).toBe(false);
  });

  it('that counts another engine’s releases is not compared', () => {
    expect(contradictsVersion(['find_last'], 'javascriptcore', iphoneChrome)).toBeNull();
  });
});
