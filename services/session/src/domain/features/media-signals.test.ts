import { expect, it } from 'vitest';
import { mediaFindings, mediaSettings } from './media-signals.ts';
import { completeSettings } from './settings.ts';

const config = completeSettings(mediaSettings, {});

/** `RISK/severity` of one raised signal, or nothing. */
const risk = (name: string) =>
  mediaFindings(config, [{ name, value: 1, raised: true }])
    .map((finding) => `${finding.risk}/${finding.severity}`)
    .join();

it.each([
  ['cam_label_virtual_keyword', 'VIRTUAL_CAMERA_DETECTED/warning'],
  ['cam_any_virtual_present', 'VIRTUAL_CAMERA_DETECTED/warning'],
  ['cam_label_changed', 'VIRTUAL_CAMERA_DETECTED/warning'],
  ['auto_headless_media_default', 'VIRTUAL_CAMERA_DETECTED/warning'],
  ['auto_extension_camera_hook', 'FRAME_INJECTION_DETECTED/information'],
  ['auto_nonce_token_missing', 'FRAME_INJECTION_DETECTED/information'],
  ['auto_script_integrity_failed', 'FRAME_INJECTION_DETECTED/information'],
  ['capture_signature_invalid', 'FRAME_INJECTION_DETECTED/information'],
  ['cam_track_ended_restart', 'FRAME_INJECTION_DETECTED/information'],
  ['cam_group_without_audio', 'EXTERNAL_CAPTURE_DEVICE_DETECTED/information'],
  ['cam_timestamp_monotonic', 'LIVENESS_VIDEO_ANOMALY/warning'],
  ['cam_exposure_ramp_seen', 'LIVENESS_VIDEO_ANOMALY/warning'],
  ['face_flash_latency_ms', ''],
])('%s stands for %s', (name, expected) => {
  expect(risk(name)).toBe(expected);
});

it('an action of the workflow makes an upload without its nonce a review or a decline', () => {
  const raised = [{ name: 'auto_nonce_token_missing', value: 1, raised: true }];
  const severity = (frame_injection_action: 'REVIEW' | 'DECLINE') =>
    mediaFindings({ ...config, frame_injection_action }, raised).map((finding) => finding.severity);
  expect([severity('REVIEW'), severity('DECLINE')]).toEqual([['warning'], ['error']]);
});

it('what is not raised is not spoken of', () => {
  expect(mediaFindings(config, [{ name: 'cam_label_virtual_keyword', value: 0, raised: false }])).toEqual([]);
});
