import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';
import { contradictsVersion, engineClaimed, engineOf } from './page-engines.ts';
import { found } from './page-entries.ts';

const base = {
  category: 'tampering',
  source: 'browser',
  type: 'bool',
  version: 1,
  sensitivity: 'none',
} as const;

/**
 * The browser contradicts itself. Add-ons that protect from recognition do such things for honest people: one alone is a
 * hint.
 */
export const pageTamperingSignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'br_timezone_offset_inconsistent',
    description: 'The clock of the browser is not that of the time zone which it names',
    risk: 'A time zone that was put on',
    weight: 15,
    reads: ['page.utc_offset_min', 'page.zone_offset_min'],
    // Systems and browsers learn of a changed summer time at different days.
    extract: (clock, zone) => (clock === null || zone === null ? null : Math.abs(clock - zone) > 60),
  }),
  signal({
    ...base,
    id: 'br_touch_class_mismatch',
    description:
      'Something that calls itself a phone feels no finger, or a Windows computer feels nothing else',
    risk: 'An emulated device',
    weight: 12,
    reads: ['page.user_agent', 'page.platform', 'page.max_touch_points', 'page.fine_pointer', 'page.hover'],
    extract(userAgent, platform, touchPoints, isFine, canHover) {
      if (userAgent === null || touchPoints === null) return null;
      const { deviceClass, osFamily } = agentOf(userAgent);
      if (deviceClass === 'phone') return touchPoints === 0;
      const isPosing = osFamily === 'Windows' && !/^Win/.test(platform ?? '');
      return isPosing && touchPoints > 1 && isFine !== true && canHover !== true;
    },
  }),
  signal({
    ...base,
    id: 'br_window_larger_than_screen',
    description: 'The window is larger than the screen, whichever way it is held',
    risk: 'A screen that was put on; developers who try pages for phones do the same',
    weight: 10,
    reads: ['page.outer_width', 'page.outer_height', 'page.screen_width', 'page.screen_height'],
    extract(outerWidth, outerHeight, width, height) {
      if (outerWidth === null || outerHeight === null || width === null || height === null) return null;
      // Frames of maximised windows reach over the edge.
      const isOver = (one: number, other: number) => one > other + 40;
      return (
        isOver(Math.max(outerWidth, outerHeight), Math.max(width, height)) ||
        isOver(Math.min(outerWidth, outerHeight), Math.min(width, height))
      );
    },
  }),
  signal({
    ...base,
    id: 'br_webgl_worker_mismatch',
    description: 'The graphics processor has another name in a worker than on the page',
    risk: 'A name that was put on',
    weight: 12,
    reads: ['page.webgl_renderer', 'page.webgl_worker_renderer'],
    extract: (page, worker) => (page === null || worker === null ? null : page !== worker),
  }),
  signal({
    ...base,
    id: 'br_canvas_unstable',
    description: 'Two drawings of the same are not the same',
    risk: 'Noise is added against recognition; private windows of Safari and some add-ons do so for honest people',
    weight: 3,
    reads: ['page.canvas_stable'],
    extract: (isStable) => (isStable === null ? null : !isStable),
  }),
  signal({
    ...base,
    id: 'br_canvas_blank',
    description: 'A drawing comes back without anything on it',
    risk: 'Reading drawings is blocked, as by Tor Browser',
    weight: 4,
    reads: ['page.canvas_uniform'],
    extract: (isUniform) => isUniform,
  }),
  signal({
    ...base,
    id: 'br_audio_unstable',
    description: 'Two sounds of the same are not the same',
    risk: 'Noise is added against recognition; private windows of Safari and some add-ons do so for honest people',
    weight: 3,
    reads: ['page.audio_stable'],
    extract: (isStable) => (isStable === null ? null : !isStable),
  }),
  signal({
    ...base,
    id: 'br_fonts_os_mismatch',
    description: 'No font of the system that the browser names is installed, but those of another',
    risk: 'A system that was put on',
    weight: 12,
    reads: ['page.fonts', 'page.user_agent'],
    extract: (fonts, userAgent) =>
      fonts === null || userAgent === null ? null : isOfOtherSystem(fonts, agentOf(userAgent).osFamily),
  }),
  signal({
    ...base,
    id: 'br_engine_ua_mismatch',
    description: 'The script engine is not that of the browser which is named',
    risk: 'A browser that was put on',
    weight: 25,
    reads: ['page.null_error', 'page.stack_sign', 'page.user_agent'],
    extract(message, sign, userAgent) {
      const engine = engineOf(message, sign);
      const claimed = engineClaimed(agentOf(userAgent ?? ''));
      return engine === null || claimed === null ? null : engine !== claimed;
    },
  }),
  signal({
    ...base,
    id: 'br_features_ua_mismatch',
    description: 'What the browser can do is not what its version can',
    risk: 'A version that was put on',
    weight: 15,
    reads: ['page.features', 'page.null_error', 'page.stack_sign', 'page.user_agent'],
    extract: (features, message, sign, userAgent) =>
      contradictsVersion(features, engineOf(message, sign), agentOf(userAgent ?? '')),
  }),
  signal({
    ...base,
    id: 'br_ua_brands_mismatch',
    description: 'The brands that the browser names to scripts have another version than its user agent',
    risk: 'A user agent that was put on',
    weight: 12,
    reads: ['page.ua_brands', 'page.user_agent'],
    extract(brands, userAgent) {
      const told = brands?.map((brand) => /^Chromium (\d+)$/.exec(brand)?.[1]).find(Boolean);
      const { release } = agentOf(userAgent ?? '');
      if (told === undefined) return null;
      return release === null || release.train !== 'chromium' || release.major !== Number(told);
    },
  }),
  found('auto_function_tostring_patched', 'page.patched_functions', {
    category: 'tampering',
    weight: 6,
    description: 'Functions of the browser are not its own any more',
    risk: 'A browser that pretends; add-ons that protect from recognition change some, too',
  }),
  found('auto_getter_on_instance', 'page.own_properties', {
    category: 'tampering',
    weight: 8,
    description: 'Values of navigator or screen lie where the browser puts none',
    risk: 'A browser that pretends; add-ons that change its name do so, too',
  }),
  found('auto_iframe_values_mismatch', 'page.frame_differences', {
    category: 'tampering',
    weight: 12,
    description: 'A fresh frame says something else of the browser than the page does',
    risk: 'A browser that pretends',
  }),
  found('auto_worker_values_mismatch', 'page.worker_differences', {
    category: 'tampering',
    weight: 10,
    description: 'A worker says something else of the browser than the page does',
    risk: 'A browser that pretends',
  }),
  signal({
    ...base,
    id: 'auto_eval_length_mismatch',
    description: 'A function of the language is not as long as in the browser that is named',
    risk: 'A browser that was put on',
    weight: 15,
    reads: ['page.eval_length', 'page.user_agent'],
    extract(length, userAgent) {
      const claimed = engineClaimed(agentOf(userAgent ?? ''));
      return length === null || claimed === null ? null : length !== (claimed === 'v8' ? 33 : 37);
    },
  }),
  signal({
    ...base,
    id: 'auto_devtools_open_likely',
    description: 'What is logged is read, and something is docked to the window',
    risk: 'Somebody works on the page with the tools of developers',
    weight: 3,
    reads: [
      'page.log_is_read',
      'page.outer_width',
      'page.outer_height',
      'page.inner_width',
      'page.inner_height',
    ],
    extract: (isRead, outerWidth, outerHeight, innerWidth, innerHeight) =>
      isRead === null ||
      outerWidth === null ||
      outerHeight === null ||
      innerWidth === null ||
      innerHeight === null
        ? null
        : isRead && (outerWidth - innerWidth > 180 || outerHeight - innerHeight > 260),
  }),
];

