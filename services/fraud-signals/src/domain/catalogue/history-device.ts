import type { Signal } from '../signal.ts';
import { pastFlag, pastNumber, pastShare, pastWord } from './history-entry.ts';

/** Who used the device before, and how that went. */
const use: readonly Signal[] = [
  pastWord({
    id: 'dev_identity_proof',
    category: 'history_device',
    fact: 'history.device_proof',
    description:
      'What names the device: key, when it has just signed; traits, when it is told by its looks alone',
    risk: 'A browser that proves nothing may be any browser',
  }),
  pastFlag({
    id: 'dev_cookie_copied',
    category: 'history_device',
    fact: 'history.cookie_is_copied',
    description: 'The cookie is that of a device with another key, and no selfie was approved here since',
    risk: 'A stolen cookie; or a browser that lost its key and kept the cookie',
    weight: 25,
  }),
  pastNumber({
    id: 'dev_age_days',
    category: 'history_device',
    fact: 'history.device_age_days',
    description: 'Days since this device was first seen in the deployment',
    risk: 'Devices of fraud are new, or made to look so',
  }),
  pastNumber({
    id: 'dev_days_since_last_seen',
    category: 'history_device',
    fact: 'history.device_last_seen_days',
    description: 'Days since the session before this one on this device, in the application',
    risk: 'What was known long ago may have changed hands',
  }),
  pastNumber({
    id: 'dev_velocity_1h',
    category: 'history_velocity',
    fact: 'history.device_sessions_1h',
    description: 'Sessions on this device in an hour, this one included',
    risk: 'A program rather than a person',
    weight: 12,
    raises: (count) => count > 15,
  }),
  pastNumber({
    id: 'dev_session_count_30d',
    category: 'history_velocity',
    fact: 'history.device_sessions_30d',
    description: 'Sessions on this device in 30 days, this one included, 101 at most',
    risk: 'A device that does nothing else',
  }),
  pastNumber({
    id: 'dev_user_count_30d',
    category: 'history_device',
    fact: 'history.device_subjects_30d',
    description: 'Different users on this device in 30 days, this one included',
    risk: 'A fraud farm, or a device that is set up for the public',
    weight: 15,
    raises: (count) => count > 3,
  }),
  pastShare({
    id: 'dev_decline_ratio_30d',
    category: 'history_device',
    of: 'history.device_decided_30d',
    some: 'history.device_declined_30d',
    from: 0.5,
    description:
      'Share of the sessions on this device in 30 days that were declined, of those that were decided',
    risk: 'A device that is used for attacks',
    weight: 15,
  }),
  pastNumber({
    id: 'dev_tenant_count_30d',
    category: 'history_device',
    fact: 'history.device_tenants_30d',
    description: 'Applications of the deployment that saw this device in 30 days, counted by keyed hash',
    risk: 'One device works its way through several businesses',
    weight: 5,
    raises: (count) => count > 5,
  }),
  pastNumber({
    id: 'dev_ip_changes_24h',
    category: 'history_device',
    fact: 'history.device_networks_24h',
    description: 'Different addresses of this device in 24 hours, this one included',
    risk: 'Proxies that take turns',
    weight: 8,
    raises: (count) => count > 6,
  }),
  pastNumber({
    id: 'dev_country_count_24h',
    category: 'history_device',
    fact: 'history.device_countries_24h',
    description: 'Different countries of this device in 24 hours, this one included',
    risk: 'Proxies that take turns',
    weight: 8,
    raises: (count) => count > 2,
  }),
];

/** How it has changed, and which other devices it is like. */
const likeness: readonly Signal[] = [
  pastNumber({
    id: 'dev_fingerprint_drift',
    category: 'history_device',
    fact: 'history.device_traits_changed',
    description: 'Traits that seldom change, and are others than in the session before on this device',
    risk: 'Traits are made up, or the browser was renewed',
    weight: 10,
    raises: (count) => count >= 5,
  }),
  pastFlag({
    id: 'dev_hardware_changed',
    category: 'history_device',
    fact: 'history.device_hardware_changed',
    description:
      'Graphics, processor, memory, screen or platform are others than in the session before on this device',
    risk: 'A key does not leave its browser: hardware is made up, or another screen is used',
    weight: 5,
  }),
  pastFlag({
    id: 'dev_ja4_changed',
    category: 'history_device',
    fact: 'history.device_ja4_changed',
    description:
      'The same version of the same browser connects in another way than in the session before on this device',
    risk: 'Something on the way, or a program in the browser’s name',
    weight: 5,
  }),
  pastFlag({
    id: 'cam_label_changed',
    category: 'camera_device',
    fact: 'history.device_camera_changed',
    description: 'The camera is another one than in the session before on this device',
    risk: 'A virtual camera took the place of the real one; or the other camera of a phone',
    weight: 3,
  }),
  pastFlag({
    id: 'usr_ua_downgrade',
    category: 'history_user',
    fact: 'history.device_software_is_older',
    description: 'Browser or system have a lower version than when a selfie was last approved on this device',
    risk: 'A cloned or made-up profile: software grows newer',
    weight: 8,
  }),
  pastFlag({
    id: 'dev_fingerprint_near_duplicate',
    category: 'history_device',
    fact: 'history.device_is_near_duplicate',
    description:
      'The device equals one of another user nearby but for one or two traits that are easily made up',
    risk: 'A browser that makes up identities',
    weight: 10,
  }),
  pastNumber({
    id: 'dev_recovered_similarity',
    category: 'history_device',
    fact: 'history.recovered_similarity',
    description: 'Likeness to the device that this one was before its storage was cleared, 0 to 1',
    risk: 'Somebody who was here before comes as somebody new',
  }),
  pastFlag({
    id: 'dev_recovered_other_user',
    category: 'history_device',
    fact: 'history.recovered_is_other_subject',
    description: 'The device that this one was before its storage was cleared was another user’s',
    risk: 'One person with several accounts',
    weight: 8,
  }),
  pastNumber({
    id: 'dev_same_fingerprint_count_30d',
    category: 'history_device',
    fact: 'history.fingerprint_devices_30d',
    description: 'Devices of the application in 30 days that look exactly like this one, itself included',
    risk: 'Copies of one virtual machine; or a phone that many have',
  }),
];

/** What is known of the device from before. */
export const historyDeviceSignals: readonly Signal[] = [...use, ...likeness];
