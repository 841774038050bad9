import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isEmbeddingOrigin, isFallbackLink, isHttpsUrl, refusedSchemes } from './links.ts';

it.each([
  'https://app.example.com',
  'https://example.com:8443',
  'https://*.example.com',
  'https://*.acme.github.io',
  'https://acme.co.uk',
  'https://*.app.example.co.uk:8443',
  'https://10.0.0.7',
  'http://localhost',
  'http://localhost:3000',
  'http://127.0.0.1:8080',
])('%s may embed the page', (origin) => {
  expect(isEmbeddingOrigin(origin)).toBe(true);
});

it.each([
  'app.example.com',
  'http://app.example.com',
  'http://*.localhost',
  'https://app.example.com/',
  'https://app.example.com/path',
  'https://App.example.com',
  'https://example.com:443',
  'https://*.com',
  'https://*.co.uk',
  'https://*.com.br:8443',
  'https://*.github.io',
  'https://*',
  '*',
  'https://a.*.example.com',
  'https://*.*.example.com',
  'https://*app.example.com',
  'https://*.10.0.0.1',
  'https://example..com',
  'https://example.com.',
  'https://bücher.example',
  'https://user@example.com',
  "https://example.com; script-src 'unsafe-inline'",
  'https://example.com https://evil.example',
  'https://example.com\nx',
  "'self'",
  'data:',
  'ftp://example.com',
  '',
])('%j is no origin that may embed the page', (text) => {
  expect(isEmbeddingOrigin(text)).toBe(false);
});

it.each([
  'https://example.com/other-way?from=selfie',
  'myapp://verify/other',
  'tel:+3493000000',
  'http://localhost:3000/other',
])('%s leads on', (link) => {
  expect(isFallbackLink(link)).toBe(true);
});

it.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,<script>',
  'vbscript:x',
  'blob:https://example.com/x',
  'file:///etc/passwd',
  'view-source:https://example.com',
  'intent://x#Intent;scheme=http;S.browser_fallback_url=https%3A%2F%2Fevil.example;end',
  'jar:https://example.com!/x',
  'chrome://settings',
  'moz-extension://x',
  'shell:x',
  'ms-msdt:/id',
  'search-ms:query=x',
  'itms-services://?action=download-manifest',
  'https:example.com',
  'https:/example.com',
  'HTTPS:///example.com',
  'http://example.com',
  'https://user:secret@example.com',
  'https://example.com/"onclick="x',
  '/relative',
  'example.com',
  '',
])('%j leads nowhere', (text) => {
  expect(isFallbackLink(text)).toBe(false);
});

it('a privacy policy is an https page', () => {
  expect(isHttpsUrl('https://example.com/privacy')).toBe(true);
  for (const text of [
    'http://example.com',
    'myapp://privacy',
    'https://',
    'https:x',
    'https://a b.example',
  ]) {
    expect(isHttpsUrl(text), text).toBe(false);
  }
});

it('the hosted page redirects to no scheme that is refused here, and to every other', () => {
  const page = readFileSync(new URL('../../../capture/page/src/redirect.ts', import.meta.url), 'utf8');
  const list = /new Set\(\[(.*?)\]\)/s.exec(page)?.[1] ?? '';
  const schemes = [...list.matchAll(/'([a-z-]+:)'/g)].map(([, scheme]) => scheme);
  expect(schemes.toSorted()).toEqual([...refusedSchemes].sort());
});
