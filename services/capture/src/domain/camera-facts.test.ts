import { describe, expect, it } from 'vitest';
import { cameraSignals } from './camera-facts.ts';

const raisedBy = (facts: Record<string, number | boolean>) =>
  cameraSignals(facts)
    .filter(({ raised }) => raised)
    .map(({ name }) => name);

describe('what a page says of its camera', () => {
  it('of an honest phone raises nothing', () => {
    const facts = {
      cam_device_count: 2,
      cam_label_virtual_keyword: false,
      cam_any_virtual_present: false,
      cam_device_id_empty: false,
      cam_facing_mode_missing_on_phone: false,
      cam_capabilities_count: 12,
      cam_resolution_max: 12_192_768,
      cam_frame_rate_max: 60,
      cam_background_blur: false,
      cam_capture_delay_ms: 24.5,
      cam_frame_width_px: 1280,
      cam_frame_height_px: 960,
      cam_facing_mode: 0,
      cam_resolution_not_native: false,
      cam_frame_rate_reported: 30,
      cam_frame_rate_measured: 14.8,
      cam_frame_interval_jitter: 1.4,
      cam_first_frame_delay_ms: 2,
      cam_timestamp_monotonic: true,
      cam_track_muted_events: 1,
      cam_permission_latency_ms: 0,
      cam_fake_device_flag: false,
      auto_extension_camera_hook: false,
    };
    expect(raisedBy(facts)).toEqual([]);
    expect(cameraSignals(facts)).toHaveLength(Object.keys(facts).length);
  });

  it.each([
    ['cam_label_virtual_keyword', true],
    ['cam_device_id_empty', true],
    ['cam_facing_mode_missing_on_phone', true],
    ['cam_resolution_not_native', true],
    ['cam_fake_device_flag', true],
    ['auto_extension_camera_hook', true],
    ['cam_timestamp_monotonic', false],
    ['cam_settings_change_honoured', false],
    ['cam_frame_interval_jitter', 3.1],
  ])('%s is raised at %j', (name, value) => {
    expect(raisedBy({ [name]: value })).toEqual([name]);
  });

  it('installed beside the camera in use is told and not raised', () => {
    expect(cameraSignals({ cam_any_virtual_present: true })).toEqual([
      { name: 'cam_any_virtual_present', value: 1, raised: false },
    ]);
  });

  it('under names that nobody knows, or that this service decides itself, is dropped', () => {
    const facts = { cam_unheard_of: 1, auto_nonce_token_missing: false, media_double_jpeg: false };
    expect(cameraSignals(facts)).toEqual([]);
    expect(cameraSignals({ constructor: 1, toString: 1 })).toEqual([]);
  });
});
