import type { MediaSignal } from './evidence.ts';
import type { Finding } from './feature.ts';
import { actionSeverity } from './feature.ts';
import type { SettingsOf } from './settings.ts';
import { action } from './settings.ts';

/**
 * What follows from a raised signal. Screens in the picture, virtual cameras and changed faces go to review: their signals
 * are rare with honest users. Photos that went through an editor or a messenger raise the others, so for them an application
 * has to ask for more than information.
 */
export const mediaSettings = {
  virtual_camera_action: action('REVIEW'),
  screen_capture_action: action('REVIEW'),
  frame_injection_action: action('NO_ACTION'),
  external_capture_device_action: action('NO_ACTION'),
  face_liveness_video_anomaly_action: action('REVIEW'),
} as const;

/** Every risk of the media signals: [short, long] description. */
export const mediaRisks = {
  VIRTUAL_CAMERA_DETECTED: ['Virtual camera', 'The picture seems to come from a program, not from a camera.'],
  SCREEN_CAPTURE_DETECTED: ['Screen in the picture', 'The picture shows traces of a screen or a print.'],
  FRAME_INJECTION_DETECTED: [
    'Injected picture',
    'The picture shows traces of a file that was made or changed before it was sent.',
  ],
  EXTERNAL_CAPTURE_DEVICE_DETECTED: [
    'External capture device',
    'The picture seems to come through a capture device that is no camera.',
  ],
  LIVENESS_VIDEO_ANOMALY: [
    'Anomaly in the frames',
    'The face looks changed, or the frames repeat or move as those of a recording or a flat picture do.',
  ],
} as const;

