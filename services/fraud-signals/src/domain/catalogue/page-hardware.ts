import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';
import { flag, number, text } from './page-entries.ts';

const base = { category: 'device_hardware', source: 'browser', version: 1, sensitivity: 'none' } as const;

/** The machine: processor, screen, what points at it, battery and sensors. */
export const pageHardwareSignals: readonly Signal[] = [
  number('br_hardware_concurrency', 'page.hardware_concurrency', {
    category: 'device_hardware',
    weight: 3,
    description: 'How many processors the browser names',
    risk: 'One only is rare but on rented and emulated machines',
    raises: (cores) => cores < 2,
  }),
  number('br_device_memory_gb', 'page.device_memory_gb', {
    category: 'device_hardware',
    description: 'Memory of the device, coarsely, in gigabytes',
    risk: 'Little of it beside a large graphics card is made up',
  }),
  number('br_max_touch_points', 'page.max_touch_points', {
    category: 'device_hardware',
    description: 'How many fingers the screen feels',
    risk: 'To be compared with the kind of device',
  }),
  signal({
    ...base,
    id: 'br_screen_size',
    type: 'string',
    description: 'Width and height of the screen in CSS pixels',
    risk: 'Part of what devices are compared by',
    sensitivity: 'pseudonymous',
    weight: 0,
    reads: ['page.screen_width', 'page.screen_height'],
    extract: (width, height) => (width === null || height === null ? null : `${width}x${height}`),
  }),
  signal({
    ...base,
    id: 'br_screen_avail_delta',
    type: 'number',
    description: 'How much of the screen is kept from windows, in CSS pixels, width and height together',
    risk: 'Windows and macOS keep a bar unless it is hidden; screens that are none keep nothing',
    weight: 2,
    reads: [
      'page.screen_width',
      'page.screen_height',
      'page.screen_avail_width',
      'page.screen_avail_height',
      'page.user_agent',
      'page.max_touch_points',
    ],
    extract: (width, height, availWidth, availHeight) =>
      width === null || height === null || availWidth === null || availHeight === null
        ? null
        : width - availWidth + height - availHeight,
    raises(delta, _w, _h, _aw, _ah, userAgent, touchPoints) {
      const { osFamily } = agentOf(userAgent ?? '');
      // Tablets pass for computers, and keep nothing.
      return delta === 0 && (osFamily === 'Windows' || osFamily === 'macOS') && (touchPoints ?? 0) === 0;
    },
  }),
  number('br_device_pixel_ratio', 'page.pixel_ratio', {
    category: 'device_hardware',
    description: 'Pixels of the screen for one of the page',
    risk: 'Part of what devices are compared by',
  }),
  text('br_screen_orientation', 'page.orientation', {
    category: 'device_hardware',
    description: 'How the screen is held, and its angle',
    risk: 'To be compared with the picture',
  }),
  number('br_color_depth', 'page.color_depth', {
    category: 'device_hardware',
    weight: 2,
    description: 'Bits of a colour on the screen',
    risk: 'Fewer than 24 are shown by remote desktops and by screens that are none',
    raises: (bits) => bits < 24,
  }),
  text('br_color_gamut', 'page.color_gamut', {
    category: 'device_hardware',
    type: 'enum',
    description: 'The widest range of colours that the screen shows',
    risk: 'Part of what devices are compared by',
  }),
  flag('br_hdr_capable', 'page.hdr', {
    category: 'device_hardware',
    description: 'The screen shows more than ordinary brightness',
    risk: 'Part of what devices are compared by',
  }),
  text('br_media_prefs_hash', 'page.preferences_digest', {
    category: 'device_browser',
    type: 'hash',
    description:
      'What is set for contrast, motion, transparency and colours, as a digest made in the browser',
    risk: 'Part of what devices are compared by; what is set stays with the user',
    sensitivity: 'pseudonymous',
  }),
  signal({
    ...base,
    id: 'br_window_outer_inner_delta',
    category: 'device_browser',
    type: 'number',
    description: 'What of the window is not page, in CSS pixels, width and height together',
    risk: 'Nothing at all, or very much, is a window without a user',
    weight: 0,
    reads: [
      'page.outer_width',
      'page.outer_height',
      'page.inner_width',
      'page.inner_height',
      'page.is_framed',
    ],
    extract: (outerWidth, outerHeight, innerWidth, innerHeight, isFramed) =>
      outerWidth === null ||
      outerHeight === null ||
      innerWidth === null ||
      innerHeight === null ||
      isFramed === true
        ? null
        : outerWidth - innerWidth + outerHeight - innerHeight,
  }),
  signal({
    ...base,
    id: 'br_battery_pattern',
    type: 'enum',
    description: 'Whether the battery is full and charging, charging or in use',
    risk: 'Emulated phones are always full and charging; so are phones at a charger',
    weight: 2,
    reads: ['page.battery_level', 'page.battery_charging', 'page.user_agent'],
    extract(level, isCharging) {
      if (level === null || isCharging === null) return null;
      if (!isCharging) return 'discharging';
      return level === 1 ? 'full_charging' : 'charging';
    },
    raises: (pattern, _level, _charging, userAgent) =>
      pattern === 'full_charging' && agentOf(userAgent ?? '').deviceClass === 'phone',
  }),
  signal({
    ...base,
    id: 'br_motion_sensor_present',
    type: 'bool',
    description: 'Something that calls itself a phone tells of its movements',
    risk: 'Emulators and computers that pose as phones have none; some browsers keep them back',
    weight: 3,
    reads: ['page.motion_events', 'page.user_agent', 'page.is_framed'],
    extract: (events, userAgent, isFramed) =>
      events === null || isFramed === true || agentOf(userAgent ?? '').deviceClass !== 'phone'
        ? null
        : events > 0,
    raises: (isPresent) => !isPresent,
  }),
  number('br_motion_sensor_noise', 'page.motion_variance', {
    category: 'device_hardware',
    weight: 3,
    description: 'Variance of the acceleration while the page is used, (m/s²)²',
    risk: 'None at all is an emulator, or a phone on a stand',
    raises: (variance) => variance === 0,
  }),
  signal({
    ...base,
    id: 'br_orientation_static',
    type: 'bool',
    description: 'The angles at which the device is held never change',
    risk: 'A phone on a rig, or an emulator',
    weight: 2,
    reads: ['page.orientation_spread_deg'],
    extract: (spread) => (spread === null ? null : spread === 0),
  }),
];
