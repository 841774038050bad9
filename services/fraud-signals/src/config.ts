import { busSettings } from '@selfsame/bus/settings';
import { admissionSettings } from '@selfsame/http/admission';
import { keySettings, ownKey, readKeyedSettings } from '@selfsame/keys/settings';
import type { Environment } from '@selfsame/runtime/config';
import { setting, sharedSettings } from '@selfsame/runtime/config';

const neighbour = { pattern: /^[^\s/]+:\d+$/, hint: 'host:port' };

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  grpcPort: sharedSettings.grpcPort,
  databaseUrl: sharedSettings.databaseUrl,
  natsUrl: sharedSettings.natsUrl,
  ...busSettings,
  ...admissionSettings,
  trustedProxies: sharedSettings.trustedProxies,
  sessionGrpc: setting.string('SESSION_GRPC', neighbour),
  biometricsGrpc: setting.string('BIOMETRICS_GRPC', neighbour),
  ...keySettings,
  /** What history was hashed under before there were data keys, and the key of KEY_PROVIDER=environment. */
  signalsKey: ownKey('SIGNALS_KEY'),
  /** Databases and lists of addresses; without it nothing is known of an address but what it shows itself. */
  ipDataDirectory: setting.optionalString('SIGNALS_IP_DATA'),
  /** How long a device or an address stays known without another approved selfie. */
  knownDays: setting.integer('KNOWN_DAYS', { default: 90, min: 1, max: 3_650 }),
  /** How long facts are kept as they were seen: addresses, exact strings. Assessments can be replayed for so long. */
  rawDays: setting.integer('RAW_DAYS', { default: 30, min: 1, max: 3_650 }),
  /** How long anything is kept: scores, keyed hashes. */
  historyDays: setting.integer('HISTORY_DAYS', { default: 400, min: 1, max: 3_650 }),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError that names every mistake */
export function readConfig(environment: Environment) {
  return readKeyedSettings(settings, environment, 'SIGNALS_KEY');
}
