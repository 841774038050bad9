/** A fact under its name in the signal catalogue. */
export interface Signal {
  readonly name: string;
  /** In the signal's own unit; yes is 1, no is 0. */
  readonly value: number;
  /** Whether it speaks for an attack. */
  readonly raised: boolean;
}

type Rule = (value: number) => boolean;

/** Speaks for an attack when it is so. */
const whenSo: Rule = (value) => value !== 0;
/** Speaks for an attack when it is not so. */
const whenNot: Rule = (value) => value === 0;
/** Kept for whoever reads the case: honest cameras give every value. */
const never: Rule = () => false;

/**
 * What a page may say about its camera, and when that speaks for an attack. Names that are not here are dropped: what
 * is found in pixels, biometrics finds itself.
 */
const rules: Readonly<Record<string, Rule>> = {
  cam_device_count: never,
  cam_label_virtual_keyword: whenSo,
  // Installed is not chosen: many desks have a virtual camera beside the one in use.
  cam_any_virtual_present: never,
  // After consent every browser names the camera.
  cam_device_id_empty: whenSo,
  cam_group_without_audio: whenSo,
  // The page says so of phones that it is certain of: tablets and emulated phones have cameras that face nowhere.
  cam_facing_mode_missing_on_phone: whenSo,
  // Browsers differ more than cameras do.
  cam_capabilities_count: never,
  cam_resolution_max: never,
  cam_frame_rate_max: never,
  cam_background_blur: never,
  cam_capture_delay_ms: never,
  // What the picture is compared with, and the way in which the user turned the device.
  cam_frame_width_px: never,
  cam_frame_height_px: never,
  cam_facing_mode: never,
  cam_resolution_not_native: whenSo,
  cam_frame_rate_reported: never,
  // Poor light halves it; a program that feeds frames is told from a camera by the jitter and the timestamps.
  cam_frame_rate_measured: never,
  // Coefficient of variation. A phone under load reaches 1 to 2; above 3 frames come in bursts, as from a file. How regular
  // honest ones may be differs from browser to browser, which round times.
  cam_frame_interval_jitter: (value) => value > 3,
  // A stream may be handed over together with its first frame.
  cam_first_frame_delay_ms: never,
  // Exposure may have settled before the first frame.
  cam_exposure_ramp_seen: never,
  // Every browser crops and scales what a camera cannot do itself.
  cam_settings_change_honoured: whenNot,
  cam_timestamp_monotonic: whenNot,
  // Calls and other tabs mute a camera as well.
  cam_track_muted_events: never,
  // Pulled plugs do it, too: the page takes the look anew, and the case tells of it.
  cam_track_ended_restart: never,
  // A remembered consent takes no time.
  cam_permission_latency_ms: never,
  cam_fake_device_flag: whenSo,
  auto_extension_camera_hook: whenSo,
};

/** The page's facts as signals, the known ones only. */
export function cameraSignals(facts: Readonly<Record<string, number | boolean>>): Signal[] {
  return Object.entries(facts).flatMap(([name, fact]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const value = Number(fact);
    return rule === undefined ? [] : [{ name, value, raised: rule(value) }];
  });
}
