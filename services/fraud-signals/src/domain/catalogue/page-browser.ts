import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';
import { engineOf, featureVersion } from './page-engines.ts';
import { flag, missing, number, text } from './page-entries.ts';

const base = { source: 'browser', version: 1, sensitivity: 'none' } as const;

/** What the browser is and what it has, by its own word and by its ways. */
export const pageBrowserSignals: readonly Signal[] = [
  text('br_platform', 'page.platform', {
    category: 'device_browser',
    description: 'The platform that the browser names to scripts',
    risk: 'To be compared with the system that it names elsewhere',
  }),
  text('br_vendor', 'page.vendor', {
    category: 'device_browser',
    description: 'The maker that the browser names to scripts',
    risk: 'To be compared with the browser that it claims to be',
  }),
  text('br_locale_resolved', 'page.locale', {
    category: 'device_browser',
    description: 'The locale in which the browser writes dates and numbers',
    risk: 'To be compared with languages and place',
  }),
  text('br_timezone', 'page.time_zone', {
    category: 'device_browser',
    description: 'The time zone of the browser',
    risk: 'To be compared with the place of the address',
    sensitivity: 'pseudonymous',
  }),
  signal({
    ...base,
    id: 'br_languages',
    category: 'device_browser',
    type: 'string',
    description: 'The languages that the browser names to scripts, best first',
    risk: 'To be compared with headers and place',
    sensitivity: 'pseudonymous',
    weight: 0,
    reads: ['page.languages'],
    extract: (languages) => languages?.join(',') || null,
  }),
  text('br_keyboard_layout', 'page.keyboard', {
    category: 'fonts_locale',
    description: 'The letters that the keys Q, W, Y, Z and A write',
    risk: 'To be compared with languages and place',
  }),
  text('br_network_type', 'page.connection_type', {
    category: 'device_browser',
    type: 'enum',
    description: 'The kind of network that the browser believes to be on',
    risk: 'Context for times that are measured',
  }),
  missing('br_cookies_enabled', 'page.cookies_enabled', {
    category: 'device_browser',
    weight: 3,
    description: 'The browser takes cookies',
    risk: 'Without them it is locked down, or a program',
  }),
  missing('br_local_storage_ok', 'page.local_storage', {
    category: 'device_browser',
    weight: 3,
    description: 'The browser keeps texts for the page',
    risk: 'Without it is locked down, private or automated',
  }),
  missing('br_indexeddb_ok', 'page.indexed_db', {
    category: 'device_browser',
    weight: 3,
    description: 'The browser keeps a database for the page',
    risk: 'Without it is locked down, private or automated',
  }),
  flag('br_service_worker_ok', 'page.service_worker', {
    category: 'device_browser',
    description: 'The browser lets pages work in the background',
    risk: 'Some private windows and some views inside of apps do not',
  }),
  number('br_storage_quota_mb', 'page.storage_quota_mb', {
    category: 'device_browser',
    description: 'How much the browser would keep for the page, in megabytes',
    risk: 'Private windows of some browsers keep little',
  }),
  signal({
    ...base,
    id: 'br_plugins_count',
    category: 'device_browser',
    type: 'number',
    description: 'How many plugins the browser lists',
    risk: 'Chromium on a computer lists five unless documents are to be downloaded; some automated ones list none',
    weight: 4,
    reads: ['page.plugins', 'page.user_agent'],
    extract: (plugins) => plugins,
    raises: (plugins, _plugins, userAgent) => plugins === 0 && isDesktopChromium(userAgent),
  }),
  signal({
    ...base,
    id: 'br_pdf_viewer_enabled',
    category: 'device_browser',
    type: 'bool',
    description: 'The browser shows documents by itself',
    risk: 'Some automated ones on a computer do not',
    weight: 2,
    reads: ['page.pdf_viewer', 'page.user_agent'],
    extract: (viewer) => viewer,
    raises: (viewer, _viewer, userAgent) => !viewer && isDesktopChromium(userAgent),
  }),
  signal({
    ...base,
    id: 'br_engine_from_errors',
    category: 'device_browser',
    type: 'enum',
    description: 'The script engine, by how it words errors and writes stacks',
    risk: 'To be compared with the browser that it claims to be',
    weight: 0,
    reads: ['page.null_error', 'page.stack_sign'],
    extract: (message, sign) => engineOf(message, sign),
  }),
  signal({
    ...base,
    id: 'br_features_version_estimate',
    category: 'device_browser',
    type: 'number',
    description: 'The version that the browser has at least, by what it can do',
    risk: 'To be compared with the version that it claims',
    weight: 0,
    reads: ['page.features', 'page.null_error', 'page.stack_sign'],
    extract: (features, message, sign) => featureVersion(features, engineOf(message, sign)),
  }),
];

function isDesktopChromium(userAgent: string | null): boolean {
  const { engine, deviceClass } = agentOf(userAgent ?? '');
  return engine === 'chromium' && deviceClass === 'desktop';
}
