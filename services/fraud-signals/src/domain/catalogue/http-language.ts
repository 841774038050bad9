import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';
import { text } from './page-entries.ts';

const base = {
  category: 'http_headers',
  source: 'http',
  sensitivity: 'none',
  weight: 0,
  version: 1,
} as const;
const consistency = { ...base, category: 'header_consistency' } as const;

/** What the browser would like to be answered with. */
export const httpLanguageSignals: readonly Signal[] = [
  text('accept_language', 'http.accept_language', {
    category: 'http_headers',
    source: 'http',
    description: 'The Accept-Language header as it came',
    risk: 'What places and locales are checked against',
    sensitivity: 'pseudonymous',
  }),
  signal({
    ...base,
    id: 'accept_language_count',
    type: 'number',
    description: 'How many languages the browser asks for',
    risk: 'A single bare language is usual for scripts, and not rare for people',
    reads: ['http.accept_language'],
    extract: (header) => (header === null ? null : languagesIn(header).length),
  }),
  signal({
    ...base,
    id: 'accept_language_q_malformed',
    type: 'bool',
    description: 'Languages are not written as browsers write them, or their weights do not fall',
    risk: 'A header that was written by hand',
    weight: 15,
    reads: ['http.accept_language'],
    extract: (header) => (header === null ? null : !isWellFormed(header)),
  }),
  signal({
    ...base,
    id: 'accept_language_missing',
    type: 'bool',
    description: 'The browser asks for no language',
    risk: 'Every browser with a person before it does',
    weight: 12,
    reads: ['http.request', 'http.accept_language'],
    extract: (request, header) => (request === null ? null : header === null),
  }),
  text('accept_encoding', 'http.accept_encoding', {
    category: 'http_headers',
    source: 'http',
    description: 'The Accept-Encoding header as it came',
    risk: 'What consistency is checked against',
  }),
  signal({
    ...consistency,
    id: 'accept_encoding_stale',
    type: 'bool',
    description: 'A browser that takes Brotli over https does not ask for it',
    risk: 'A script under the name of a browser, or a proxy that looks into what passes',
    weight: 8,
    reads: ['http.request', 'http.accept_encoding', 'http.is_secure', 'http.user_agent'],
    extract(request, header, isSecure, userAgent) {
      if (request === null || isSecure !== true || agentOf(userAgent ?? '').engine === 'unknown') return null;
      return !/\bbr\b/.test(header ?? '');
    },
  }),
  signal({
    ...consistency,
    id: 'accept_header_unbrowserlike',
    type: 'bool',
    description: 'A call of the page asks for other types than browsers do in its place',
    risk: 'A call that the page has not made',
    weight: 12,
    reads: ['http.request', 'http.accept'],
    extract: (request, accept) => (request === null ? null : accept !== '*/*'),
  }),
];

const languagesIn = (header: string) => header.split(',').filter((part) => part.trim() !== '');

/** Names with weights that fall from 1, at most three decimals, none of them twice. */
function isWellFormed(header: string): boolean {
  let last = 1;
  for (const part of languagesIn(header)) {
    const match =
      /^\s*(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q=(0(?:\.\d{1,3})?|1(?:\.0{1,3})?))?\s*$/.exec(
        part,
      );
    const weight = Number(match?.[1] ?? 1);
    if (match === null || weight > last) return false;
    last = weight;
  }
  return languagesIn(header).length > 0;
}
