import { busSettings } from '@selfsame/bus/settings';
import { admissionSettings } from '@selfsame/http/admission';
import { keySettings, ownKey, readKeyedSettings } from '@selfsame/keys/settings';
import type { Environment } from '@selfsame/runtime/config';
import { setting, sharedSettings } from '@selfsame/runtime/config';

const neighbour = { pattern: /^[^\s/]+:\d+$/, hint: 'host:port' };

/** How long the record of shares is kept. */
export const shareRecordDays = setting.integer('SHARE_RECORD_DAYS', {
  default: 1_826,
  min: 365,
  max: 36_500,
});

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  grpcPort: sharedSettings.grpcPort,
  databaseUrl: sharedSettings.databaseUrl,
  natsUrl: sharedSettings.natsUrl,
  ...busSettings,
  ...admissionSettings,
  ...keySettings,
  trustedProxies: sharedSettings.trustedProxies,
  sessionGrpc: setting.string('SESSION_GRPC', neighbour),
  biometricsGrpc: setting.string('BIOMETRICS_GRPC', neighbour),
  /** Knows browsers by their keys: whether the one that agrees is the one that took the selfie. */
  fraudSignalsGrpc: setting.string('FRAUD_SIGNALS_GRPC', neighbour),
  /** Where users and applications reach the platform: the beginning of every link. */
  publicBaseUrl: setting.url('PUBLIC_BASE_URL', { protocols: ['http', 'https'] }),
  /** The key of KEY_PROVIDER=environment: lost with it, every open share is void. */
  shareKey: ownKey('SHARE_KEY'),
  shareRecordDays,
};

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError that names every mistake */
export function readConfig(environment: Environment) {
  return readKeyedSettings(settings, environment, 'SHARE_KEY');
}
