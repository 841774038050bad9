import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';
import { engineOf } from './page-engines.ts';
import { flag, found } from './page-entries.ts';

const base = {
  category: 'automation',
  source: 'browser',
  type: 'bool',
  version: 1,
  sensitivity: 'none',
} as const;

/** Sizes that programs give to windows which nobody sees. */
const usualSizes = new Set(['800x600', '1024x768', '1280x720', '1280x800', '1920x1080']);

/** Whether a program drives the browser. Only what no honest browser shows is proof. */
export const pageAutomationSignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'auto_webdriver_flag',
    description: 'The browser says that it is driven, or somebody has changed the place where it says so',
    risk: 'A driven browser',
    weight: 60,
    detects: 'AUTOMATION_FRAMEWORK_DETECTED',
    reads: ['page.webdriver', 'page.webdriver_getter', 'page.null_error', 'page.stack_sign'],
    extract(isDriven, getter, message, sign) {
      if (isDriven === null && getter === null) return null;
      // Every Chromium has it; views inside of other apps of other makers may not.
      const isGone = getter === 'missing' && engineOf(message, sign) === 'v8';
      return isDriven === true || getter === 'patched' || getter === 'own' || isGone;
    },
  }),
  found('auto_driver_globals', 'page.driver_globals', {
    category: 'automation',
    weight: 60,
    detects: 'AUTOMATION_FRAMEWORK_DETECTED',
    description: 'Names that programs which drive browsers leave behind',
    risk: 'A driven browser',
  }),
  found('auto_error_stack_driver', 'page.stack_words', {
    category: 'automation',
    weight: 50,
    detects: 'AUTOMATION_FRAMEWORK_DETECTED',
    description: 'Stacks of errors lead through a program that drives browsers',
    risk: 'A driven browser',
  }),
  flag('auto_cdp_side_effect', 'page.log_is_read', {
    category: 'automation',
    weight: 8,
    description: 'Somebody reads what the page logs, as debuggers do',
    risk: 'A driven browser, or the open tools of a developer',
  }),
  signal({
    ...base,
    id: 'auto_permissions_inconsistent',
    description: 'Notifications are refused and yet to be asked for',
    risk: 'A browser without a window',
    weight: 8,
    reads: ['page.notification_permission', 'page.notification_state', 'page.is_framed'],
    extract: (permission, state, isFramed) =>
      permission === null || state === null || isFramed === true
        ? null
        : permission === 'denied' && state === 'prompt',
  }),
  signal({
    ...base,
    id: 'auto_chrome_object_missing',
    description: 'Something that calls itself Chrome or Edge on a computer lacks their own object',
    risk: 'A browser without a window, or another one that pretends',
    weight: 12,
    reads: ['page.chrome_keys', 'page.user_agent', 'page.null_error', 'page.stack_sign'],
    extract(keys, userAgent, message, sign) {
      const { browserFamily, deviceClass, isWebView } = agentOf(userAgent ?? '');
      const isChrome = ['Chrome', 'Microsoft Edge'].includes(browserFamily) && deviceClass === 'desktop';
      if (!isChrome || isWebView || engineOf(message, sign) !== 'v8') return null;
      return (keys ?? []).length === 0;
    },
  }),
  found('auto_plugins_mime_inconsistent', 'page.plugin_flaws', {
    category: 'automation',
    weight: 15,
    description: 'The list of plugins was made by a script',
    risk: 'A driven browser that hides',
  }),
  signal({
    ...base,
    id: 'auto_window_size_default',
    description: 'The window is all page and has a size that programs choose',
    risk: 'A browser without a window',
    weight: 12,
    reads: [
      'page.outer_width',
      'page.outer_height',
      'page.inner_width',
      'page.inner_height',
      'page.is_framed',
      'page.display_mode',
      'page.user_agent',
    ],
    extract(outerWidth, outerHeight, innerWidth, innerHeight, isFramed, mode, userAgent) {
      if (outerWidth === null || outerHeight === null || isFramed === true) return null;
      const isBare = outerWidth === innerWidth && outerHeight === innerHeight && mode === 'browser';
      const isOnDesk = !['phone', 'tablet'].includes(agentOf(userAgent ?? '').deviceClass);
      return isBare && isOnDesk && usualSizes.has(`${outerWidth}x${outerHeight}`);
    },
  }),
  signal({
    ...base,
    id: 'auto_headless_media_default',
    description: 'There is no camera, no microphone and no loudspeaker',
    risk: 'A machine that nobody sits before',
    weight: 4,
    reads: ['page.video_inputs', 'page.audio_inputs', 'page.audio_outputs', 'page.is_framed'],
    extract: (cameras, microphones, speakers, isFramed) =>
      cameras === null || microphones === null || speakers === null || isFramed === true
        ? null
        : cameras + microphones + speakers === 0,
  }),
  signal({
    ...base,
    id: 'br_network_rtt_zero',
    description: 'The browser believes that its network takes no time at all',
    risk: 'A browser without a window; new profiles believe so for a moment',
    weight: 2,
    reads: ['page.connection_rtt_ms'],
    extract: (ms) => (ms === null ? null : ms === 0),
  }),
  signal({
    ...base,
    id: 'auto_remote_desktop_pattern',
    source: 'behaviour',
    description: 'The mouse moves in coarse steps or seldom, as one that is far away',
    risk: 'Somebody else holds the mouse; helpers and people who work from home do the same',
    weight: 3,
    reads: ['page.pointer_moves', 'page.pointer_quantum_px', 'page.pointer_beat_ms'],
    extract: (moves, quantum, beatMs) =>
      moves === null || quantum === null || beatMs === null || moves < 30
        ? null
        : quantum >= 2 || beatMs > 45,
  }),
];
