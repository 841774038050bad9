import type { SettingsOf } from './settings.ts';
import { action, countries, flag } from './settings.ts';

/** What follows from a finding is the application's to say: honest users have VPNs, families share devices. */
export const ipSettings = {
  vpn_detection_action: action('NO_ACTION'),
  expected_ip_mismatch_action: action('NO_ACTION'),
  duplicated_ip_action: action('NO_ACTION'),
  duplicated_device_action: action('NO_ACTION'),
  recovered_device_action: action('NO_ACTION'),
  ip_location_not_determined_action: action('NO_ACTION'),
  automation_detected_action: action('NO_ACTION'),
  device_emulator_action: action('NO_ACTION'),
  device_rooted_action: action('NO_ACTION'),
  device_hooking_action: action('NO_ACTION'),
  device_app_tampered_action: action('NO_ACTION'),
  high_risk_action: action('NO_ACTION'),
  is_ip_geofencing_enabled: flag(false),
  ip_geofencing_by_country: countries(),
  // Whoever draws a fence means it.
  ip_geofencing_action: action('DECLINE'),
} as const;

export type IpSettings = SettingsOf<typeof ipSettings>;

/** Every risk of the step: [short, long] description. */
export const ipRisks = {
  IP_ADDRESS_IN_BLOCKLIST: ['Blocked address', 'The address is on a blocklist of the application.'],
  DEVICE_FINGERPRINT_IN_BLOCKLIST: ['Blocked device', 'The device is on a blocklist of the application.'],
  USER_IN_BLOCKLIST: ['Blocked user', 'The user is on a blocklist of the application.'],
  COUNTRY_IN_BLOCKLIST: ['Blocked country', 'The country is on a blocklist of the application.'],
  EMAIL_IN_BLOCKLIST: ['Blocked e-mail address', 'The e-mail address is on a blocklist of the application.'],
  PHONE_IN_BLOCKLIST: ['Blocked phone number', 'The phone number is on a blocklist of the application.'],
  OTHER_IN_BLOCKLIST: ['On a blocklist', 'The visit is on a blocklist of the application.'],
  IP_ADDRESS_IN_ALLOWLIST: ['Allowed address', 'The address is on an allowlist of the application.'],
  DEVICE_FINGERPRINT_IN_ALLOWLIST: ['Allowed device', 'The device is on an allowlist of the application.'],
  USER_IN_ALLOWLIST: ['Allowed user', 'The user is on an allowlist of the application.'],
  COUNTRY_IN_ALLOWLIST: ['Allowed country', 'The country is on an allowlist of the application.'],
  EMAIL_IN_ALLOWLIST: ['Allowed e-mail address', 'The e-mail address is on an allowlist of the application.'],
  PHONE_IN_ALLOWLIST: ['Allowed phone number', 'The phone number is on an allowlist of the application.'],
  OTHER_IN_ALLOWLIST: ['On an allowlist', 'The visit is on an allowlist of the application.'],
  IP_ANALYSIS_FAILED: [
    'Device and network not assessed',
    'Device and network could not be looked at as a whole, so a person has to decide.',
  ],
  STEP_UP_NOT_PERFORMED: [
    'Less was shown than was asked for',
    'The visit calls for a stricter method of liveness than the one that was performed.',
  ],
  PRIVATE_NETWORK_DETECTED: ['Private network', 'The address belongs to a VPN, a proxy or Tor.'],
  EXPECTED_IP_ADDRESS_MISMATCH: [
    'Another address than expected',
    'The address is not the one that the application expects.',
  ],
  DUPLICATED_IP_ADDRESS: [
    'Address of another user',
    'Another user of the application came from this address.',
  ],
  DUPLICATED_DEVICE_FINGERPRINT: [
    'Device of another user',
    'Another user of the application came with this device.',
  ],
  DEVICE_RECOVERED_HIGH_CONFIDENCE: [
    'Device recognised by its traits',
    'The device was seen before under another identity: its storage was cleared, or it hides.',
  ],
  IP_LOCATION_NOT_DETERMINED: ['Place unknown', 'Where the address is could not be determined.'],
  IP_LOCATION_NOT_ALLOWED: ['Place not allowed', 'The application does not allow visits from this place.'],
  AUTOMATION_FRAMEWORK_DETECTED: ['Automated browser', 'A program seems to drive the browser.'],
  DEVICE_EMULATOR_DETECTED: ['Emulated device', 'The device seems to be an imitation of one.'],
  DEVICE_ROOTED_OR_JAILBROKEN: ['Device without its locks', 'The device seems to be rooted or jailbroken.'],
  DEVICE_RUNTIME_HOOKING_DETECTED: ['Changed runtime', 'Functions of the browser seem to be replaced.'],
  DEVICE_APP_TAMPERED: ['Changed page', 'The page that ran seems to be another one than ours.'],
  HIGH_RISK: ['High risk', 'Device, network and past together speak against this visit.'],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

export type IpRisk = keyof typeof ipRisks;

/** Which setting says what follows from a finding about the client's software. */
export const detectionSettings = {
  AUTOMATION_FRAMEWORK_DETECTED: 'automation_detected_action',
  DEVICE_EMULATOR_DETECTED: 'device_emulator_action',
  DEVICE_ROOTED_OR_JAILBROKEN: 'device_rooted_action',
  DEVICE_RUNTIME_HOOKING_DETECTED: 'device_hooking_action',
  DEVICE_APP_TAMPERED: 'device_app_tampered_action',
} as const satisfies Partial<Record<IpRisk, keyof IpSettings>>;
