import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';
import { flag, number, text } from './page-entries.ts';

const base = { source: 'behaviour', version: 1, sensitivity: 'none' } as const;
const session = { category: 'behaviour_session', source: 'behaviour' } as const;
const pointer = { category: 'behaviour_pointer', source: 'behaviour' } as const;

/**
 * How the page is used. Who speaks to a device, switches, or uses keys alone moves no pointer: each of these weighs little.
 */
export const pageBehaviourSignals: readonly Signal[] = [
  number('beh_time_to_first_interaction_ms', 'page.first_input_ms', {
    ...session,
    weight: 4,
    description: 'From the first sight of the page to the first key, click or touch',
    risk: 'Nobody reads in a quarter of a second',
    raises: (ms) => ms < 250,
  }),
  number('beh_consent_dwell_ms', 'page.consent_ms', {
    ...session,
    weight: 4,
    description: 'From the first sight of the page to the consent',
    risk: 'Nobody consents in a quarter of a second',
    raises: (ms) => ms < 250,
  }),
  number('beh_time_to_capture_ms', 'page.capture_ms', {
    ...session,
    weight: 8,
    description: 'From the first sight of the page to the first picture',
    risk: 'No camera and no person are ready in a second',
    raises: (ms) => ms < 1_000,
  }),
  signal({
    ...base,
    id: 'beh_pointer_event_count',
    category: 'behaviour_pointer',
    type: 'number',
    description: 'How often a mouse or pen moved',
    risk: 'On a computer without touch, clicks that nothing moved towards are those of a script',
    weight: 2,
    reads: ['page.pointer_moves', 'page.click_unmoved', 'page.max_touch_points', 'page.user_agent'],
    extract: (moves) => moves,
    raises: (moves, _moves, isUnmoved, touchPoints, userAgent) =>
      moves === 0 &&
      isUnmoved === true &&
      touchPoints === 0 &&
      agentOf(userAgent ?? '').deviceClass === 'desktop',
  }),
  number('beh_pointer_straightness', 'page.pointer_straightness', {
    ...pointer,
    weight: 4,
    description: 'Straight distance over length of the pointer’s way, 0 to 1',
    risk: 'Hands draw curves',
    raises: (share) => share > 0.9995,
  }),
  number('beh_pointer_speed_variance', 'page.pointer_speed_variation', {
    ...pointer,
    weight: 4,
    description: 'Variation of the pointer’s speed, as a share of its mean',
    risk: 'Hands start and stop',
    raises: (share) => share < 0.03,
  }),
  flag('beh_click_without_move', 'page.click_unmoved', {
    ...pointer,
    weight: 4,
    description: 'A mouse clicked where it had not come near',
    risk: 'A script; also programs that speak or look for somebody',
  }),
  signal({
    ...base,
    id: 'beh_event_untrusted',
    category: 'behaviour_pointer',
    type: 'bool',
    description: 'Keys, clicks or touches were made by a script',
    risk: 'A script; also add-ons with which people work by keyboard',
    weight: 6,
    reads: ['page.untrusted_events'],
    extract: (events) => (events === null ? null : events > 0),
  }),
  flag('beh_touch_radius_constant', 'page.touch_constant', {
    ...pointer,
    weight: 1,
    description: 'All touches have one radius and one force',
    risk: 'An emulator, or a screen that measures neither',
  }),
  signal({
    ...base,
    id: 'beh_touch_position_jitter',
    category: 'behaviour_pointer',
    type: 'number',
    description: 'How far taps lie from the middle of what they hit, one from the other, in CSS pixels',
    risk: 'A script hits the middle each time; so do programs that read screens aloud',
    weight: 2,
    reads: ['page.tap_spread_px', 'page.touches'],
    extract: (spread) => spread,
    raises: (spread, _spread, touches) => spread < 0.01 && (touches ?? 0) >= 3,
  }),
  text('beh_scroll_pattern', 'page.scroll', {
    ...pointer,
    type: 'enum',
    description: 'How the page was scrolled: not at all, smoothly, in steps, or by a script',
    risk: 'Pages that nobody scrolls scroll by a script',
  }),
  number('beh_focus_changes', 'page.focus_changes', {
    ...session,
    description: 'How often the page lost the user’s attention to another window',
    risk: 'Somebody is told what to do, or sets something up',
  }),
  number('beh_page_hidden_ms', 'page.hidden_ms', {
    ...session,
    description: 'How long the page was out of sight',
    risk: 'Somebody is told what to do, or sets something up',
  }),
  flag('beh_back_navigation', 'page.back_navigation', {
    ...session,
    description: 'The page was reached by going back',
    risk: 'Somebody tries what happens',
  }),
  number('beh_orientation_change_count', 'page.orientation_changes', {
    ...session,
    description: 'How often the device was turned',
    risk: 'A device that is being fastened before something',
  }),
  flag('beh_handoff_used', 'page.handed_over', {
    ...session,
    description: 'The session was begun on another device',
    risk: 'Explains why the device changes',
  }),
  number('beh_rtt_min_ms', 'page.rtt_min_ms', {
    ...session,
    description: 'The shortest time in which the page was answered',
    risk: 'To be compared with the place of the address',
  }),
  number('beh_rtt_jitter_ms', 'page.rtt_jitter_ms', {
    ...session,
    description: 'How much the time of answers differs from one to the next',
    risk: 'A way over many machines',
  }),
  number('beh_upload_throughput_kbps', 'page.upload_kbps', {
    ...session,
    description: 'How fast an earlier picture was sent, in kilobits a second',
    risk: 'To be compared with the kind of network',
  }),
  signal({
    ...base,
    id: 'beh_night_local_hour',
    category: 'behaviour_session',
    type: 'number',
    description: 'The hour of the day where the user is, by the browser’s clock',
    risk: 'To be compared with when this user usually comes',
    weight: 0,
    reads: ['clock.now_ms', 'page.utc_offset_min'],
    extract: (nowMs, offsetMin) =>
      nowMs === null || offsetMin === null ? null : new Date(nowMs + offsetMin * 60_000).getUTCHours(),
  }),
  text('cam_label', 'page.camera_digest', {
    category: 'camera_device',
    source: 'camera',
    type: 'hash',
    description: 'The name of the camera in use, as a digest made in the browser for this site',
    risk: 'Part of what devices are compared by',
    sensitivity: 'pseudonymous',
  }),
];
