/**
 * What the script of the hosted page tells: of the browser when the session is opened, of how the page was used along with each
 * picture. All of it is the client's own word. null: the browser has no such thing, or the page looked and nothing was there.
 * Nothing else leaves the page.
 */
export const pageFacts = {
  // The browser, as it describes itself.
  'page.user_agent': 'text',
  'page.platform': 'text',
  'page.vendor': 'text',
  'page.languages': 'texts',
  /** Brands with their major versions, as `Chromium 140`; null where there are no client hints. */
  'page.ua_brands': 'texts',
  'page.ua_mobile': 'flag',
  'page.ua_platform': 'text',
  'page.ua_platform_version': 'text',
  'page.ua_architecture': 'text',
  'page.ua_bitness': 'text',
  'page.ua_model': 'text',
  'page.cookies_enabled': 'flag',
  'page.pdf_viewer': 'flag',
  'page.plugins': 'number',
  /** The page is shown inside of another one: sizes and permissions are then those of a frame. */
  'page.is_framed': 'flag',
  /** browser, standalone, minimal-ui or fullscreen */
  'page.display_mode': 'text',

  // Time and place.
  /** IANA name. */
  'page.time_zone': 'text',
  /** East of UTC, by Date. */
  'page.utc_offset_min': 'number',
  /** The same by the zone of Intl. */
  'page.zone_offset_min': 'number',
  /** As Intl writes dates and numbers. */
  'page.locale': 'text',
  /** How far the device's clock is ahead of ours; null: not compared. */
  'page.clock_ahead_ms': 'number',
  /** What the keys of the letters Q, W, Y, Z and A write, in this order. */
  'page.keyboard': 'text',

  // The machine.
  'page.hardware_concurrency': 'number',
  'page.device_memory_gb': 'number',
  'page.max_touch_points': 'number',
  /** Some pointer can point finely; some can hover. */
  'page.fine_pointer': 'flag',
  'page.hover': 'flag',
  'page.screen_width': 'number',
  'page.screen_height': 'number',
  'page.screen_avail_width': 'number',
  'page.screen_avail_height': 'number',
  'page.pixel_ratio': 'number',
  /** Type and angle, as `portrait-primary 0`. */
  'page.orientation': 'text',
  'page.color_depth': 'number',
  /** srgb, p3 or rec2020 */
  'page.color_gamut': 'text',
  'page.hdr': 'flag',
  'page.outer_width': 'number',
  'page.outer_height': 'number',
  'page.inner_width': 'number',
  'page.inner_height': 'number',
  /** Over contrast, motion, transparency and colours as the user has set them: what they are stays with the browser. */
  'page.preferences_digest': 'text',
  /** 0..1 */
  'page.battery_level': 'number',
  'page.battery_charging': 'flag',
  /** Effective type: slow-2g, 2g, 3g or 4g. */
  'page.connection_type': 'text',
  'page.connection_rtt_ms': 'number',
  /** Of devices that browsers count without a permission. */
  'page.video_inputs': 'number',
  'page.audio_inputs': 'number',
  'page.audio_outputs': 'number',
  /** Motion events while it was listened for; null where the browser asks for leave first. */
  'page.motion_events': 'number',
  /** Variance of the acceleration, (m/s²)²; null without events. */
  'page.motion_variance': 'number',
  /** Distance between the ends of the angles that were seen, degrees; null without events. */
  'page.orientation_spread_deg': 'number',

  // How it draws, sounds and reckons. Digests are 32 hexadecimal digits.
  'page.webgl_vendor': 'text',
  'page.webgl_renderer': 'text',
  'page.webgl_digest': 'text',
  'page.webgl_worker_renderer': 'text',
  'page.webgpu_adapter': 'text',
  'page.canvas_digest': 'text',
  /** Two drawings of the same gave the same bytes. */
  'page.canvas_stable': 'flag',
  /** Every pixel of a drawing is the same. */
  'page.canvas_uniform': 'flag',
  'page.audio_digest': 'text',
  'page.audio_stable': 'flag',
  'page.audio_latency_ms': 'number',
  /** Of a fixed list, those that are installed. */
  'page.fonts': 'texts',
  'page.voices_digest': 'text',
  'page.math_digest': 'text',

  // Which engine it is, whatever it calls itself.
  /** What it says about reading a property of null. */
  'page.null_error': 'text',
  /** Sign between name and place in a stack: `at ` or `@`. */
  'page.stack_sign': 'text',
  /** Length of the source of eval. */
  'page.eval_length': 'number',
  /** Of a fixed list, those that are there. */
  'page.features': 'texts',

  // Storage.
  'page.local_storage': 'flag',
  'page.indexed_db': 'flag',
  'page.storage_quota_mb': 'number',
  'page.heap_limit_mb': 'number',
  /** ok, missing, or the name of the error that the private file system answers with. */
  'page.file_system': 'text',
  'page.service_worker': 'flag',
  /** Places of cookie, local storage and database in which our mark was found, and how many different ones. */
  'page.mark_places': 'number',
  'page.mark_count': 'number',
  /** Age of the oldest mark by its own word; null: it was made just now. */
  'page.mark_age_days': 'number',
  /** Kinds of advertisements that something on the way hides. */
  'page.hidden_baits': 'texts',

  // Who drives it.
  'page.webdriver': 'flag',
  /** native, patched, own or missing */
  'page.webdriver_getter': 'text',
  'page.driver_globals': 'texts',
  /** Somebody looks at what is logged. */
  'page.log_is_read': 'flag',
  'page.notification_permission': 'text',
  'page.notification_state': 'text',
  /** Names in the object `chrome`. */
  'page.chrome_keys': 'texts',
  /** What is wrong with the lists of plugins and of types. */
  'page.plugin_flaws': 'texts',
  /** Native functions that are none any more. */
  'page.patched_functions': 'texts',
  /** Properties that lie on navigator and screen themselves instead of on their prototypes. */
  'page.own_properties': 'texts',
  /** Values that are others in a fresh frame of the page's own, and in a worker. */
  'page.frame_differences': 'texts',
  'page.worker_differences': 'texts',
  /** Words in stacks by which drivers are known. */
  'page.stack_words': 'texts',

  /** The name of the camera in use, as a digest over name and origin only. */
  'page.camera_digest': 'text',

  // How the page is used. Numbers, never where something was.
  /** From the first sight of the page. */
  'page.first_input_ms': 'number',
  'page.consent_ms': 'number',
  'page.capture_ms': 'number',
  'page.pointer_moves': 'number',
  /** Straight distance over length of the path, 0..1. */
  'page.pointer_straightness': 'number',
  /** Standard deviation over mean. */
  'page.pointer_speed_variation': 'number',
  /** Of a mouse: the whole number of pixels of which all its steps are multiples, 0 where there is none; mean time between them. */
  'page.pointer_quantum_px': 'number',
  'page.pointer_beat_ms': 'number',
  /** A mouse clicked where it had not come near. */
  'page.click_unmoved': 'flag',
  'page.untrusted_events': 'number',
  'page.touches': 'number',
  /** All touches have one radius and one force. */
  'page.touch_constant': 'flag',
  /** Standard deviation of the distance between taps and the middle of what was tapped, CSS pixels. */
  'page.tap_spread_px': 'number',
  /** none, smooth, stepped or scripted */
  'page.scroll': 'text',
  'page.focus_changes': 'number',
  'page.hidden_ms': 'number',
  'page.back_navigation': 'flag',
  'page.orientation_changes': 'number',
  /** The session was begun on another device. */
  'page.handed_over': 'flag',
  /** Of requests of the page. */
  'page.rtt_min_ms': 'number',
  'page.rtt_jitter_ms': 'number',
  'page.upload_kbps': 'number',
} as const;