/** Fonts that come with a system and with nothing else. Apple's tablets pass for computers: one list for both. */
const ownFonts = {
  windows: ['Segoe UI', 'Segoe UI Emoji', 'Bahnschrift', 'Ebrima', 'Gadugi', 'Leelawadee UI', 'Sitka Text'],
  apple: ['Helvetica Neue', 'Geneva', 'Skia', 'Apple Color Emoji', 'Menlo', 'Lucida Grande', 'Avenir Next'],
  linux: ['Cantarell', 'Ubuntu', 'Nimbus Sans', 'Lohit Devanagari', 'DejaVu Sans', 'Liberation Sans'],
  android: ['Roboto', 'Coming Soon', 'Cutive Mono', 'Dancing Script', 'SamsungOne'],
} as const;

const systems: Readonly<Record<string, keyof typeof ownFonts>> = {
  Windows: 'windows',
  macOS: 'apple',
  iOS: 'apple',
  Linux: 'linux',
  'Chrome OS': 'linux',
  Android: 'android',
};

function isOfOtherSystem(fonts: readonly string[], osFamily: string): boolean | null {
  const own = systems[osFamily];
  if (own === undefined || fonts.length === 0) return null;
  const count = (system: keyof typeof ownFonts) =>
    ownFonts[system].filter((name) => fonts.includes(name)).length;
  // Phones show few of their fonts, and some none; people install fonts of phones and of Linux on every system.
  const others = (['windows', 'apple'] as const).filter((system) => system !== own);
  const foreign = own === 'windows' || own === 'apple' ? [...others, 'linux' as const] : others;
  return count(own) === 0 && foreign.some((system) => count(system) >= 2);
}
