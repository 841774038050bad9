/**
 * What is known of subject, device and network from before, in sessions of the same application unless another is said. Counts
 * end at two hundred. Null: the session names no subject, no device was recognised, no address told, or there is nothing yet to
 * tell from.
 */
export const historyFacts = {
  // The subject. This session counts.
  'history.subject_is_new': 'flag',
  'history.subject_first_seen_days': 'number',
  'history.subject_last_seen_days': 'number',
  /** Since a look was approved. */
  'history.subject_last_success_days': 'number',
  'history.subject_sessions_30d': 'number',
  /** Approved looks. */
  'history.subject_successes_30d': 'number',
  'history.subject_declines_24h': 'number',
  'history.subject_attempts_10m': 'number',
  'history.subject_looks_30d': 'number',
  'history.subject_liveness_failures_30d': 'number',
  'history.subject_devices_30d': 'number',
  'history.subject_countries_30d': 'number',
  'history.subject_asns_30d': 'number',
  'history.subject_known_devices': 'number',
  'history.subject_known_networks': 'number',
  'history.subject_review_is_open': 'flag',
  /** Of the session before that came to an end: Approved, Declined, Expired, ... */
  'history.subject_last_status': 'text',
  /** Of the last session that asked for more than a passive look. */
  'history.subject_last_step_up_status': 'text',
  /** Since the first look that enrolled a face. */
  'history.subject_enrolled_days': 'number',
  /** Since the latest, when there was one before. */
  'history.subject_reenrolled_days': 'number',
  /** Points of similarity from one approved session to the next. */
  'history.subject_similarity_slope': 'number',
  /** From the hour at which the subject usually comes, 0..12. */
  'history.subject_hour_distance': 'number',
  /** From the place of the session before, beyond what is not known of both places. */
  'history.subject_travel_km': 'number',
  'history.subject_travel_kmh': 'number',
  /** A look of the subject was approved here, not too long ago; the device proved its key. */
  'history.device_is_known': 'flag',
  'history.network_is_known': 'flag',
  'history.asn_is_known': 'flag',
  'history.country_is_known': 'flag',
  /** Since a look of this subject was approved on this device. */
  'history.device_approved_days': 'number',

  // The device.
  /** key: it has just signed; traits: it is told by what it looks like. */
  'history.device_proof': 'text',
  /** The cookie is that of a device with another key, and the subject is not known on this one. */
  'history.cookie_is_copied': 'flag',
  /** Since the deployment saw it first. */
  'history.device_age_days': 'number',
  'history.device_last_seen_days': 'number',
  'history.device_sessions_1h': 'number',
  'history.device_sessions_30d': 'number',
  'history.device_subjects_30d': 'number',
  'history.device_decided_30d': 'number',
  'history.device_declined_30d': 'number',
  /** In how many applications of the deployment. */
  'history.device_tenants_30d': 'number',
  'history.device_networks_24h': 'number',
  'history.device_countries_24h': 'number',
  /** Traits that are others than in the session before on this device. */
  'history.device_traits_changed': 'number',
  'history.device_hardware_changed': 'flag',
  'history.device_ja4_changed': 'flag',
  'history.device_camera_changed': 'flag',
  /** Browser or system have a lower version than when a look was last approved on this device. */
  'history.device_software_is_older': 'flag',
  /** Another subject's device but for one or two traits that are easily made up. */
  'history.device_is_near_duplicate': 'flag',
  /** Of the device that it was before its storage was cleared, 0..1. */
  'history.recovered_similarity': 'number',
  'history.recovered_is_other_subject': 'flag',
  /** Devices that look exactly like this one. */
  'history.fingerprint_devices_30d': 'number',

  // The address (of IPv6: its network of 64 bits) and what it belongs to. Null for private addresses, which anybody has.
  'history.network_first_seen_days': 'number',
  'history.network_sessions_10m': 'number',
  'history.network_subjects_24h': 'number',
  'history.network_devices_24h': 'number',
  'history.network_decided_24h': 'number',
  'history.network_declined_24h': 'number',
  /** /24 and /48. */
  'history.prefix_sessions_10m': 'number',
  'history.asn_decided_24h': 'number',
  'history.asn_declined_24h': 'number',
  'history.ja4_decided_24h': 'number',
  'history.ja4_declined_24h': 'number',
  'history.ja4_subjects_1h': 'number',

  // The application, against a week of its own hours. Standard deviations.
  'history.decline_rate_z': 'number',
  'history.volume_z': 'number',

  // The session.
  /** It was opened after it had come to an end. */
  'history.link_is_reused': 'flag',
} as const;
