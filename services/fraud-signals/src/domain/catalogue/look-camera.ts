import type { Signal } from '../signal.ts';
import { signal } from '../signal.ts';
import { found, measured, suspected } from './look-traces.ts';

const device = { category: 'camera_device' } as const;
const stream = { category: 'camera_stream' } as const;
const injection = { category: 'injection' } as const;

/** Told by their place on the page. */
const facings = ['user', 'environment', 'left', 'right'];

/** What the page says of its camera, and of the way that the picture took to the service. */
export const cameraSignals: readonly Signal[] = [
  measured('cam_device_count', {
    ...device,
    description: 'Number of cameras that the browser lists after consent',
    risk: 'None, or many that are programs',
    sensitivity: 'pseudonymous',
  }),
  found('cam_label_virtual_keyword', {
    ...injection,
    description: 'The name of the chosen camera is that of a program which poses as one',
    risk: 'A picture that is fed instead of taken',
    weight: 45,
  }),
  found('cam_any_virtual_present', {
    ...injection,
    description: 'Some camera on the list has the name of a program, chosen or not',
    risk: 'Means to feed pictures are at hand, which many desks have for calls',
    weight: 5,
  }),
  found('cam_fake_device_flag', {
    category: 'automation',
    description: 'The camera is the test pattern that browsers deliver on demand',
    risk: 'A browser that was started for tests',
    weight: 45,
  }),
  found('cam_device_id_empty', {
    ...device,
    description: 'The chosen camera has no id although consent was given',
    risk: 'A stream that comes from a script or a hooked browser, not from a device',
    weight: 15,
  }),
  signal({
    ...device,
    id: 'cam_facing_mode',
    type: 'enum',
    source: 'camera',
    description: 'Where the chosen camera faces as the browser says: user, environment, left, right, other',
    risk: 'A camera behind the screen takes selfies only when someone else holds the device',
    sensitivity: 'none',
    weight: 0,
    version: 1,
    reads: ['look.cam_facing_mode'],
    extract: (facing) => (facing === null ? null : (facings[facing] ?? 'other')),
  }),
  found('cam_facing_mode_missing_on_phone', {
    ...injection,
    description: 'The camera of a device that is surely a phone faces nowhere',
    risk: 'A virtual camera, or a desktop that poses as a phone',
    weight: 20,
  }),
  measured('cam_capabilities_count', {
    ...device,
    description: 'Number of settings that the camera can be asked for',
    risk: 'Programs that pose as cameras offer few',
    sensitivity: 'pseudonymous',
  }),
  measured('cam_resolution_max', {
    ...device,
    description: 'Pixels of the largest picture that the camera offers',
    risk: 'Less than a device of this model has',
    sensitivity: 'pseudonymous',
  }),
  found('cam_resolution_not_native', {
    ...injection,
    description: 'The camera delivers a size that no camera is known to have',
    risk: 'A window or a file that is delivered as a camera',
    weight: 8,
  }),
  signal({
    ...injection,
    id: 'cam_frame_beyond_capabilities',
    type: 'bool',
    source: 'camera',
    description: 'Pictures are larger than the largest that the camera offers',
    risk: 'Capabilities or pictures are not those of this camera',
    sensitivity: 'none',
    weight: 15,
    version: 1,
    reads: ['look.cam_frame_width_px', 'look.cam_frame_height_px', 'look.cam_resolution_max'],
    extract: (width, height, most) =>
      width === null || height === null || most === null ? null : width * height > most,
  }),
  measured('cam_frame_rate_max', {
    ...stream,
    description: 'Frames a second that the camera offers at most',
    risk: 'Programs offer rates that no sensor has',
    sensitivity: 'pseudonymous',
  }),
  measured('cam_frame_rate_reported', {
    ...stream,
    description: 'Frames a second that the browser reports of the stream',
    risk: 'Base for what is measured',
  }),
  measured('cam_frame_rate_measured', {
    ...stream,
    description: 'Frames a second that arrived',
    risk: 'Low in poor light; far from what was reported when frames come from a program',
  }),
  signal({
    ...stream,
    id: 'cam_frame_rate_exceeded',
    type: 'bool',
    source: 'camera',
    description: 'Frames arrive half as often again as the browser reports of the stream',
    risk: 'A source that keeps to no clock, as a script does',
    sensitivity: 'none',
    weight: 8,
    version: 1,
    reads: ['look.cam_frame_rate_measured', 'look.cam_frame_rate_reported'],
    extract: (arrived, reported) =>
      arrived === null || reported === null || reported <= 0 ? null : arrived > 1.5 * reported,
  }),
  suspected('cam_frame_interval_jitter', {
    ...stream,
    description: 'Variation of the distances between frames as a share of their mean',
    risk: 'Frames that come in bursts, as from a file',
    weight: 10,
  }),
  measured('cam_first_frame_delay_ms', {
    ...stream,
    description: 'Milliseconds from the granted camera to its first picture',
    risk: 'Sensors need time to warm up, programs do not',
  }),
  measured('cam_capture_delay_ms', {
    ...stream,
    description: 'Milliseconds in the middle from the moment of a frame to its display, where browsers tell',
    risk: 'Frames that take a way around through another program come late',
  }),
  measured('cam_permission_latency_ms', {
    ...device,
    description: 'Milliseconds until the camera was granted',
    risk: 'None at all with consent that is given by a switch of automation, or remembered',
  }),
  found('cam_timestamp_monotonic', {
    ...stream,
    description: 'Times of frames rise, and those that the page told are possible',
    risk: 'When they do not, a stream that is played again or was put together',
    weight: 30,
    raisedWhen: false,
  }),
  measured('cam_track_muted_events', {
    ...stream,
    description: 'How often the camera fell silent and came back during the look',
    risk: 'A source that is changed behind the page; calls do it, too',
  }),
  found('cam_background_blur', {
    ...stream,
    description: 'The system blurs what is behind the head before the browser has the picture',
    risk: 'Traces of a screen or paper around the face are gone',
    weight: 3,
  }),
  found('auto_extension_camera_hook', {
    ...injection,
    source: 'browser',
    description: 'Functions that open cameras or turn canvases into streams are not the browser’s own',
    risk: 'An extension or a script stands between camera and page',
    weight: 20,
  }),
  found('auto_nonce_token_missing', {
    ...injection,
    source: 'browser',
    description: 'The upload lacks the nonce that was given to the page for this look',
    risk: 'A picture that was not sent by the page',
    weight: 15,
  }),
  found('capture_signature_invalid', {
    ...injection,
    source: 'browser',
    description: 'The signature under the pictures is not that of the key which came with it',
    risk: 'Pictures or key were exchanged on the way',
    weight: 30,
  }),
];
