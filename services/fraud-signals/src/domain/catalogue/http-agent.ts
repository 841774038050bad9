import { releasedAt } from '../browser-releases.ts';
import type { ValueOf } from '../facts.ts';
import { type Signal, signal } from '../signal.ts';
import { type Agent, agentOf, hasHeadlessToken } from '../user-agent.ts';
import { text } from './page-entries.ts';

const base = {
  category: 'http_headers',
  source: 'http',
  sensitivity: 'none',
  weight: 0,
  version: 1,
} as const;
const reads = ['http.user_agent'] as const;
const dayMs = 86_400_000;
/** Preview channels are weeks ahead, and our own reckoning of days to come may be out by some. */
const previewDays = 120;
/** Who is behind by more has not let a browser update itself for years. */
const staleDays = { chromium: 600, firefox: 600, safari: 1_400 } as const;

/** What the user agent says; null where none came, or where it does not say. */
const said =
  <Value>(of: (agent: Agent) => Value | null) =>
  (userAgent: string | null): Value | null =>
    userAgent === null ? null : of(agentOf(userAgent));

/** The browser by its own account. */
export const httpAgentSignals: readonly Signal[] = [
  text('ua_string', 'http.user_agent', {
    category: 'http_headers',
    source: 'http',
    description: 'The User-Agent header as it came',
    risk: 'What other signals are read from; unusual ones point at a device',
    sensitivity: 'pseudonymous',
  }),
  signal({
    ...base,
    id: 'ua_browser_family',
    type: 'enum',
    description: 'The browser that the user agent names',
    risk: 'What consistency is checked against',
    reads,
    extract: said(({ browserFamily }) => browserFamily || null),
  }),
  signal({
    ...base,
    id: 'ua_browser_major',
    type: 'number',
    description: 'The browser’s major version by the user agent',
    risk: 'Outdated or impossible versions',
    reads,
    extract: said(({ browserMajor }) => browserMajor),
  }),
  signal({
    ...base,
    id: 'ua_os_family',
    type: 'enum',
    description: 'The operating system that the user agent names',
    risk: 'What consistency is checked against',
    reads,
    extract: said(({ osFamily }) => osFamily || null),
  }),
  signal({
    ...base,
    id: 'ua_os_version',
    type: 'string',
    description: 'The version of the operating system by the user agent; browsers of today freeze it',
    risk: 'Outdated devices',
    reads,
    extract: said(({ osVersion }) => osVersion || null),
  }),
  signal({
    ...base,
    id: 'ua_device_class',
    type: 'enum',
    description: 'phone, tablet, desktop, tv, bot or other by the user agent',
    risk: 'Somebody comes on another kind of device than before',
    reads,
    extract: said(({ deviceClass }) => deviceClass),
  }),
  signal({
    ...base,
    id: 'ua_version_age_days',
    type: 'number',
    description:
      'Days since the browser’s version, or that of its engine, was released; from a table and the cycles after it',
    risk: 'Very old browsers are those of emulators and of scripts whose user agent was copied once',
    weight: 6,
    reads: ['http.user_agent', 'clock.now_ms'],
    extract: (userAgent, nowMs) => ageDays(userAgent, nowMs),
    raises: (days, userAgent) => days > staleDays[agentOf(userAgent ?? '').release?.train ?? 'safari'],
  }),
  signal({
    ...base,
    id: 'ua_version_in_future',
    type: 'bool',
    description: 'The browser’s version will not be released for months to come',
    risk: 'A user agent made up at random',
    weight: 20,
    reads: ['http.user_agent', 'clock.now_ms'],
    extract(userAgent, nowMs) {
      const days = ageDays(userAgent, nowMs);
      return days === null ? null : days < -previewDays;
    },
  }),
  signal({
    ...base,
    id: 'ua_is_known_bot',
    type: 'bool',
    description: 'The user agent is that of a crawler, a library or a tool',
    risk: 'No person sits before it',
    weight: 45,
    detects: 'AUTOMATION_FRAMEWORK_DETECTED',
    reads,
    extract: said(({ isBot }) => isBot),
  }),
  signal({
    ...base,
    id: 'ua_is_headless_token',
    type: 'bool',
    description: 'The user agent names a browser without a window, or a program that drives one',
    risk: 'No person sits before it',
    weight: 50,
    detects: 'AUTOMATION_FRAMEWORK_DETECTED',
    reads,
    extract: (userAgent) => (userAgent === null ? null : hasHeadlessToken(userAgent)),
  }),
  signal({
    ...base,
    id: 'ua_is_webview',
    type: 'bool',
    description: 'The page is shown within an app',
    risk: 'Kits for phishing wrap pages so, as messengers do',
    weight: 3,
    reads,
    extract: said(({ isWebView }) => isWebView),
  }),
  signal({
    ...base,
    id: 'ua_length',
    type: 'number',
    description: 'Characters of the user agent, up to 1,024',
    risk: 'Those of browsers have 65 to 500',
    weight: 10,
    reads,
    extract: (userAgent) => userAgent?.length ?? null,
    raises: (length) => length < 40 || length > 600,
  }),
  signal({
    ...base,
    id: 'ua_shape_unbrowserlike',
    type: 'bool',
    description: 'The user agent does not begin as those of all browsers do',
    risk: 'A script that calls itself by its name, or by an invented one',
    weight: 25,
    reads,
    extract: (userAgent) => (userAgent === null ? null : !/^Mozilla\/5\.0 \([^)]{3,}\) /.test(userAgent)),
  }),
  signal({
    ...base,
    id: 'ua_version_unreduced',
    type: 'bool',
    description: 'A Chromium that writes zeros for its lesser version numbers since 110 does not',
    risk: 'A user agent that was made up, or a rare browser built on Chromium',
    weight: 5,
    reads,
    extract(userAgent) {
      const { engine, release, isWebView } = agentOf(userAgent ?? '');
      if (engine !== 'chromium' || (release?.major ?? 0) < 110 || isWebView) return null;
      return !/Chrome\/\d+\.0\.0\.0\b/.test(userAgent ?? '');
    },
  }),
  signal({
    ...base,
    id: 'ua_missing',
    type: 'bool',
    description: 'The request came without a user agent',
    risk: 'Every browser sends one',
    weight: 25,
    reads: ['http.request', 'http.user_agent'],
    extract: (request, userAgent) => (request === null ? null : userAgent === null),
  }),
];

/** Below 0: days to come. */
function ageDays(userAgent: ValueOf<'http.user_agent'> | null, nowMs: number | null): number | null {
  const release = userAgent === null ? null : agentOf(userAgent).release;
  const released = release === null ? null : releasedAt(release.train, release.major);
  return released === null || nowMs === null ? null : Math.floor((nowMs - released) / dayMs);
}
