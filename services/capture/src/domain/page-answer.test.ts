import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptedLanguages } from './accepted-languages.ts';
import { contentPolicy } from './content-policy.ts';
import { joinGzip, pieceOf } from './gzip-pieces.ts';

describe('pieces of a document', () => {
  it('are one gzip stream, whatever they hold', () => {
    const texts = ['<p>', '', 'ü 日本語 '.repeat(5_000), '</p>'];
    const joined = joinGzip(texts.map((text, index) => pieceOf(text, 1 + index * 2)));
    expect(gunzipSync(joined).toString()).toBe(texts.join(''));
    expect(joined.length).toBeLessThan(1_000);
  });
});

describe('the languages of a browser', () => {
  it.each([
    ['de-AT,de;q=0.9,en;q=0.8', ['de-AT', 'de', 'en']],
    ['en;q=0.2, fr , ko;q=0.7', ['fr', 'ko', 'en']],
    ['*, es;q=0, <script>, pt-BR', ['pt-BR']],
    ['', []],
    ['x'.repeat(10_000), []],
  ])('%s', (header, expected) => expect(acceptedLanguages(header)).toEqual(expected));
});

describe('the policy of the page', () => {
  const facts = {
    scripts: ['sha256-a'],
    styles: [],
    host: 'selfsame.example',
    isSecure: true,
    ancestors: [],
  };

  it('lets nothing run but itself, and speaks to nobody else', () => {
    const policy = contentPolicy(facts);
    expect(policy).toContain("script-src 'self' 'sha256-a';");
    expect(policy).toContain("connect-src 'self' wss://selfsame.example;");
    expect(policy).toMatch(/frame-ancestors \*$/);
    expect(contentPolicy({ ...facts, isSecure: false, host: '[::1]:8082' })).toContain(' ws://[::1]:8082;');
  });

  it('takes nothing from a host or an origin that is none', () => {
    expect(contentPolicy({ ...facts, host: "x; script-src 'unsafe-inline'" })).toContain(
      "connect-src 'self';",
    );
    // Set but unreadable must not mean anyone.
    const policy = contentPolicy({ ...facts, ancestors: ['https://a.example; script-src *'] });
    expect(policy).toMatch(/frame-ancestors 'self'$/);
  });
});