/** Which risk a raised signal stands for, by its name in the catalogue of signals; null: another warning says it. */
const riskOfSignal: Readonly<Record<string, keyof typeof mediaRisks | null>> = {
  media_brightness: null,
  media_contrast: null,
  media_overexposed_ratio: null,
  media_sharpness: null,
  face_glasses_dark: null,
  face_occlusion_lower: null,
  face_flash_response_corr: null,
  face_flash_latency_ms: null,
  face_flash_normal_variation: null,
  face_challenge_order_ok: null,
  face_challenge_reaction_ms: null,
  face_challenge_pose_error_deg: null,
  media_virtual_camera_mark: 'VIRTUAL_CAMERA_DETECTED',
  media_letterbox: 'VIRTUAL_CAMERA_DETECTED',
  cam_label_virtual_keyword: 'VIRTUAL_CAMERA_DETECTED',
  cam_any_virtual_present: 'VIRTUAL_CAMERA_DETECTED',
  cam_fake_device_flag: 'VIRTUAL_CAMERA_DETECTED',
  cam_device_id_empty: 'VIRTUAL_CAMERA_DETECTED',
  cam_facing_mode_missing_on_phone: 'VIRTUAL_CAMERA_DETECTED',
  cam_settings_change_honoured: 'VIRTUAL_CAMERA_DETECTED',
  cam_label_changed: 'VIRTUAL_CAMERA_DETECTED',
  cam_device_count: 'VIRTUAL_CAMERA_DETECTED',
  cam_capabilities_count: 'VIRTUAL_CAMERA_DETECTED',
  cam_first_frame_delay_ms: 'VIRTUAL_CAMERA_DETECTED',
  auto_headless_media_default: 'VIRTUAL_CAMERA_DETECTED',
  face_moire_energy: 'SCREEN_CAPTURE_DETECTED',
  media_refresh_bands: 'SCREEN_CAPTURE_DETECTED',
  face_screen_edge_detected: 'SCREEN_CAPTURE_DETECTED',
  face_liveness_scale_disagreement: 'SCREEN_CAPTURE_DETECTED',
  face_specular_pattern: 'SCREEN_CAPTURE_DETECTED',
  face_texture_lbp_score: 'SCREEN_CAPTURE_DETECTED',
  media_colour_cast: 'SCREEN_CAPTURE_DETECTED',
  media_exif_present: 'FRAME_INJECTION_DETECTED',
  media_exif_software: 'FRAME_INJECTION_DETECTED',
  media_c2pa_manifest_present: 'FRAME_INJECTION_DETECTED',
  media_jpeg_quant_table_hash: 'FRAME_INJECTION_DETECTED',
  media_noise_level: 'FRAME_INJECTION_DETECTED',
  media_double_jpeg: 'FRAME_INJECTION_DETECTED',
  media_foreign_block_grid: 'FRAME_INJECTION_DETECTED',
  media_resampling_trace: 'FRAME_INJECTION_DETECTED',
  media_declared_type_mismatch: 'FRAME_INJECTION_DETECTED',
  media_dimensions_expected: 'FRAME_INJECTION_DETECTED',
  media_exact_duplicate_hash: 'FRAME_INJECTION_DETECTED',
  media_perceptual_duplicate: 'FRAME_INJECTION_DETECTED',
  face_match_too_perfect: 'FRAME_INJECTION_DETECTED',
  media_format: 'FRAME_INJECTION_DETECTED',
  media_prnu_distance: 'FRAME_INJECTION_DETECTED',
  auto_extension_camera_hook: 'FRAME_INJECTION_DETECTED',
  auto_script_integrity_failed: 'FRAME_INJECTION_DETECTED',
  auto_nonce_token_missing: 'FRAME_INJECTION_DETECTED',
  capture_signature_invalid: 'FRAME_INJECTION_DETECTED',
  cam_permission_latency_ms: 'FRAME_INJECTION_DETECTED',
  cam_track_muted_events: 'FRAME_INJECTION_DETECTED',
  cam_track_ended_restart: 'FRAME_INJECTION_DETECTED',
  cam_resolution_not_native: 'EXTERNAL_CAPTURE_DEVICE_DETECTED',
  cam_group_without_audio: 'EXTERNAL_CAPTURE_DEVICE_DETECTED',
  cam_facing_mode: 'EXTERNAL_CAPTURE_DEVICE_DETECTED',
  cam_resolution_max: 'EXTERNAL_CAPTURE_DEVICE_DETECTED',
  cam_frame_interval_jitter: 'LIVENESS_VIDEO_ANOMALY',
  cam_timestamp_monotonic: 'LIVENESS_VIDEO_ANOMALY',
  cam_frame_rate_measured: 'LIVENESS_VIDEO_ANOMALY',
  cam_exposure_ramp_seen: 'LIVENESS_VIDEO_ANOMALY',
  media_frame_hash_repeat: 'LIVENESS_VIDEO_ANOMALY',
  media_noise_static: 'LIVENESS_VIDEO_ANOMALY',
  face_background_motion_lock: 'LIVENESS_VIDEO_ANOMALY',
  face_swap_boundary_score: 'LIVENESS_VIDEO_ANOMALY',
  face_micro_motion_energy: 'LIVENESS_VIDEO_ANOMALY',
  face_depth_parallax_score: 'LIVENESS_VIDEO_ANOMALY',
  face_identity_consistent_in_burst: 'LIVENESS_VIDEO_ANOMALY',
};

const settingOfRisk: Readonly<Record<keyof typeof mediaRisks, keyof typeof mediaSettings>> = {
  VIRTUAL_CAMERA_DETECTED: 'virtual_camera_action',
  SCREEN_CAPTURE_DETECTED: 'screen_capture_action',
  FRAME_INJECTION_DETECTED: 'frame_injection_action',
  EXTERNAL_CAPTURE_DEVICE_DETECTED: 'external_capture_device_action',
  LIVENESS_VIDEO_ANOMALY: 'face_liveness_video_anomaly_action',
};

/** One finding a risk, naming its raised signals. A raised signal that no risk is known for stands for an injection. */
export function mediaFindings(
  config: SettingsOf<typeof mediaSettings>,
  signals: readonly MediaSignal[],
): Finding[] {
  const raised = Map.groupBy(
    signals.filter((signal) => signal.raised),
    (signal) =>
      Object.hasOwn(riskOfSignal, signal.name) ? riskOfSignal[signal.name] : 'FRAME_INJECTION_DETECTED',
  );
  return [...raised].flatMap(([risk, group]) => {
    if (risk === null || risk === undefined) return [];
    const severity = actionSeverity(config[settingOfRisk[risk]]);
    return [{ risk, severity, additionalData: { signals: group.map(({ name }) => name) } }];
  });
}
