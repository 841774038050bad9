import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isCallback, refusedSchemes } from './callback.ts';

it.each(['https://bank.example/back?a=1#b', 'acme://done', 'http://localhost:3000/back'])(
  '%s is where a browser may go',
  (text) => {
    expect(isCallback(text)).toBe(true);
  },
);

it.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'intent://x#Intent;scheme=http;end',
  'https://bank.example/"onclick="x',
  '/relative',
  '',
])('%j is no place for a browser', (text) => {
  expect(isCallback(text)).toBe(false);
});

it('the hosted page goes to no scheme that is refused here, and to every other', () => {
  const page = readFileSync(new URL('../../../capture/page/src/redirect.ts', import.meta.url), 'utf8');
  const list = /new Set\(\[(.*?)\]\)/s.exec(page)?.[1] ?? '';
  const schemes = [...list.matchAll(/'([a-z-]+:)'/g)].map(([, scheme]) => scheme);
  expect(schemes.toSorted()).toEqual([...refusedSchemes].sort());
});
